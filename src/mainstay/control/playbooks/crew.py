"""The crew: does effects in threads of their own, so that one that hangs holds up no other run."""

from collections.abc import Callable
from threading import Lock, Thread
from typing import Final, Protocol

from mainstay.ops.playbooks.outcomes import Done, Failed

HANDS_MAX: Final = 16
"""So many effects at once, those that hang among them. Runs wait for a free hand."""


class Flight(Protocol):
    """An effect that is on its way."""

    def result(self) -> Done | Failed | None:
        """What came of it; `None` while it is on its way."""


class Landed:
    """One that has come to its end."""

    def __init__(self, result: Done | Failed) -> None:
        self._result = result

    def result(self) -> Done | Failed | None:
        """What came of it."""
        return self._result


class Crew(Protocol):
    """Whoever does effects."""

    def send(self, effect: Callable[[], Done | Failed]) -> Flight | None:
        """Begin it; `None` where nobody is free now."""


class InlineCrew:
    """Does them at once, for tests and simulations."""

    def send(self, effect: Callable[[], Done | Failed]) -> Flight | None:
        """Do it now."""
        return Landed(effect())


class ThreadCrew:
    """Does each in a thread. The threads are daemons: one that hangs cannot hold up our leaving."""

    def __init__(self, woken: Callable[[], None], hands_max: int = HANDS_MAX) -> None:
        """`woken` is called when one has come to its end."""
        self._woken = woken
        self._hands_max = hands_max
        self._busy = 0
        self._lock = Lock()

    def send(self, effect: Callable[[], Done | Failed]) -> Flight | None:
        """Begin it, if a hand is free."""
        with self._lock:
            if self._busy >= self._hands_max:
                return None
            self._busy += 1
        flight = _ThreadFlight()
        Thread(target=self._do, args=(effect, flight), name="playbook-effect", daemon=True).start()
        return flight

    def _do(self, effect: Callable[[], Done | Failed], flight: "_ThreadFlight") -> None:
        try:
            flight.landed = effect()
        except BaseException as error:  # noqa: BLE001 - without a result the run would wait for its time limit
            flight.landed = Failed(f"{type(error).__name__}: {error}", may_have_acted=True)
        finally:
            with self._lock:
                self._busy -= 1
            self._woken()


class _ThreadFlight:
    """One in a thread."""

    landed: Done | Failed | None = None

    def result(self) -> Done | Failed | None:
        return self.landed
