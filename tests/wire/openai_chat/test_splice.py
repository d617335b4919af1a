from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.openai_chat.splice import ChunkStream
from mainstay.wire.openai_chat.stream import ChunkMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.streams import DONE, call_chunk, chunk, data_of, kinds, read, role_chunk, text_of, usage_chunk

K = FrameKind
SECOND = "chatcmpl-second"
OPENING = [role_chunk(), chunk({"content": "One "})]
CALLS = [call_chunk(0, '{"a":', "call_1"), call_chunk(1, "{}", "call_2"), call_chunk(0, " 1}")]


def frames_of(*events: bytes) -> list[Frame]:
    return read(StreamReader(ChunkMeaning(), SseSplitter()), events)


def relayed(*events: bytes) -> tuple[ChunkStream, bytes]:
    caller = ChunkStream()
    for frame in frames_of(*events):
        caller.relayed(frame)
    return caller, b"".join(events)


def spliced(caller: ChunkStream, *events: bytes) -> bytes:
    return b"".join(caller.spliced(frame, frame.text) for frame in frames_of(*events))


def second(text: str) -> bytes:
    return chunk({"content": text}, chunk_id=SECOND)


def finish(reason: str = "stop") -> bytes:
    return chunk(finish=reason, chunk_id=SECOND)


def check_chunks(stream: bytes) -> None:
    """What a client relies on: one name for all chunks, one role, one finish reason, one end."""
    chunks = data_of(stream)
    assert len({(str(data["id"]), data["created"], data["model"], data["object"]) for data in chunks}) == 1
    choices = [choice for data in chunks for choice in cast("list[dict[str, object]]", data["choices"])]
    assert sum("role" in cast("dict[str, object]", choice["delta"]) for choice in choices) == 1
    assert sum(choice["finish_reason"] is not None for choice in choices) == 1
    assert stream.count(DONE) == 1
    assert stream.endswith(DONE)


def usages(stream: bytes) -> list[dict[str, int]]:
    return [cast("dict[str, int]", data["usage"]) for data in data_of(stream) if data.get("usage")]


@given(
    text=st.text(min_size=1, max_size=80),
    cut=st.integers(min_value=0, max_value=80),
    size=st.integers(min_value=1, max_value=20),
    thinks=st.booleans(),
    together=st.booleans(),
)
def test_any_cut_of_any_text_gives_the_text(text: str, cut: int, size: int, *, thinks: bool, together: bool) -> None:
    cut = min(cut, len(text))
    caller, seen = relayed(
        role_chunk(), *(chunk({"content": text[:cut][at : at + size]}) for at in range(0, cut, size))
    )
    rest = [second(text[cut:][at : at + size]) for at in range(0, len(text) - cut, size)]
    reasoning = [chunk({"reasoning_content": "Hm"}, chunk_id=SECOND)] if thinks else []
    last = [chunk({"content": "!"}, "stop", SECOND)] if together else [second("!"), finish()]
    end = [usage_chunk(5, SECOND), DONE]
    seen += spliced(caller, role_chunk(SECOND), b": ping\n\n", *reasoning, *rest, *last, *end)
    frames = frames_of(seen)
    assert text_of(frames) == text + "!"
    assert kinds(frames)[-2:] == [K.USAGE, K.END]
    assert not {K.ERROR, K.THINKING} & set(kinds(frames))
    check_chunks(seen)
    before = max(1, cut // 4) if cut else 0
    (usage,) = usages(seen)
    assert (usage["completion_tokens"], usage["total_tokens"]) == (5 + before, 105 + before)


def test_the_aligner_may_cut_the_text() -> None:
    caller, _ = relayed(*OPENING)
    (delta,) = frames_of(second("One two"))
    assert caller.spliced(delta, "") == b""
    assert text_of(frames_of(caller.spliced(delta, "two"))) == "two"


def test_two_continuations_in_a_row() -> None:
    caller, seen = relayed(*OPENING)
    seen += spliced(caller, role_chunk(SECOND), second("two "))
    rest = [role_chunk("chatcmpl-third"), chunk({"content": "three"}, chunk_id="chatcmpl-third"), finish(), DONE]
    seen += spliced(caller, *rest)
    assert text_of(frames_of(seen)) == "One two three"
    check_chunks(seen)


def test_usage_beside_the_finish_reason_is_summed() -> None:
    caller, seen = relayed(*OPENING)
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    seen += spliced(caller, chunk(finish="stop", chunk_id=SECOND, usage=usage), DONE)
    assert usages(seen) == [{"prompt_tokens": 9, "completion_tokens": 6, "total_tokens": 15}]
    check_chunks(seen)


def test_tool_calls_of_a_continuation_keep_their_ids_and_arguments() -> None:
    caller, seen = relayed(*OPENING)
    call = {"index": 0, "id": "call_9", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    both = chunk({"role": "assistant", "tool_calls": [call]}, chunk_id=SECOND)
    seen += spliced(caller, both, finish("tool_calls"), DONE)
    check_chunks(seen)
    assert kinds(frames_of(seen))[-3:] == [K.TOOL, K.FINISH, K.END]
    assert '"call_9"' in seen.decode()
    assert not caller.may_continue()


def test_tool_calls_continue_the_count() -> None:
    caller, seen = relayed(*OPENING, *CALLS)
    seen += spliced(caller, call_chunk(0, "{}", "call_3", SECOND), call_chunk(1, "{}", "call_4", SECOND))
    calls = [
        call
        for data in data_of(seen)
        for choice in cast("list[dict[str, dict[str, list[dict[str, int]]]]]", data["choices"])
        for call in choice["delta"].get("tool_calls", [])
    ]
    assert [call["index"] for call in calls] == [0, 1, 0, 2, 3]


def test_opaque_content_passes_under_the_first_name() -> None:
    caller, seen = relayed(*OPENING)
    seen += spliced(
        caller, chunk({"refusal": "No"}, chunk_id=SECOND), chunk({"content": []}, chunk_id=SECOND), finish(), DONE
    )
    check_chunks(seen)
    assert kinds(frames_of(seen)).count(K.OPAQUE) == 2


def test_a_leading_chunk_without_choices_gives_no_name() -> None:
    first = chunk(choices=[], prompt_filter_results=[], chunk_id="")
    caller, seen = relayed(first, *OPENING)
    seen += spliced(caller, role_chunk(SECOND), second("two"), finish(), DONE)
    check_chunks(seen.removeprefix(first))


def test_pings_pass_and_errors_do_not() -> None:
    caller, _ = relayed(*OPENING)
    assert spliced(caller, b": note\n\n", b'data: {"error": {"message": "m"}}\n\n') == b": note\n\n"


def test_nothing_follows_the_end() -> None:
    caller, _ = relayed(*OPENING, chunk(finish="stop"), DONE)
    assert spliced(caller, second("more"), finish(), DONE) == b""


def test_nothing_is_said_after_a_finish_reason() -> None:
    caller, seen = relayed(*OPENING, chunk(finish="stop"))
    seen += spliced(caller, second("more"), call_chunk(0, "{}", "call_1", SECOND), finish(), DONE)
    check_chunks(seen)
    assert text_of(frames_of(seen)) == "One "


def test_before_anything_was_given_a_stream_passes_as_it_is() -> None:
    assert spliced(ChunkStream(), role_chunk(SECOND)) == role_chunk(SECOND)


@pytest.mark.parametrize(
    ("events", "may"),
    [
        ([], True),
        (OPENING, True),
        ([role_chunk(), chunk({"reasoning": "Hm"})], True),
        ([*OPENING, CALLS[0]], False),
        ([*OPENING, chunk({"function_call": {"name": "f"}})], False),
        ([*OPENING, chunk({"refusal": "No"})], False),
        ([*OPENING, chunk(choices=[{"index": 1, "delta": {"content": "b"}}])], False),
        ([*OPENING, chunk(finish="stop")], False),
        ([*OPENING, chunk({"content": "last"}, "stop")], False),
    ],
)
def test_only_plain_text_may_be_continued(events: list[bytes], *, may: bool) -> None:
    assert relayed(*events)[0].may_continue() is may


@pytest.mark.parametrize("delivered", range(len(CALLS) + 1))
def test_complete_calls_finish_by_synthesis_delivered_or_held(delivered: int) -> None:
    caller = ChunkStream()
    frames = frames_of(*OPENING, *CALLS)
    known = len(OPENING) + delivered
    for frame in frames[:known]:
        caller.relayed(frame)
    ending = caller.finished_by_synthesis(frames[known:])
    assert ending is not None
    seen = b"".join(frame.raw for frame in frames[:known]) + ending
    check_chunks(seen)
    assert seen.startswith(b"".join([*OPENING, *CALLS]))
    assert frames_of(seen)[-2].stop_reason == "tool_calls"
    assert caller.finished_by_synthesis([]) is None


def test_held_calls_of_a_continuation_come_under_the_first_name() -> None:
    caller, seen = relayed(*OPENING)
    seen += spliced(caller, role_chunk(SECOND), second("two"))
    ending = caller.finished_by_synthesis(frames_of(call_chunk(0, '{"b": 2}', "call_9", SECOND), b": ping\n\n"))
    assert ending is not None
    check_chunks(seen + ending)
    assert "call_9" in (seen + ending).decode()


def test_calls_without_an_index_begin_with_their_id() -> None:
    pieces = [
        {"id": "a", "function": {"arguments": "{"}},
        {"function": {"arguments": "}"}},
        {"id": "b", "function": {"arguments": "{}"}},
    ]
    caller, _ = relayed(*OPENING, *(chunk({"tool_calls": [piece]}) for piece in pieces))
    assert caller.finished_by_synthesis([]) is not None


def test_an_answer_whose_finish_reason_was_given_only_lacks_its_end() -> None:
    caller, seen = relayed(*OPENING, chunk(finish="stop"))
    assert caller.finished_by_synthesis([]) == DONE
    check_chunks(seen + DONE)


@pytest.mark.parametrize(
    "events",
    [
        [],
        OPENING,
        [*OPENING, *CALLS[:2]],
        [*OPENING, call_chunk(0, "", "call_1")],
        [*OPENING, chunk({"tool_calls": ["odd"]})],
        [*OPENING, *CALLS, chunk({"refusal": "No"})],
        [*OPENING, *CALLS, chunk(choices=[{"index": 1, "delta": {"content": "b"}}])],
        [*OPENING, chunk({"function_call": {"name": "f", "arguments": "{}"}})],
    ],
)
@pytest.mark.parametrize("held", [True, False])
def test_anything_less_cannot_be_finished_by_synthesis(events: list[bytes], *, held: bool) -> None:
    frames = frames_of(*events)
    caller = ChunkStream()
    for frame in [] if held else frames:
        caller.relayed(frame)
    assert caller.finished_by_synthesis(frames if held else []) is None


def test_a_call_that_was_announced_and_did_not_come_is_never_left_out() -> None:
    announced = Frame(K.TOOL, b"", holds=True)
    whole = frames_of(role_chunk(), call_chunk(0, "{}", "call_1"))[1:]
    caller, _ = relayed(*OPENING)
    assert caller.finished_by_synthesis([announced, *whole, announced]) is None
    assert caller.finished_by_synthesis([announced, *whole]) is not None


def test_a_failed_stream_ends_with_an_error_object() -> None:
    frames = frames_of(role_chunk(), ChunkStream().error(Fault(FaultKind.CUT, "Cut."), "ex-1"))
    assert frames[-1].kind is K.ERROR


BROKEN = call_chunk(0, '{"a": }', "call_1")


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        ([*OPENING, chunk(finish="stop")], False),
        ([*OPENING, *CALLS, chunk(finish="tool_calls")], False),
        ([*OPENING, call_chunk(0, "", "call_1"), chunk(finish="tool_calls")], False),
        ([*OPENING, BROKEN], False),
        ([*OPENING, BROKEN, chunk(finish="tool_calls")], True),
        ([*OPENING, *CALLS[:2], chunk(finish="tool_calls")], True),
        ([*OPENING, BROKEN, chunk({"refusal": "No"}), chunk(finish="tool_calls")], False),
    ],
)
def test_a_call_of_a_finished_answer_without_an_object_is_broken(events: list[bytes], *, broken: bool) -> None:
    assert relayed(*events)[0].has_broken_tool() is broken
