"""Threads that send. One that hangs is left behind after some seconds and hurts nobody else."""

from collections.abc import Callable, Hashable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

import msgspec

from mainstay.control.notices.message import Sent

CUT_SECONDS: Final = 10.0
SENDERS_MAX: Final = 16
CUT_OFF: Final = Sent(is_sent=False, text=f"no answer within {CUT_SECONDS:g} s")

Job = Callable[[], Sent]
Errand = TypeVar("Errand", bound=Hashable)


class Finished(msgspec.Struct, Generic[Errand], frozen=True):
    """An errand that ended, or was cut off. One that was cut off and succeeds in the end finishes again."""

    errand: Errand
    sent: Sent


class _Running(msgspec.Struct, Generic[Errand]):
    """An errand on its way. `thread` may outlive it where it hangs."""

    errand: Errand
    thread: Thread
    began_at: float


class Senders(Generic[Errand]):
    """Runs one errand for each target at a time, and not too many together. Used by one thread; `wake` is called by
    others."""

    def __init__(self, clock: Callable[[], float], wake: Callable[[], None]) -> None:
        """`clock` is monotonic, in seconds. `wake` is called when an errand has ended."""
        self._clock = clock
        self._wake = wake
        self._ended: SimpleQueue[tuple[Errand, Sent]] = SimpleQueue()
        self._running: dict[str, _Running[Errand]] = {}
        self._hanging: dict[str, _Running[Errand]] = {}

    def can_take(self, target: str) -> bool:
        """Whether an errand for this target can begin now."""
        return target not in self._running and len(self._running) < SENDERS_MAX

    def start(self, target: str, errand: Errand, job: Job) -> None:
        """Begin an errand that is like no other. `job` raises nothing. Where an earlier one for this target still
        hangs, it fails at once."""
        hanging = self._hanging.get(target)
        if hanging is not None and hanging.thread.is_alive():
            self._running[target] = _Running(errand, hanging.thread, self._clock())
            self._ended.put((errand, Sent(is_sent=False, text="an earlier try still hangs")))
            return
        # A daemon cannot hold up our leaving.
        thread = Thread(target=self._work, args=(errand, job), name="notice", daemon=True)
        self._running[target] = _Running(errand, thread, self._clock())
        thread.start()

    def finished(self) -> list[Finished[Errand]]:
        """Errands that have ended since the last call; those that took too long are cut off."""
        ended: dict[Errand, Sent] = {}
        while not self._ended.empty():
            errand, sent = self._ended.get()
            ended[errand] = sent
        return [*self._late(ended), *self._on_time(ended)]

    def _late(self, ended: dict[Errand, Sent]) -> list[Finished[Errand]]:
        found = []
        for target, running in tuple(self._hanging.items()):
            sent = ended.get(running.errand)
            if sent is not None:
                del self._hanging[target]
                found += [Finished(running.errand, sent)] if sent.is_sent else []
        return found

    def _on_time(self, ended: dict[Errand, Sent]) -> list[Finished[Errand]]:
        found = []
        for target, running in tuple(self._running.items()):
            sent = ended.get(running.errand)
            if sent is None and self._clock() - running.began_at < CUT_SECONDS:
                continue
            del self._running[target]
            if sent is None:
                self._hanging[target] = running
            found.append(Finished(running.errand, sent or CUT_OFF))
        return found

    @property
    def count(self) -> int:
        """How many run now."""
        return len(self._running)

    def _work(self, errand: Errand, job: Job) -> None:
        self._ended.put((errand, job()))
        self._wake()


class Bounded:
    """Runs single jobs for people who wait for them. May be used from any thread."""

    def __init__(self, most: int = SENDERS_MAX) -> None:
        """At most so many together, those that hang included."""
        self._most = most
        self._lock = Lock()
        self._count = 0

    def run(self, job: Job, seconds: float = CUT_SECONDS) -> Sent:
        """Run it for at most so many seconds."""
        with self._lock:
            if self._count >= self._most:
                return Sent(is_sent=False, text="too many tests run or hang; try again later")
            self._count += 1
        results: list[Sent] = []

        def work() -> None:
            results.append(job())
            with self._lock:
                self._count -= 1

        thread = Thread(target=work, name="notice-test", daemon=True)
        thread.start()
        thread.join(seconds)
        return results[0] if results else Sent(is_sent=False, text=f"no answer within {seconds:g} s")
