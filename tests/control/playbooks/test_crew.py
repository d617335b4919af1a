"""Who does effects."""

from threading import Event

from mainstay.control.playbooks.crew import InlineCrew, ThreadCrew
from mainstay.ops.playbooks.outcomes import Done, Failed

PATIENCE_SECONDS = 10.0


def test_at_once() -> None:
    flight = InlineCrew().send(lambda: Done("x"))
    assert flight is not None
    assert flight.result() == Done("x")


def test_in_a_thread_with_a_word_at_the_end() -> None:
    woken, go = Event(), Event()
    crew = ThreadCrew(woken.set)

    def effect() -> Done:
        go.wait(PATIENCE_SECONDS)
        return Done("x")

    flight = crew.send(effect)
    assert flight is not None
    assert flight.result() is None
    go.set()
    assert woken.wait(PATIENCE_SECONDS)
    assert flight.result() == Done("x")


def test_so_many_at_once_those_that_hang_among_them() -> None:
    woken, go = Event(), Event()
    crew = ThreadCrew(woken.set, hands_max=1)

    def hangs() -> Done:
        go.wait(PATIENCE_SECONDS)
        return Done()

    assert crew.send(hangs) is not None
    assert crew.send(Done) is None
    go.set()
    assert woken.wait(PATIENCE_SECONDS)
    assert crew.send(Done) is not None


def test_whatever_is_raised_is_a_failure_and_frees_the_hand() -> None:
    woken = Event()
    crew = ThreadCrew(woken.set, hands_max=1)

    def broken() -> Done:
        raise KeyboardInterrupt("oh")

    flight = crew.send(broken)
    assert woken.wait(PATIENCE_SECONDS)
    assert flight is not None
    assert flight.result() == Failed("KeyboardInterrupt: oh", may_have_acted=True)
    assert crew.send(Done) is not None
