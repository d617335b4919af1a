"""Threads that send: one for each target, few together, and those that hang are left behind."""

from threading import Event

import pytest

from mainstay.control.notices.message import Sent
from mainstay.control.notices.senders import CUT_OFF, CUT_SECONDS, SENDERS_MAX, Bounded, Finished, Senders

OK = Sent(is_sent=True)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Crew:
    """Senders with a clock that is turned by hand."""

    def __init__(self) -> None:
        self.clock, self.woken = Clock(), Event()
        self.senders: Senders[str] = Senders(self.clock, self.woken.set)
        self.gate = Event()

    def hang(self) -> Sent:
        self.gate.wait(60)
        return OK

    def finished(self) -> list[Finished[str]]:
        assert self.woken.wait(10)
        self.woken.clear()
        return self.senders.finished()


@pytest.fixture
def crew() -> Crew:
    return Crew()


def test_an_errand_ends_with_its_outcome(crew: Crew) -> None:
    crew.senders.start("chat", "errand", lambda: OK)
    assert crew.finished() == [Finished("errand", OK)]
    assert crew.senders.count == 0


def test_a_target_has_one_errand_at_a_time(crew: Crew) -> None:
    crew.senders.start("chat", "errand", crew.hang)
    assert not crew.senders.can_take("chat")
    assert crew.senders.can_take("pager")
    crew.gate.set()
    crew.finished()
    assert crew.senders.can_take("chat")


def test_few_run_together(crew: Crew) -> None:
    for number in range(SENDERS_MAX):
        crew.senders.start(f"target-{number}", f"errand-{number}", crew.hang)
    assert not crew.senders.can_take("another")
    crew.clock.now = CUT_SECONDS
    assert len(crew.senders.finished()) == SENDERS_MAX
    assert crew.senders.can_take("another")
    crew.gate.set()


def test_what_takes_too_long_is_cut_off_and_heard_if_it_succeeds_after_all(crew: Crew) -> None:
    crew.senders.start("chat", "errand", crew.hang)
    crew.clock.now = CUT_SECONDS - 0.1
    assert crew.senders.finished() == []
    crew.clock.now = CUT_SECONDS
    assert crew.senders.finished() == [Finished("errand", CUT_OFF)]
    crew.gate.set()
    assert crew.finished() == [Finished("errand", OK)]
    assert crew.senders.finished() == []


def test_what_fails_late_is_not_heard_again(crew: Crew) -> None:
    def fail() -> Sent:
        crew.gate.wait(60)
        return Sent(is_sent=False, text="late")

    crew.senders.start("chat", "errand", fail)
    crew.clock.now = CUT_SECONDS
    crew.senders.finished()
    crew.gate.set()
    assert crew.finished() == []


def test_while_one_hangs_the_next_fails_at_once(crew: Crew) -> None:
    crew.senders.start("chat", "first", crew.hang)
    crew.clock.now = CUT_SECONDS
    crew.senders.finished()
    crew.senders.start("chat", "second", lambda: OK)
    assert crew.senders.finished() == [Finished("second", Sent(is_sent=False, text="an earlier try still hangs"))]
    crew.gate.set()
    assert [one.errand for one in crew.finished()] == ["first"]
    crew.senders.start("chat", "third", lambda: OK)
    assert crew.finished() == [Finished("third", OK)]


def test_a_job_that_somebody_waits_for_is_cut_too() -> None:
    gate = Event()
    bounded = Bounded(most=1)

    def hang() -> Sent:
        gate.wait(60)
        return OK

    assert bounded.run(lambda: OK, 10.0) == OK
    assert bounded.run(hang, 0.01) == Sent(is_sent=False, text="no answer within 0.01 s")
    assert bounded.run(lambda: OK, 10.0).text == "too many tests run or hang; try again later"
    gate.set()
