import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.openai_responses.seen import REMEMBERED_BYTES_MAX
from mainstay.wire.openai_responses.splice import ResponseStream
from tests.wire.openai_responses.native import Json, Native, events, first, frames_of, golden, response
from tests.wire.openai_responses.sdk import checked, streamed
from tests.wire.streams import kinds, text_of

K = FrameKind
SECOND = "resp_2"


def relayed(*sent: bytes) -> tuple[ResponseStream, bytes]:
    caller = ResponseStream()
    for frame in frames_of(*sent):
        caller.relayed(frame)
    return caller, b"".join(sent)


def spliced(caller: ResponseStream, *sent: bytes) -> bytes:
    return b"".join(caller.spliced(frame, frame.text) for frame in frames_of(*sent))


def opening(*texts: str) -> tuple[Native, bytes]:
    native = Native()
    return native, native.begin() + native.message() + b"".join(native.text(text) for text in texts)


def check(stream: bytes) -> Json:
    """What a client relies on: one response, one end, and an end that lists every item that was told of."""
    told = checked(stream)
    responses = [cast("Json", event["response"]) for event in told if "response" in event]
    assert {one["id"] for one in responses} == {"resp_1"}
    added = [event["output_index"] for event in told if event["type"] == "response.output_item.added"]
    assert added == list(range(len(added)))
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    assert responses[-1]["output"] == done
    assert kinds(frames_of(stream))[-1] is K.END
    return responses[-1]


@given(
    text=st.text(min_size=1, max_size=80),
    cut=st.integers(min_value=1, max_value=80),
    size=st.integers(min_value=1, max_value=20),
    thinks=st.booleans(),
    closed=st.booleans(),
)
def test_any_cut_of_any_text_gives_the_text(text: str, cut: int, size: int, *, thinks: bool, closed: bool) -> None:
    cut = min(cut, len(text))
    pieces = [text[:cut][at : at + size] for at in range(0, cut, size)]
    native, sent = opening(*pieces)
    sent += native.end_message(text[:cut]) if closed else b""
    caller, seen = relayed(sent)
    other = Native(SECOND)
    rest = [text[cut:][at : at + size] for at in range(0, len(text) - cut, size)]
    continuation = other.begin() + (other.reasoning("Hm") if thinks else b"") + other.said(*rest, "!")
    seen += spliced(caller, continuation, b": ping\n\n", other.end(5))
    frames = frames_of(seen)
    assert text_of(frames) == text + "!"
    assert not {K.ERROR, K.THINKING, K.WORKING} & set(kinds(frames))
    end = check(seen)
    usage = cast("dict[str, int]", end["usage"])
    before = max(1, cut // 4)
    assert (usage["output_tokens"], usage["total_tokens"]) == (5 + before, 105 + before)


def test_the_official_sdk_reads_a_spliced_stream() -> None:
    caller, seen = relayed(opening("One ")[1])
    other = Native(SECOND)
    seen += spliced(caller, other.begin(), other.said("two"), other.called('{"a": 1}'), other.end())
    final = streamed(seen)
    assert (final.id, final.output_text, final.status) == ("resp_1", "One two", "completed")
    assert [item.type for item in final.output] == ["message", "function_call"]


def test_the_aligner_may_cut_the_text() -> None:
    caller, _ = relayed(opening("One ")[1])
    (delta,) = [frame for frame in frames_of(Native(SECOND).said("One two")) if frame.kind is K.TEXT]
    assert caller.spliced(delta, "") == b""
    assert text_of(frames_of(caller.spliced(delta, "two"))) == "two"


def test_text_flows_into_the_open_message() -> None:
    caller, seen = relayed(opening("One ")[1])
    other = Native(SECOND)
    seen += spliced(caller, other.begin(), other.said("two"), other.end())
    (item,) = cast("list[Json]", check(seen)["output"])
    assert (item["id"], item["status"]) == ("msg_resp_1_0", "completed")
    assert [part["text"] for part in cast("list[Json]", item["content"])] == ["One two"]


def test_a_message_after_a_finished_one_stays_a_message_of_its_own() -> None:
    caller, seen = relayed(opening("One ")[1])
    other = Native(SECOND)
    seen += spliced(caller, other.begin(), other.said("two "), other.said("three"), other.end())
    first, second = cast("list[Json]", check(seen)["output"])
    assert cast("list[Json]", first["content"])[0]["text"] == "One two "
    assert cast("list[Json]", second["content"])[0]["text"] == "three"


def test_two_continuations_in_a_row() -> None:
    caller, seen = relayed(opening("One ")[1])
    other, third = Native(SECOND), Native("resp_3")
    seen += spliced(caller, other.begin(), other.message(), other.text("two "))
    seen += spliced(caller, third.begin(), third.said("three"), third.end(1))
    end = check(seen)
    assert text_of(frames_of(seen)) == "One two three"
    # Eight characters before the last hop are two tokens.
    assert cast("Json", end["usage"])["output_tokens"] == 3


def test_tool_calls_of_a_continuation_keep_their_ids_and_follow_on_the_text() -> None:
    native, sent = opening("One ")
    caller, seen = relayed(sent + native.end_message("One "))
    other = Native(SECOND)
    seen += spliced(caller, other.begin(), other.called('{"a": 1}', "call_9"), other.called("{}", "call_8"))
    assert not caller.may_continue()
    seen += spliced(caller, other.end())
    output = cast("list[Json]", check(seen)["output"])
    assert [item.get("call_id") for item in output] == [None, "call_9", "call_8"]


def test_items_of_two_streams_never_share_an_id() -> None:
    caller, seen = relayed(opening("One ")[1])
    # A second attempt of the same exchange names its items in the same way.
    other = Native("resp_1")
    call = other.called("{}").replace(b"fc_resp_1_0", b"msg_resp_1_0")
    seen += spliced(caller, other.begin(), call, other.end())
    ids = [item["id"] for item in cast("list[Json]", check(seen)["output"])]
    assert ids == ["msg_resp_1_0", "msg_resp_1_0_1"]
    assert seen.count(b'"item_id":"msg_resp_1_0_1"') == 3


def test_a_refusal_in_a_continuation_gets_a_part_of_its_own() -> None:
    caller, seen = relayed(opening("One ")[1])
    seen += spliced(caller, golden("stream_refusal.sse"))
    (item,) = cast("list[Json]", check(seen)["output"])
    assert [part["type"] for part in cast("list[Json]", item["content"])] == ["output_text", "refusal"]
    assert cast("list[Json]", item["content"])[1]["refusal"] == "I cannot help."


def test_opaque_items_pass_under_the_callers_numbers() -> None:
    caller, seen = relayed(opening("One ")[1])
    web = golden("stream_web_search.sse")
    seen += spliced(caller, web)
    assert b'"type":"response.web_search_call.searching"' in seen
    output = cast("list[Json]", check(seen)["output"])
    assert [item["type"] for item in output] == ["message", "web_search_call", "message"]


def test_a_continuation_that_ends_incomplete_says_so() -> None:
    caller, seen = relayed(opening("One ")[1])
    seen += spliced(caller, golden("stream_incomplete.sse"))
    end = check(seen)
    assert (end["status"], end["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert cast("list[Json]", end["output"])[0]["status"] == "incomplete"


def test_pings_pass_and_errors_do_not() -> None:
    caller, _ = relayed(opening("One ")[1])
    keepalive = b'event: keepalive\ndata: {"type":"keepalive","sequence_number":3}\n\n'
    assert (
        spliced(caller, b": note\n\n", keepalive, Native().event("error", code="server_error", message="m"))
        == b": note\n\n"
    )


def test_nothing_follows_the_end() -> None:
    caller, _ = relayed(golden("stream_text.sse"))
    assert spliced(caller, golden("stream_text.sse")) == b""
    assert not caller.may_continue()


def test_before_anything_was_given_a_stream_passes_as_it_is() -> None:
    begun = first(golden("stream_text.sse"), 1)
    assert spliced(ResponseStream(), begun) == begun


def test_a_frame_may_hold_several_events() -> None:
    native, sent = opening("One ")
    caller = ResponseStream()
    caller.relayed(Frame(K.TEXT, sent, "One "))
    caller.relayed(Frame(K.TEXT, native.text("two "), "two "))
    (failed,) = events(caller.error(Fault(FaultKind.CUT, "Cut."), "ex_1"))
    (item,) = cast("list[Json]", cast("Json", failed["response"])["output"])
    assert cast("list[Json]", item["content"])[0]["text"] == "One two "
    assert failed["sequence_number"] == native.number + 1


@pytest.mark.parametrize(
    ("sent", "may"),
    [
        (b"", True),
        (opening("One ")[1], True),
        (first(golden("stream_text.sse"), 7), True),
        (Native().begin(), True),
        (golden("stream_refusal.sse"), False),
        (first(golden("stream_web_search.sse"), 3), False),
        (golden("stream_text.sse"), False),
    ],
)
def test_only_plain_text_may_be_continued(sent: bytes, *, may: bool) -> None:
    assert relayed(sent)[0].may_continue() is may


def test_finished_reasoning_may_be_continued_and_open_reasoning_may_not() -> None:
    native = Native()
    done = native.begin() + native.reasoning("Hm") + native.message() + native.text("One")
    assert relayed(done)[0].may_continue()
    caller, _ = relayed(done + native.added({"id": "rs_x", "type": "reasoning", "summary": []}))
    assert not caller.may_continue()


def test_tool_calls_bar_a_continuation_before_they_are_complete() -> None:
    native = Native()
    assert not relayed(native.begin() + native.call())[0].may_continue()


@pytest.mark.parametrize("delivered", range(11))
def test_complete_calls_finish_by_synthesis_delivered_or_held(delivered: int) -> None:
    native, sent = opening("One ")
    sent += native.end_message("One ")
    calls = frames_of(native.called('{"a": 1}', "call_1"), native.called("{}", "call_2"))
    caller, seen = relayed(sent, *(frame.raw for frame in calls[:delivered]))
    ending = caller.finished_by_synthesis(calls[delivered:])
    assert ending is not None
    seen += ending
    assert seen.startswith(sent + b"".join(frame.raw for frame in calls))
    assert [item.get("call_id") for item in cast("list[Json]", check(seen)["output"])] == [None, "call_1", "call_2"]
    assert streamed(seen).status == "completed"
    assert caller.finished_by_synthesis([]) is None


@pytest.mark.parametrize("cut", [3, 4])
def test_a_call_that_lacks_only_its_end_is_ended(cut: int) -> None:
    native = Native()
    begun = native.begin()
    calls = frames_of(native.called('{"a": 1}'))[:cut]
    caller, seen = relayed(begun)
    ending = caller.finished_by_synthesis(calls)
    assert ending is not None
    (item,) = cast("list[Json]", check(seen + ending)["output"])
    assert (item["arguments"], item["status"]) == ('{"a": 1}', "completed")


def test_free_text_is_complete_where_the_stream_said_so() -> None:
    native = Native()
    item: Json = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "c", "name": "p", "input": ""}
    place = {"item_id": "ctc_1", "output_index": 0}
    sent = native.begin() + native.added(item)
    sent += native.event("response.custom_tool_call_input.delta", **place, delta="*** Begin")
    assert relayed(sent)[0].finished_by_synthesis([]) is None
    caller, seen = relayed(sent + native.event("response.custom_tool_call_input.done", **place, input="*** Begin"))
    ending = caller.finished_by_synthesis([])
    assert ending is not None
    (done,) = cast("list[Json]", check(seen + ending)["output"])
    assert done["input"] == "*** Begin"


def unfinished() -> list[tuple[str, bytes]]:
    native, text = opening("One ")
    half = Native()
    half_call = half.begin() + half.called("{}") + half.call("call_2") + half.arguments('{"a":')
    cut = Native()
    cut_call = cut.begin() + cut.call() + cut.done(status="incomplete", arguments='{"a"')
    thinking = Native()
    open_thinking = thinking.begin() + thinking.called("{}")
    open_thinking += thinking.added({"id": "rs_1", "type": "reasoning", "summary": []})
    return [
        ("nothing", b""),
        ("text", text),
        ("finished text", text + native.end_message("One ")),
        ("half a call", half_call),
        ("a call cut by the limit", cut_call),
        ("open reasoning", open_thinking),
        ("a tool of the provider", first(golden("stream_web_search.sse"), 3)),
    ]


@pytest.mark.parametrize(("what", "sent"), unfinished())
@pytest.mark.parametrize("held", [True, False])
def test_anything_less_cannot_be_finished_by_synthesis(what: str, sent: bytes, *, held: bool) -> None:
    caller = ResponseStream()
    frames = frames_of(sent)
    # Only tool calls and what stands between them are ever held back.
    given = next((at for at, frame in enumerate(frames) if held and frame.kind is K.TOOL), len(frames))
    for frame in frames[:given]:
        caller.relayed(frame)
    assert caller.finished_by_synthesis(frames[given:]) is None, what


def test_an_answer_that_is_over_is_not_finished_again() -> None:
    assert relayed(golden("stream_reasoning_tools.sse"))[0].finished_by_synthesis([]) is None


def test_a_call_that_a_translation_only_knows_of_is_not_complete() -> None:
    native = Native()
    caller, _ = relayed(native.begin() + native.called("{}"))
    begun = Frame(K.TOOL, b"", holds=True)
    assert caller.finished_by_synthesis([begun]) is None
    assert caller.finished_by_synthesis([begun, *frames_of(native.called("{}", "call_2"))]) is not None


def test_a_failed_stream_ends_with_a_failed_response_that_lists_what_was_seen() -> None:
    native, sent = opening("One ")
    caller, seen = relayed(sent + native.end_message("One ") + native.message() + native.text("two"))
    told = checked(seen + caller.error(Fault(FaultKind.THROTTLE, "Slow.", wait_seconds=2), "ex_1"))
    assert told[-1]["type"] == "response.failed"
    failed = cast("Json", told[-1]["response"])
    assert (failed["id"], failed["status"]) == ("resp_1", "failed")
    assert cast("Json", failed["error"])["code"] == "rate_limit_exceeded"
    assert [item["status"] for item in cast("list[Json]", failed["output"])] == ["completed", "incomplete"]
    assert not caller.may_continue()


def test_a_stream_of_keep_alives_fails_as_a_response_of_its_own() -> None:
    created, failed = events(ResponseStream().error(Fault(FaultKind.CUT, "Cut."), "ex_7"))
    assert (created["type"], failed["type"]) == ("response.created", "response.failed")
    assert cast("Json", created["response"])["id"] == cast("Json", failed["response"])["id"] == "resp_7"
    assert (created["sequence_number"], failed["sequence_number"]) == (0, 1)


def test_more_than_can_be_remembered_is_neither_continued_nor_finished() -> None:
    native, sent = opening()
    caller, _ = relayed(sent)
    big = "x" * (REMEMBERED_BYTES_MAX // 8)
    for _ in range(9):
        caller.relayed(Frame(K.TEXT, native.text("x"), big))
    assert not caller.may_continue()
    for frame in frames_of(native.called("{}")):
        caller.relayed(frame)
    assert caller.finished_by_synthesis([]) is None
    assert events(caller.error(Fault(FaultKind.CUT, "Cut."), "ex_1"))[-1]["type"] == "response.failed"


def test_a_server_that_numbers_nothing_is_continued_all_the_same() -> None:
    caller = ResponseStream()
    lines = [
        {"type": "response.created", "response": response("resp_1")},
        {"type": "response.output_item.added", "output_index": 0, "item": {"id": "m", "type": "message"}},
    ]
    for frame in frames_of(*(f"data: {json.dumps(line)}\n\n".encode() for line in lines)):
        caller.relayed(frame)
    told = events(spliced(caller, Native(SECOND).said("One")))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))


def test_a_closed_function_call_without_an_object_is_broken() -> None:
    native = Native()
    whole = native.begin() + native.called('{"a": 1}')
    assert not relayed(whole)[0].has_broken_tool()
    assert not relayed(whole + native.called("", "call_2"))[0].has_broken_tool()
    begun = native.call("call_3") + native.arguments('{"a": }')
    assert not relayed(whole + begun)[0].has_broken_tool()
    assert relayed(whole + begun + native.done(arguments='{"a": }'))[0].has_broken_tool()


def test_arguments_that_came_with_the_item_alone_are_looked_at_too() -> None:
    native = Native()
    sent = native.begin() + native.call() + native.done(arguments="oops")
    assert relayed(sent)[0].has_broken_tool()


def test_a_call_cut_off_by_the_limit_is_not_broken() -> None:
    native = Native()
    sent = native.begin() + native.call() + native.done(status="incomplete", arguments='{"a"')
    assert not relayed(sent)[0].has_broken_tool()
