"""The translator between toys: a script of pieces goes in, the frames of the toy dialect come out."""

import pytest

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Sealed,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.crossing.translator import Translator, tagged, told
from tests.wire.crossing.toy import Rereader, Scribe, Script, event

PING = b": still here\n\n"
ISSUER = "claude-eu"
WEATHER = ToolCall("call_1", "weather", "{}")
TIME = ToolCall("call_2", "time", '{"zone":"UTC"}')
OVERLOADED = Fault(FaultKind.OVERLOAD, "busy", 529, "overloaded_error", 3.0, (("x-own", "1"),), b'{"type":"error"}')


def translator(reader: Script, scribe: Scribe | None = None, rereader: Rereader | None = None) -> Translator:
    return Translator(reader, scribe or Scribe(), rereader or Rereader(), ping=PING, issuer=ISSUER)


def frames_of(*pieces: Piece, scribe: Scribe | None = None) -> list[Frame]:
    """The frames of these pieces when they come all at once."""
    told = translator(Script(list(pieces)), scribe)
    return told.feed(b"upstream bytes") + told.close()


def frame_of(piece: Piece, scribe: Scribe | None = None) -> Frame:
    (frame,) = frames_of(piece, scribe=scribe)
    return frame


# -- text


def test_text_becomes_a_text_frame_that_nobody_reads_again() -> None:
    rereader = Rereader()
    frames = translator(Script([Said("Hello")]), rereader=rereader).feed(b"")
    assert frames == [Frame(FrameKind.TEXT, event("said Hello"), "Hello")]
    assert rereader.read == []


def test_text_before_which_something_opens_is_two_frames() -> None:
    frames = frames_of(Said("Hello"), Said("you"), scribe=Scribe(block=True))
    assert [(frame.kind, frame.raw) for frame in frames] == [
        (FrameKind.PREAMBLE, event("block")),
        (FrameKind.TEXT, event("said Hello")),
        (FrameKind.TEXT, event("said you")),
    ]
    assert [frame.text for frame in frames] == ["", "Hello", "you"]


def test_text_for_which_the_caller_has_no_words_is_no_frame() -> None:
    assert frames_of(Said("Hello"), scribe=Scribe(silent=frozenset({"said"}))) == []


# -- every other piece


@pytest.mark.parametrize(
    ("piece", "kind", "words"),
    [
        (Began("msg_1"), FrameKind.PREAMBLE, "began msg_1"),
        (Thought("Hm"), FrameKind.THINKING, "thought Hm"),
        (Called(WEATHER), FrameKind.TOOL, "called weather {}"),
        (Refused("No"), FrameKind.TEXT, "refused No"),
        (Counted(Usage(output_tokens=7)), FrameKind.USAGE, "counted 7"),
        (Stopped(Stop.LENGTH), FrameKind.FINISH, "stopped length"),
        (Done(), FrameKind.END, "done"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str | FrameKind) else None,
)
def test_a_piece_means_what_the_callers_own_dialect_says(piece: Piece, kind: FrameKind, words: str) -> None:
    frame = frame_of(piece)
    assert (frame.kind, frame.raw, frame.holds) == (kind, event(words), False)


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("began", Began()),
        ("refused", Refused("No")),
        ("stopped", Stopped(Stop.END)),
        ("called", Called(WEATHER)),
    ],
)
def test_a_piece_for_which_the_caller_has_no_words_is_no_frame(name: str, piece: Piece) -> None:
    assert frames_of(piece, scribe=Scribe(silent=frozenset({name}))) == []


# -- usage


SPENT = Usage(input_tokens=3, output_tokens=5)


@pytest.mark.parametrize(
    ("name", "piece", "kind"),
    [
        ("began", Began(usage=SPENT), FrameKind.PREAMBLE),
        ("counted", Counted(SPENT), FrameKind.USAGE),
        ("stopped", Stopped(Stop.END, usage=SPENT), FrameKind.FINISH),
    ],
)
def test_usage_is_known_whether_the_caller_is_told_or_not(name: str, piece: Piece, kind: FrameKind) -> None:
    told_frame = frame_of(piece)
    assert (told_frame.kind, told_frame.usage) == (kind, SPENT)
    silent = frame_of(piece, Scribe(silent=frozenset({name})))
    assert silent == Frame(FrameKind.PREAMBLE, b"", usage=SPENT)


def test_where_no_usage_came_none_is_claimed() -> None:
    assert [frame.usage for frame in frames_of(Began(), Said("a"), Stopped(Stop.END))] == [None, None, None]


def test_a_keep_alive_is_the_callers_own() -> None:
    assert frame_of(Pinged()) == Frame(FrameKind.PING, PING)


# -- tool calls


def test_a_call_that_begins_holds_the_stream_without_a_word() -> None:
    assert frame_of(Calling()) == Frame(FrameKind.TOOL, b"", holds=True)


def test_a_call_that_is_complete_holds_no_more() -> None:
    assert [frame.holds for frame in frames_of(Calling(), Called(WEATHER), Said("So"))] == [True, False, False]


def test_parallel_calls_hold_until_the_last_is_complete() -> None:
    frames = frames_of(Calling(), Calling(), Called(WEATHER, open_calls=1), Called(TIME), Stopped(Stop.TOOL))
    assert [frame.holds for frame in frames] == [True, True, True, False, False]


def test_a_call_that_was_cut_off_by_a_limit_holds_nothing_back() -> None:
    frames = frames_of(Calling(), Said("x"), Stopped(Stop.LENGTH), Done())
    assert [frame.holds for frame in frames] == [True, True, False, False]


@pytest.mark.parametrize("piece", [Said("x"), Pinged(), Thought(), Thought("x"), Refused("x"), Counted(Usage())])
def test_whatever_comes_while_a_call_is_open_is_held(piece: Piece) -> None:
    assert [frame.holds for frame in frames_of(Calling(), piece)] == [True, True]


def test_usage_of_which_the_caller_hears_nothing_is_held_too() -> None:
    frames = frames_of(Calling(), Counted(SPENT), scribe=Scribe(silent=frozenset({"counted"})))
    assert [frame.holds for frame in frames] == [True, True]


# -- thinking


def test_thinking_without_words_proves_that_the_model_works() -> None:
    assert frame_of(Thought()) == Frame(FrameKind.WORKING, b"")


@pytest.mark.parametrize("piece", [Thought("Hm"), Sealed(Thinking(text="Hm", seal="s"))], ids=["thought", "sealed"])
def test_thinking_that_the_caller_may_not_see_proves_it_too(piece: Piece) -> None:
    silent = Scribe(silent=frozenset({"thought", "sealed"}))
    assert frame_of(piece, silent) == Frame(FrameKind.WORKING, b"")


def test_sealed_thinking_is_tagged_with_the_upstream_that_made_it() -> None:
    frame = frame_of(Sealed(Thinking(text="Hm", seal="signature", hidden=True)))
    assert (frame.kind, frame.raw) == (FrameKind.THINKING, event(f"sealed {ISSUER} Hm signature True"))


def test_a_tag_names_the_issuer_and_changes_nothing_else() -> None:
    assert tagged(Thinking("", "Hm", "s", hidden=True), ISSUER) == Thinking(ISSUER, "Hm", "s", hidden=True)


# -- the end


def test_nothing_follows_the_terminal_marker() -> None:
    one = translator(Script([Said("a"), Done(), Said("b")], [Said("c")], last=[Said("d")]))
    assert [frame.kind for frame in one.feed(b"")] == [FrameKind.TEXT, FrameKind.END]
    assert (one.feed(b""), one.close()) == ([], [])


def test_nothing_follows_a_failure() -> None:
    one = translator(Script([Failed(OVERLOADED), Done()], last=[Done()]))
    assert [frame.kind for frame in one.feed(b"")] == [FrameKind.ERROR]
    assert one.close() == []


def test_a_failure_says_what_happened_and_no_word_of_the_other_dialect() -> None:
    frame = frame_of(Failed(OVERLOADED))
    assert (frame.kind, frame.raw) == (FrameKind.ERROR, b"")
    assert frame.fault == Fault(FaultKind.OVERLOAD, "busy", 529, "overloaded_error", 3.0)


def test_what_is_told_of_a_fault_has_neither_body_nor_headers() -> None:
    assert told(OVERLOADED) == Fault(FaultKind.OVERLOAD, "busy", 529, "overloaded_error", 3.0)


def test_what_was_still_whole_is_told_at_the_close() -> None:
    one = translator(Script([Said("a")], last=[Said("b"), Done()]))
    assert [frame.text for frame in one.feed(b"")] == ["a"]
    assert [frame.kind for frame in one.close()] == [FrameKind.TEXT, FrameKind.END]


def test_dropped_events_are_the_upstreams() -> None:
    assert translator(Script(dropped=3)).dropped == 3


# -- a stop reason and its usage


def test_usage_that_follows_the_stop_reason_is_told_with_it_however_the_bytes_are_cut() -> None:
    stop, counted = Stopped(Stop.END), Counted(Usage(3, 5))
    together = translator(Script([stop, counted, Done()]))
    apart = translator(Script([stop], [counted], [Done()]))
    expected = together.feed(b"")
    assert expected[0].usage == Usage(3, 5)
    assert apart.feed(b"") + apart.feed(b"") + apart.feed(b"") == expected


def test_a_stop_reason_without_usage_is_told_when_something_else_comes() -> None:
    told = translator(Script([Stopped(Stop.END)], [Done()]))
    assert told.feed(b"") == []
    assert [frame.kind for frame in told.feed(b"")] == [FrameKind.FINISH, FrameKind.END]


def test_a_stop_reason_that_waited_is_told_at_the_close() -> None:
    told = translator(Script([Stopped(Stop.END)]))
    assert told.feed(b"") == []
    assert [frame.kind for frame in told.close()] == [FrameKind.FINISH]
    assert told.close() == []
