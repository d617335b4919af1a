import pytest

from mainstay.gateway.repeating import HEADER, MarkedCaller
from mainstay.model.http import Reply
from tests.gateway.listener import Listener

Ends = list[tuple[str, int, int]]


def marked(caller: Listener) -> tuple[MarkedCaller, Ends]:
    ends: Ends = []
    return MarkedCaller(caller, "replayed", lambda *end: ends.append(end)), ends


@pytest.mark.parametrize(("status", "outcome"), [(200, "answered"), (503, "failed")])
def test_a_whole_answer_is_marked(status: int, outcome: str) -> None:
    caller = Listener()
    one, ends = marked(caller)
    one.reply(Reply(status, (("a", "b"),), b"body"))
    assert caller.answer == Reply(status, (("a", "b"), (HEADER, "replayed")), b"body")
    assert ends == [(outcome, status, 4)]


@pytest.mark.parametrize(
    ("end", "outcome", "size"), [("finish", "answered", 4), ("fail", "failed", 8), ("abort", "failed", 4)]
)
def test_a_stream_too(end: str, outcome: str, size: int) -> None:
    caller = Listener()
    one, ends = marked(caller)
    one.begin(200, (("a", "b"),))
    one.send(b"data")
    {"finish": one.finish, "fail": lambda: one.fail(b"last"), "abort": one.abort}[end]()
    assert caller.headers == (("a", "b"), (HEADER, "replayed"))
    assert (caller.end, ends) == (end, [(outcome, 200, size)])


def test_what_the_connection_says_is_passed_on() -> None:
    caller = Listener()
    one, ends = marked(caller)
    heard: list[str] = []
    one.on_left = lambda: heard.append("left")
    one.on_pause = lambda: heard.append("pause")
    one.on_resume = lambda: heard.append("resume")
    assert one.on_left is not None
    assert (one.on_pause, one.on_resume) == (caller.on_pause, caller.on_resume)
    caller.pause()
    caller.resume()
    caller.leave()
    assert (heard, ends) == (["pause", "resume", "left"], [("left", 0, 0)])


def test_who_leaves_unheard_is_told_of_once() -> None:
    caller = Listener()
    one, ends = marked(caller)
    caller.leave()
    one.abort()
    assert ends == [("left", 0, 0)]


def test_nobody_need_listen() -> None:
    caller = Listener()
    MarkedCaller(caller, "this machine only").reply(Reply(200, (), b""))
    assert caller.answer.headers == ((HEADER, "this machine only"),)
