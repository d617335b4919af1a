import msgspec

from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.openai_responses_items import (
    CallItem,
    Events,
    MessageItem,
    ReasoningItem,
    items,
    write_items,
)
from mainstay.lab.provider.script import PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import Manner, Stamp

STAMP = Stamp("primary", "0123456789abcdef", 0.0)
WHOLE = Turn(
    thinking="deep thoughts",
    text="one two three",
    tool_calls=(ToolCall("t", '{"city":"Zürich"}'), ToolCall("u", "some text", is_custom=True)),
    stop=Stop.TOOL,
)


def written(turn: Turn, status: str = "completed") -> list[tuple[PartKind, dict[str, object]]]:
    events = Events()
    write_items(events, turn, STAMP, Manner(), status)
    return [(p.kind, msgspec.json.decode(p.data.split(b"data: ")[1], type=dict[str, object])) for p in events.parts]


def names(turn: Turn) -> list[object]:
    return [data["type"] for _, data in written(turn)]


def test_items_come_in_order() -> None:
    assert [type(item) for item in items(WHOLE, STAMP)] == [ReasoningItem, MessageItem, CallItem, CallItem]
    assert len({item.id for item in items(WHOLE, STAMP)}) == 4


def test_an_answer_that_says_nothing_still_has_a_message() -> None:
    assert [type(item) for item in items(Turn(), STAMP)] == [MessageItem]
    assert items(Turn(choices=0), STAMP) == []
    assert [type(item) for item in items(Turn(thinking=""), STAMP)] == [ReasoningItem]


def test_sealed_reasoning_carries_the_mark_of_its_maker() -> None:
    (reasoning,) = items(Turn(thinking=""), STAMP)
    assert isinstance(reasoning, ReasoningItem)
    assert reasoning.encrypted_content.startswith(f"enc-{mark('primary')}-")
    assert reasoning.id.endswith(mark("primary"))


def test_a_message_goes_through_its_part() -> None:
    assert names(Turn(text="one two three")) == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]


def test_a_refusal_is_a_part_of_its_own() -> None:
    said = written(Turn(refusal="no", stop=Stop.REFUSAL))
    assert [data["type"] for _, data in said][2:4] == ["response.refusal.delta", "response.refusal.done"]
    assert said[-1][1]["item"] == {
        "id": "msg_" + STAMP.id(""),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "no"}],
    }


def test_reasoning_goes_through_its_summary() -> None:
    assert names(Turn(thinking="deep thoughts")) == [
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
    ]
    assert names(Turn(thinking="")) == ["response.output_item.added", "response.output_item.done"]


def test_deltas_add_up_to_the_arguments() -> None:
    said = [data for _, data in written(WHOLE)]
    for kind, field, whole in (
        ("function_call_arguments", "arguments", '{"city":"Zürich"}'),
        ("custom_tool_call_input", "input", "some text"),
    ):
        deltas = [str(data["delta"]) for data in said if data["type"] == f"response.{kind}.delta"]
        (done,) = [data for data in said if data["type"] == f"response.{kind}.done"]
        assert "".join(deltas) == done[field] == whole


def test_every_event_is_numbered_and_knows_its_item() -> None:
    said = [data for _, data in written(WHOLE)]
    assert [data["sequence_number"] for data in said] == list(range(len(said)))
    added = {data["output_index"]: data["item"] for data in said if data["type"] == "response.output_item.added"}
    assert list(added) == [0, 1, 2, 3]
    for data in said:
        item = msgspec.convert(added[data["output_index"]], dict[str, object])
        assert data.get("item_id", item["id"]) == item["id"]


def test_the_last_item_ends_as_the_answer_does() -> None:
    ended = [data["item"] for _, data in written(WHOLE, "incomplete") if data["type"] == "response.output_item.done"]
    statuses = [msgspec.convert(item, dict[str, object])["status"] for item in ended]
    assert statuses == ["completed", "completed", "completed", "incomplete"]


def test_the_end_of_the_last_item_counts_as_the_stop_reason() -> None:
    kinds = [kind for kind, _ in written(WHOLE)]
    assert kinds[-2:] == [PartKind.FINISH, PartKind.FINISH]
    assert PartKind.FINISH not in kinds[:-2]
    assert kinds[-3] is PartKind.TOOL
