from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.fault import FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Said,
    Sealed,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.bedrock.event_stream import encode, event, exception
from mainstay.wire.bedrock.stream import GATHERED_CHARACTERS_MAX, ConverseReader
from tests.wire.bedrock.service import event_report, golden, golden_stream, model
from tests.wire.streams import pieces_of


def message(name: str, **fields: object) -> bytes:
    return event(name, msgspec.json.encode(fields))


def delta(index: int = 0, **fields: object) -> bytes:
    return message("contentBlockDelta", contentBlockIndex=index, delta=fields)


def arguments(text: str, index: int = 0) -> bytes:
    return delta(index, toolUse={"input": text})


def opening(index: int = 0, call_id: str = "t1", name: str = "f", **fields: object) -> bytes:
    start = {"toolUse": {"toolUseId": call_id, "name": name, **fields}}
    return message("contentBlockStart", contentBlockIndex=index, start=start)


def closing(index: int = 0) -> bytes:
    return message("contentBlockStop", contentBlockIndex=index)


def stop(reason: str = "end_turn") -> bytes:
    return message("messageStop", stopReason=reason)


BEGIN = message("messageStart", role="assistant")
END = message("metadata", usage={"inputTokens": 5, "outputTokens": 7, "totalTokens": 12}, metrics={"latencyMs": 1})


def read(*pieces: bytes) -> list[Piece]:
    reader = ConverseReader()
    found = [one for piece in pieces for one in reader.feed(piece)]
    return found + reader.close()


def test_the_examples_are_read_without_a_rest() -> None:
    for name in ("stream_text.jsonl", "stream_tools.jsonl"):
        reader = ConverseReader()
        reader.feed(b"".join(golden_stream(name)))
        assert reader.dropped == 0


def failure(*pieces: bytes) -> Failed:
    last = read(*pieces)[-1]
    assert isinstance(last, Failed)
    return last


@pytest.mark.parametrize("name", ["stream_text.jsonl", "stream_tools.jsonl"])
def test_the_examples_are_streams_of_the_service(name: str) -> None:
    assert [event_report(line) for line in golden(name).splitlines()] == [""] * len(golden(name).splitlines())


def test_a_stream_of_text() -> None:
    assert read(*golden_stream("stream_text.jsonl")) == [
        Began(),
        Said("Hello"),
        Said(", wörld 🌍"),
        Stopped(Stop.LENGTH),
        Counted(Usage(130, 12, 60, cache_write_tokens=40)),
        Done(),
    ]


def test_a_stream_of_reasoning_and_tools() -> None:
    assert read(*golden_stream("stream_tools.jsonl")) == [
        Began(),
        Thought("Which "),
        Thought("city?"),
        Thought(),
        Sealed(Thinking(text="Which city?", seal="c2lnbmVk")),
        Thought(),
        Sealed(Thinking(seal="aGlkZGVu", hidden=True)),
        Said("Let me look."),
        Calling(),
        Calling(),
        Called(ToolCall("tooluse_1", "weather", '{"city": "Paris"}'), open_calls=1),
        Called(ToolCall("tooluse_2", "camera", "{}")),
        Stopped(Stop.TOOL),
        Counted(Usage(5, 7)),
        Done(),
    ]


@given(st.sampled_from(("stream_text.jsonl", "stream_tools.jsonl")), st.lists(st.integers(0, 5000), max_size=20))
def test_any_cuts_give_the_same_pieces(name: str, cuts: list[int]) -> None:
    stream = b"".join(golden_stream(name))
    assert read(*pieces_of(stream, cuts)) == read(stream)


def test_every_way_to_break_off_but_after_the_stop_reason_is_no_end() -> None:
    events = golden_stream("stream_tools.jsonl")
    ends = [read(*events[:count])[-1:] == [Done()] for count in range(len(events) + 1)]
    assert ends == [False] * (len(events) - 1) + [True, True]


def test_nothing_is_given_after_the_end() -> None:
    reader = ConverseReader()
    assert reader.feed(BEGIN + delta(text="a") + stop() + END + delta(text="b"))[-1] == Done()
    assert reader.feed(delta(text="c")) == reader.close() == []


def test_a_stream_with_calls_stops_for_them() -> None:
    assert Stopped(Stop.TOOL) in read(BEGIN, opening(), closing(), stop("end_turn"), END)


def test_usage_before_the_stop_reason_is_no_end() -> None:
    assert read(BEGIN, END, delta(text="a"))[1:] == [Counted(Usage(5, 7)), Said("a")]


def test_unknown_events_are_keep_alives() -> None:
    assert read(BEGIN, message("ofTomorrow", a=1), delta(text="a"))[1:] == [Pinged(), Said("a")]


def test_ids_that_collide_or_are_missing() -> None:
    blocks = [part for index in range(4) for part in (opening(index, "t1" if index < 2 else ""), closing(index))]
    ids = [piece.call.id for piece in read(BEGIN, *blocks, stop("tool_use"), END) if isinstance(piece, Called)]
    assert ids[:2] == ["t1", "t1_2"]
    assert len(set(ids)) == 4
    assert all(ids)


@pytest.mark.parametrize("text", ['{"a":', "[]", "7", "{} {}"])
def test_broken_arguments_are_a_failure(text: str) -> None:
    found = read(BEGIN, opening(), arguments(text), closing(), stop("tool_use"), END)
    assert isinstance(found[-1], Failed)
    assert found[-1].fault.kind is FaultKind.MALFORMED
    assert not any(isinstance(piece, Called) for piece in found)


@pytest.mark.parametrize("ending", [[closing()], []])
def test_arguments_that_the_limit_cut_off_are_left_out(ending: list[bytes]) -> None:
    found = read(BEGIN, delta(text="a"), opening(1), arguments('{"a":', 1), *ending, stop("max_tokens"), END)
    assert found[1:] == [Said("a"), Calling(), Stopped(Stop.LENGTH), Counted(Usage(5, 7)), Done()]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([opening(), stop("tool_use")], "ended inside a tool call"),
        ([arguments("{}")], "not open"),
        ([opening(), opening()], "the same place"),
        ([stop("malformed_tool_use")], "malformed_tool_use"),
        ([message("contentBlockStart", contentBlockIndex=0, start={"image": {"format": "png"}})], "block image"),
        ([message("contentBlockStart", contentBlockIndex=0, start={"toolResult": {}})], "block toolResult"),
        ([opening(type="server_tool_use")], "of the server"),
        ([delta(image={"source": {}})], "a delta of another kind"),
        ([opening(), event("contentBlockDelta", b"{oops")], "inside a tool call"),
        ([opening(), event("contentBlockStop", b"{oops")], "inside a tool call"),
    ],
)
def test_streams_that_cannot_be_told(events: list[bytes], words: str) -> None:
    fault = failure(BEGIN, *events).fault
    assert fault.kind is FaultKind.MALFORMED
    assert words in fault.message


def test_a_malformed_event_is_left_out_and_counted() -> None:
    reader = ConverseReader()
    broken = (event("contentBlockDelta", b"{oops"), event("contentBlockDelta", b"{}"), event("metadata", b"7"))
    pieces = reader.feed(BEGIN + delta(text="a") + b"".join(broken) + delta(text="b"))
    assert pieces == [Began(), Said("a"), Said("b")]
    assert reader.dropped == 3


def test_every_exception_of_the_service_is_a_failure_of_a_known_kind() -> None:
    members = model().shape_for("ConverseStreamOutput").members
    names = [name for name, shape in members.items() if shape.metadata.get("exception")]
    assert len(names) == 5
    for name in names:
        fault = failure(BEGIN, delta(text="a"), exception(name, b'{"message":"Sorry."}')).fault
        assert fault.kind is not FaultKind.UNKNOWN
        assert fault.message == "Sorry."


def test_an_error_that_is_no_exception() -> None:
    error = encode({":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Sorry."}, b"")
    assert failure(BEGIN, error, delta(text="a")).fault.kind is FaultKind.SERVER


def test_damaged_framing_is_a_failure_behind_what_was_whole() -> None:
    found = read(BEGIN + delta(text="a") + b"\0" * 20)
    assert found[:2] == [Began(), Said("a")]
    assert isinstance(found[-1], Failed)
    assert found[-1].fault.kind is FaultKind.MALFORMED


def test_damage_behind_the_end_is_nobodys_concern() -> None:
    assert read(BEGIN + delta(text="a") + stop() + END + b"\0" * 20)[-1] == Done()


def test_a_plain_error_in_place_of_a_stream_is_told() -> None:
    assert failure(b'{"__type": "ThrottlingException", "message": "Slow down."}').fault.kind is FaultKind.THROTTLE


@pytest.mark.parametrize("piece", [arguments("x" * 1_000_000), delta(1, reasoningContent={"text": "x" * 1_000_000})])
def test_what_is_gathered_is_bounded(piece: bytes) -> None:
    reader = ConverseReader()
    reader.feed(BEGIN + opening())
    found = [one for _ in range(GATHERED_CHARACTERS_MAX // 1_000_000 + 1) for one in reader.feed(piece)]
    assert isinstance(found[-1], Failed)
    assert "larger than the limit" in found[-1].fault.message


def test_calls_that_overlap_say_how_many_are_open() -> None:
    stream = [BEGIN, *(opening(index, f"t{index}") for index in range(3)), *(closing(index) for index in range(3))]
    opened = [piece.open_calls for piece in read(*stream) if isinstance(piece, Called)]
    assert all(left > right for left, right in pairwise(opened))
    assert opened[-1] == 0
