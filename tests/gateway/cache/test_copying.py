"""Copies of answers, and the callers that make them."""

import pytest

from mainstay.gateway.cache import copying
from mainstay.gateway.cache.copying import Absentee, Copy, CopyingCaller
from mainstay.gateway.driver import Caller
from mainstay.model.http import Headers, Reply
from tests.gateway.listener import Listener

HEADERS: Headers = (("content-type", "text/plain"),)


class Clock:
    now = 10.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def copy(clock: Clock) -> Copy:
    return Copy(clock)


def test_a_stream_is_copied_while_its_caller_hears_it(copy: Copy, clock: Clock) -> None:
    listener = Listener()
    caller = CopyingCaller(listener, copy)
    caller.begin(200, HEADERS)
    caller.send(b"a")
    caller.send(b"b")
    before = copy.is_whole
    clock.now += 3
    caller.finish()
    assert (copy.status, copy.headers, copy.parts, copy.seconds) == (200, HEADERS, [b"a", b"b"], 3.0)
    assert (before, copy.is_whole) == (False, True)
    assert (listener.body, listener.end) == (b"ab", "finish")
    assert listener.headers == (*HEADERS, ("x-mainstay-cache", "miss"))


def test_a_whole_answer_too(copy: Copy) -> None:
    listener = Listener()
    CopyingCaller(listener, copy).reply(Reply(200, HEADERS, b"body"))
    assert (copy.parts, copy.is_whole) == ([b"body"], True)
    assert listener.answer.body == b"body"


def test_what_stood_in_keeps_its_own_mark(copy: Copy) -> None:
    listener = Listener()
    stale: Headers = (("x-mainstay-cache", "stale"),)
    CopyingCaller(listener, copy).reply(Reply(200, stale, b"body"))
    assert listener.answer.headers == stale


@pytest.mark.parametrize("end", ["fail", "abort"])
def test_what_breaks_off_is_not_whole(copy: Copy, end: str) -> None:
    caller = CopyingCaller(Listener(), copy)
    caller.begin(200, HEADERS)
    caller.send(b"a")
    if end == "fail":
        caller.fail(b"last words")
    else:
        caller.abort()
    assert not copy.is_whole


def test_what_grows_too_large_is_let_go_and_still_heard(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "ANSWER_BYTES_MAX", 3)
    listener = Listener()
    caller = CopyingCaller(listener, copy)
    caller.begin(200, HEADERS)
    for _ in range(4):
        caller.send(b"x")
    caller.finish()
    assert (copy.parts, copy.is_whole) == ([], False)
    assert listener.body == b"xxxx"


def test_an_absentee_leaves_when_told_to(copy: Copy) -> None:
    left: list[bool] = []
    absentee = Absentee(copy)
    absentee.leave()
    absentee.on_left = lambda: left.append(True)
    absentee.leave()
    assert left == [True]


def test_what_was_over_at_once_is_handed_on(copy: Copy) -> None:
    absentee: Caller = Absentee(copy)
    absentee.reply(Reply(529, HEADERS, b"overloaded"))
    listener = Listener()
    assert isinstance(absentee, Absentee)
    assert absentee.hand_to(listener)
    assert listener.answer == Reply(529, HEADERS, b"overloaded")


@pytest.mark.parametrize("end", ["finish", "fail", "abort"])
def test_a_stream_that_was_over_at_once_too(copy: Copy, end: str) -> None:
    absentee = Absentee(copy)
    absentee.begin(200, HEADERS)
    absentee.send(b"a")
    if end == "fail":
        absentee.fail(b"!")
    elif end == "abort":
        absentee.abort()
    else:
        absentee.finish()
    listener = Listener()
    assert absentee.hand_to(listener)
    assert (listener.body, listener.end) == (b"a!" if end == "fail" else b"a", end)


def test_where_nothing_was_said_nothing_is_handed_on(copy: Copy) -> None:
    listener = Listener()
    assert not Absentee(copy).hand_to(listener)
    assert listener.end == ""
