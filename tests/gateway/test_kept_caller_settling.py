"""The last word to the caller of a durable exchange waits for the exchange's records."""

from collections.abc import Callable

import pytest

from mainstay.gateway.kept_caller import KeptCaller
from tests.gateway.doubles import FakeCaller
from tests.gateway.test_kept_caller import ANSWER, SSE, WALL, PaperBook


class Slow:
    """An exchange whose records are on disk when `settle` says so."""

    def __init__(self, *, durable: bool = True) -> None:
        self.happened: list[str] = []
        self.waiting: list[Callable[[], object]] = []
        self.live = FakeCaller(self.happened)
        self.book = PaperBook(self.happened)
        self.kept = KeptCaller(self.live, self.book, durable=durable, wall=lambda: WALL, settled=self.waiting.append)

    def settle(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


@pytest.mark.parametrize("ending", ["finish", "fail error!"])
def test_a_durable_stream_ends_for_its_caller_when_it_is_recorded(ending: str) -> None:
    slow = Slow()
    slow.kept.begin(200, SSE)
    slow.kept.send(b"a")
    if ending == "finish":
        slow.kept.finish()
    else:
        slow.kept.fail(b"error!")
    slow.book.write()
    assert slow.happened[-1] == "send a"
    slow.settle()
    assert slow.happened[-1] == ending
    slow.kept._hand_on()
    assert (slow.waiting, slow.happened[-2:]) == ([], ["send a", ending])


def test_a_durable_answer_is_given_when_it_is_recorded() -> None:
    slow = Slow()
    slow.kept.reply(ANSWER)
    slow.book.write()
    assert slow.live.replies == []
    slow.settle()
    assert slow.live.replies == [ANSWER]


def test_a_caller_who_leaves_before_the_last_word_hears_nothing_more() -> None:
    slow = Slow()
    slow.kept.begin(200, SSE)
    slow.kept.finish()
    assert slow.live.on_left is not None
    slow.live.on_left()
    slow.settle()
    assert "finish" not in slow.happened


def test_others_wait_for_no_records() -> None:
    slow = Slow(durable=False)
    slow.kept.begin(200, SSE)
    slow.kept.finish()
    assert (slow.happened[-1], slow.waiting) == ("finish", [])
