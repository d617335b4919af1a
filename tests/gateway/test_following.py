"""A caller who follows a draft, with a source that gives what the test puts into it."""

from collections import deque

import pytest

from mainstay.gateway.following import PULL_BYTES, Following
from tests.gateway.doubles import FakeCaller

SSE = (("content-type", "text/event-stream"),)
END = b""


class Spring:
    """A `Source`: what lies in it is pulled piece by piece; an empty piece is the end."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = deque(pieces)
        self.failed: object | None = None
        self.closed = 0
        self.asked_for: list[int] = []

    def pull(self, bytes_max: int) -> bytes | None:
        self.asked_for.append(bytes_max)
        return self.pieces.popleft() if self.pieces else None

    def close(self) -> None:
        self.closed += 1


class Stage:
    """A follower on a stage. What the caller is given, and when it is let go, stands in `happened`."""

    def __init__(self, *pieces: bytes) -> None:
        self.happened: list[str] = []
        self.caller = FakeCaller(self.happened)
        self.ending: bytes | None = b""
        self.spring = Spring(*pieces)
        self.following = Following(self.caller, lambda: self.happened.append("gone"))

    def start(self) -> "Stage":
        self.following.start(self.spring, 200, SSE, lambda: self.ending)
        return self

    def comes(self, *pieces: bytes) -> None:
        """Something new lies in the source, which wakes its follower."""
        self.spring.pieces.extend(pieces)
        self.following.pump()

    def pause(self) -> None:
        assert self.caller.on_pause is not None
        self.caller.on_pause()

    def resume(self) -> None:
        assert self.caller.on_resume is not None
        self.caller.on_resume()

    def leave(self) -> None:
        assert self.caller.on_left is not None
        self.caller.on_left()


def test_what_was_delivered_comes_first_then_what_comes() -> None:
    stage = Stage(b"a", b"b").start()
    assert stage.happened == ["begin 200", "send a", "send b"]
    assert stage.caller.headers == SSE
    stage.comes(b"c")
    assert stage.happened[3:] == ["send c"]
    assert not stage.following.is_over


def test_the_whole_draft_ends_cleanly_once_the_source_is_let_go() -> None:
    stage = Stage(b"a", END).start()
    assert stage.happened == ["begin 200", "send a", "gone", "finish"]
    assert stage.spring.closed == 1
    assert stage.following.is_over


def test_an_exchange_that_failed_ends_with_its_last_words() -> None:
    stage = Stage(b"a").start()
    stage.ending = b"event: error"
    stage.comes(END)
    assert stage.happened[2:] == ["gone", "fail event: error"]


def test_an_exchange_that_was_broken_off_has_no_clean_end() -> None:
    stage = Stage(b"a").start()
    stage.ending = None
    stage.comes(END)
    assert stage.happened[2:] == ["gone", "abort"]


def test_a_draft_that_cannot_be_read_to_its_end_is_no_clean_end() -> None:
    stage = Stage(b"a").start()
    stage.spring.failed = "unreadable"
    stage.comes(END)
    assert stage.happened[2:] == ["gone", "abort"]
    assert not stage.caller.finished


def test_no_more_is_asked_for_at_once_than_one_pull() -> None:
    assert set(Stage(b"a").start().spring.asked_for) == {PULL_BYTES}


def test_a_slow_caller_is_not_pushed() -> None:
    stage = Stage(b"a").start()
    stage.pause()
    stage.comes(b"b", b"c")
    assert list(stage.spring.pieces) == [b"b", b"c"], "it waits where it lies"
    stage.resume()
    assert stage.happened[2:] == ["send b", "send c"]


def test_a_caller_who_is_full_in_the_middle_is_given_the_rest_later() -> None:
    stage = Stage(b"a", b"b", END)
    stage.caller.while_sending = stage.pause
    stage.start()
    assert stage.happened == ["begin 200", "send a"]
    stage.resume()
    assert stage.happened[2:] == ["send b", "gone", "finish"]


def test_a_caller_who_leaves_is_given_nothing_more() -> None:
    stage = Stage(b"a").start()
    stage.leave()
    assert stage.happened[2:] == ["gone"]
    assert stage.spring.closed == 1
    stage.comes(b"b", END)
    assert stage.happened[3:] == []


def test_a_caller_who_leaves_while_something_is_sent_is_given_nothing_more() -> None:
    stage = Stage(b"a", b"b", END)
    stage.caller.while_sending = stage.leave
    stage.start()
    assert stage.happened == ["begin 200", "send a", "gone"]


def test_a_caller_who_left_before_the_beginning_needs_no_source() -> None:
    stage = Stage(b"a")
    stage.leave()
    stage.start()
    assert stage.happened == ["gone"]
    assert stage.spring.closed == 1


def test_a_caller_who_is_answered_otherwise_is_let_go_without_a_word() -> None:
    stage = Stage()
    stage.following.leave()
    assert stage.happened == ["gone"]
    assert stage.following.is_over


@pytest.mark.parametrize("ending", ["leave", "finish"])
def test_it_is_over_once_and_the_caller_is_free(ending: str) -> None:
    stage = Stage(b"a").start()
    if ending == "leave":
        stage.leave()
    else:
        stage.comes(END)
    stage.following.leave()
    assert stage.happened.count("gone") == 1
    assert stage.spring.closed == 1
    assert (stage.caller.on_left, stage.caller.on_pause, stage.caller.on_resume) == (None, None, None)


def test_a_pause_before_the_beginning_holds() -> None:
    stage = Stage(b"a")
    stage.pause()
    stage.start()
    assert stage.happened == ["begin 200"]
    stage.resume()
    assert stage.happened == ["begin 200", "send a"]


def test_somebody_else_may_say_how_it_ends() -> None:
    stage = Stage(b"a").start()
    stage.following.ends_with(lambda: b"last words")
    stage.comes(END)
    assert stage.happened[-2:] == ["gone", "fail last words"]
