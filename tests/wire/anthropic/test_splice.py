from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.anthropic.splice import MessageStream
from mainstay.wire.anthropic.stream import EventMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.streams import (
    PING,
    block_delta,
    block_start,
    block_stop,
    data_of,
    event,
    kinds,
    message_end,
    message_start,
    read,
    text_delta,
    text_of,
    text_start,
    tool_delta,
    tool_start,
)

K = FrameKind
TOOL = [tool_start(1), tool_delta(1, ""), tool_delta(1, '{"a": 1}'), block_stop(1)]
OPENING = [message_start(), text_start(0), text_delta(0, "One ")]


def frames_of(*events: bytes) -> list[Frame]:
    return read(StreamReader(EventMeaning(), SseSplitter()), events)


def relayed(*events: bytes) -> tuple[MessageStream, bytes]:
    caller = MessageStream()
    for frame in frames_of(*events):
        caller.relayed(frame)
    return caller, b"".join(events)


def spliced(caller: MessageStream, *events: bytes) -> bytes:
    return b"".join(caller.spliced(frame, frame.text) for frame in frames_of(*events))


def check_blocks(stream: bytes) -> None:
    """What a client relies on: one block at a time, indexes that count up, nothing left open, one beginning and end."""
    names = [str(data["type"]) for data in data_of(stream)]
    assert (names[0], names[-1]) == ("message_start", "message_stop")
    assert [names.count(name) for name in ("message_start", "message_delta", "message_stop")] == [1, 1, 1]
    open_index, next_index = None, 0
    for data in data_of(stream):
        if data["type"] == "content_block_start":
            assert (open_index, data["index"]) == (None, next_index)
            open_index, next_index = next_index, next_index + 1
        elif data["type"] in {"content_block_delta", "content_block_stop"}:
            assert data["index"] == open_index
            if data["type"] == "content_block_stop":
                open_index = None
        elif data["type"] == "message_delta":
            assert open_index is None


def output_tokens(stream: bytes) -> int:
    (usage,) = [cast("dict[str, int]", data["usage"]) for data in data_of(stream) if data["type"] == "message_delta"]
    return usage["output_tokens"]


@given(
    text=st.text(min_size=1, max_size=80),
    cut=st.integers(min_value=0, max_value=80),
    size=st.integers(min_value=1, max_value=20),
    closed=st.booleans(),
    thinks=st.booleans(),
)
def test_any_cut_of_any_text_gives_the_text(text: str, cut: int, size: int, *, closed: bool, thinks: bool) -> None:
    cut = min(cut, len(text))
    pieces = [text[:cut][at : at + size] for at in range(0, cut, size)]
    first = [message_start(), text_start(0), *(text_delta(0, piece) for piece in pieces)]
    caller, seen = relayed(*first, *([block_stop(0)] if closed and cut else []))
    thinking = [block_start(0, type="thinking", thinking=""), block_delta(0, type="thinking_delta", thinking="Hm")]
    second = [*thinking, block_stop(0)] if thinks else []
    rest = [text[cut:][at : at + size] for at in range(0, len(text) - cut, size)]
    index = 1 if thinks else 0
    second += [text_start(index), PING, *(text_delta(index, piece) for piece in rest), block_stop(index)]
    seen += spliced(caller, message_start("msg_2"), *second, message_end(output_tokens=5))
    frames = frames_of(seen)
    assert text_of(frames) == text
    assert kinds(frames)[-2:] == [K.FINISH, K.END]
    assert K.ERROR not in kinds(frames)
    check_blocks(seen)
    assert output_tokens(seen) == 5 + (max(1, cut // 4) if cut else 0)


def test_the_first_text_flows_into_the_open_block() -> None:
    caller, seen = relayed(*OPENING)
    more = spliced(caller, message_start("msg_2"), text_start(0), text_delta(0, "two"), block_stop(0))
    assert more == (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"two"}}\n\n'
    )
    check_blocks(seen + more + spliced(caller, message_end()))


def test_the_aligner_may_cut_the_text() -> None:
    caller, _ = relayed(*OPENING)
    start, opening, delta = frames_of(message_start("msg_2"), text_start(0), text_delta(0, "One two"))
    assert caller.spliced(start, "") + caller.spliced(opening, "") == b""
    assert caller.spliced(delta, "") == b""
    assert text_of(frames_of(message_start(), text_start(0), caller.spliced(delta, "two"))) == "two"


def test_text_that_the_aligner_held_to_the_end_still_flows() -> None:
    caller, seen = relayed(*OPENING)
    start, opening, delta, stop, finish, end = frames_of(
        message_start("msg_2"), text_start(0), text_delta(0, "One two"), block_stop(0), message_end()
    )
    for frame, text in ((start, ""), (opening, ""), (stop, ""), (delta, "two"), (finish, ""), (end, "")):
        seen += caller.spliced(frame, text)
    assert text_of(frames_of(seen)) == "One two"
    check_blocks(seen)
    assert len([data for data in data_of(seen) if data["type"] == "content_block_start"]) == 1


def test_a_finish_may_bring_the_last_text() -> None:
    caller, seen = relayed(*OPENING)
    start, finish, end = frames_of(message_start("msg_2"), message_end("max_tokens"))
    seen += caller.spliced(start, "") + caller.spliced(finish, "two") + caller.spliced(end, "")
    assert text_of(frames_of(seen)) == "One two"
    check_blocks(seen)


def test_later_blocks_get_the_next_index_and_keep_their_ids() -> None:
    caller, seen = relayed(*OPENING)
    rest = [text_start(0), text_delta(0, "two"), block_stop(0), *TOOL, message_end("tool_use")]
    seen += spliced(caller, message_start("msg_2"), *rest)
    check_blocks(seen)
    (start,) = [data for data in data_of(seen) if "toolu_1" in str(data)]
    assert start["index"] == 1
    assert b'"partial_json":"{\\"a\\": 1}"' in seen.replace(b'": "', b'":"')


def test_a_tool_call_that_comes_without_text_closes_the_text() -> None:
    caller, seen = relayed(*OPENING)
    seen += spliced(caller, message_start("msg_2"), tool_start(0), tool_delta(0, "{}"), block_stop(0), message_end())
    check_blocks(seen)


def test_a_second_text_block_stays_a_block_of_its_own() -> None:
    caller, seen = relayed(*OPENING)
    rest = [text_start(0), text_delta(0, "two"), block_stop(0), text_start(1), text_delta(1, "three"), block_stop(1)]
    seen += spliced(caller, message_start("msg_2"), *rest, message_end())
    check_blocks(seen)
    assert len([data for data in data_of(seen) if data["type"] == "content_block_start"]) == 2


def test_two_continuations_in_a_row() -> None:
    caller, seen = relayed(*OPENING)
    seen += spliced(caller, message_start("msg_2"), text_start(0), text_delta(0, "two "))
    seen += spliced(caller, message_start("msg_3"), text_start(0), text_delta(0, "three"), block_stop(0), message_end())
    assert text_of(frames_of(seen)) == "One two three"
    check_blocks(seen)
    assert output_tokens(seen) == 12 + 2


def test_usage_is_estimated_where_the_continuation_reports_none() -> None:
    caller, seen = relayed(message_start(), text_start(0), text_delta(0, "x" * 40))
    finish = event("message_delta", delta={"stop_reason": "end_turn"})
    seen += spliced(
        caller, message_start("msg_2"), text_start(0), text_delta(0, "y" * 20), finish, event("message_stop")
    )
    assert output_tokens(seen) == 10 + 5


def test_pings_comments_and_unknown_events_pass() -> None:
    caller, _ = relayed(*OPENING)
    assert spliced(caller, PING, b": note\n\n") == PING + b": note\n\n"
    assert spliced(caller, event("of_tomorrow")) == event("of_tomorrow")
    assert not caller.may_continue()


def test_unknown_blocks_pass_with_a_new_index() -> None:
    caller, seen = relayed(*OPENING)
    rest = [
        block_start(0, type="server_tool_use", id="s", name="web_search", input={}),
        tool_delta(0, "{}"),
        block_stop(0),
    ]
    seen += spliced(caller, message_start("msg_2"), *rest, message_end())
    check_blocks(seen)


def test_nothing_follows_the_end() -> None:
    caller, _ = relayed(*OPENING, block_stop(0), message_end())
    assert spliced(caller, message_start("msg_2"), text_start(0), text_delta(0, "more"), message_end()) == b""


def test_an_error_of_a_continuation_is_not_passed_on() -> None:
    caller, _ = relayed(*OPENING)
    assert spliced(caller, event("error", error={"type": "overloaded_error", "message": "m"})) == b""


def test_before_anything_was_given_a_stream_passes_as_it_is() -> None:
    caller = MessageStream()
    assert spliced(caller, message_start("msg_2")) == message_start("msg_2")


@pytest.mark.parametrize(
    ("events", "may"),
    [
        ([], True),
        (OPENING, True),
        ([*OPENING, block_stop(0)], True),
        ([message_start(), block_start(0, type="thinking", thinking=""), block_stop(0)], True),
        ([message_start(), block_start(0, type="thinking", thinking="")], False),
        ([*OPENING, block_stop(0), tool_start(1)], False),
        ([*OPENING, block_stop(0), *TOOL], False),
        ([*OPENING, block_delta(0, type="citations_delta", citation={})], False),
        ([*OPENING, block_stop(0), block_start(1, type="of_tomorrow"), block_stop(1)], False),
        ([*OPENING, block_stop(0), message_end().partition(b"event: message_stop")[0]], False),
    ],
)
def test_only_plain_text_may_be_continued(events: list[bytes], *, may: bool) -> None:
    assert relayed(*events)[0].may_continue() is may


def test_complete_tool_calls_finish_by_synthesis() -> None:
    caller, seen = relayed(*OPENING, block_stop(0), *TOOL)
    ending = caller.finished_by_synthesis([])
    assert ending is not None
    assert frames_of(seen + ending)[-2].stop_reason == "tool_use"
    check_blocks(seen + ending)
    assert caller.finished_by_synthesis([]) is None


def test_a_tool_call_without_arguments_is_complete() -> None:
    caller, _ = relayed(message_start(), tool_start(0), tool_delta(0, ""), block_stop(0))
    assert caller.finished_by_synthesis([]) is not None


def test_a_message_whose_stop_reason_was_given_only_lacks_its_end() -> None:
    finish, mark, stop = message_end().partition(b"event: message_stop")
    caller, seen = relayed(*OPENING, block_stop(0), finish)
    ending = caller.finished_by_synthesis([])
    assert ending is not None
    assert data_of(ending) == data_of(mark + stop)
    check_blocks(seen + ending)


@pytest.mark.parametrize(
    "events",
    [
        [],
        OPENING,
        [*OPENING, block_stop(0)],
        [*OPENING, block_stop(0), *TOOL, tool_start(2), tool_delta(2, '{"b"')],
        [*OPENING, block_stop(0), *TOOL, text_start(2), text_delta(2, "And")],
        [message_start(), tool_start(0), tool_delta(0, '{"cut by max_tok'), block_stop(0)],
    ],
)
def test_anything_less_cannot_be_finished_by_synthesis(events: list[bytes]) -> None:
    assert relayed(*events)[0].finished_by_synthesis([]) is None


def test_a_held_call_is_not_complete() -> None:
    frames = frames_of(*OPENING, block_stop(0), *TOOL, tool_start(2), PING)
    caller = MessageStream()
    for frame in frames[:-2]:
        caller.relayed(frame)
    assert caller.finished_by_synthesis(frames[-2:]) is None
    assert caller.finished_by_synthesis(frames[-1:]) is not None


def test_a_finish_by_synthesis_estimates_the_output_from_what_was_given() -> None:
    def spent(*events: bytes) -> int:
        ending = relayed(*OPENING, *events, block_stop(0), *TOOL)[0].finished_by_synthesis([])
        assert ending is not None
        return output_tokens(ending)

    assert spent(text_delta(0, "x" * 40)) == spent() + 10


def test_a_failed_stream_ends_with_an_error_event() -> None:
    frames = frames_of(message_start(), MessageStream().error(Fault(FaultKind.CUT, "Cut."), "ex-1"))
    assert frames[-1].kind is K.ERROR


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        ([*OPENING, block_stop(0), message_end()], False),
        ([*OPENING, block_stop(0), *TOOL, message_end()], False),
        ([message_start(), tool_start(0), tool_delta(0, ""), block_stop(0)], False),
        ([message_start(), tool_start(0), tool_delta(0, '{"a": ')], False),
        ([message_start(), tool_start(0), tool_delta(0, '{"a": }'), block_stop(0)], True),
        ([message_start(), tool_start(0), tool_delta(0, "[1]"), block_stop(0), *TOOL, message_end()], True),
    ],
)
def test_a_closed_call_without_an_object_is_broken(events: list[bytes], *, broken: bool) -> None:
    assert relayed(*events)[0].has_broken_tool() is broken
