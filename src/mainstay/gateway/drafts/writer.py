"""The thread that may wait for the disk, so that the event loop never does.

Tasks are done in order, whatever has gathered at once; then `settle` brings to disk what must be there, and the event
loop hears of all of them in one call.
"""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import Final, Protocol, TypeVar

Done = Callable[[], None]
"""What is called in the event loop once a task and everything before it is done."""
Task = Callable[[], Done]
"""What is done in the thread."""
BATCH_TASKS: Final = 512
Answer = TypeVar("Answer")
Other = TypeVar("Other")


class ThreadsafeLoop(Protocol):
    """What the thread knows of the event loop."""

    def call_soon_threadsafe(self, callback: Callable[[list[Done]], None], done: list[Done], /) -> object:
        """Call in the event loop; raises `RuntimeError` once it is closed."""


class Writer:
    """One thread and its tasks."""

    def __init__(
        self,
        loop: ThreadsafeLoop,
        settle: Callable[[], None],
        report: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`settle` runs in the thread after each batch; `report` takes one line for the operator, from both sides."""
        self._loop = loop
        self._settle = settle
        self._report = report
        self._clock = clock
        self._tasks: deque[Task] = deque()
        self._wake = Event()
        self._closing = False
        self._busy_since: float | None = None
        self._thread = Thread(target=self._run, name="draft-writer", daemon=True)

    @property
    def busy_seconds(self) -> float:
        """How long the batch that runs now has been running."""
        since = self._busy_since
        return self._clock() - since if since is not None else 0.0

    def start(self) -> None:
        """Begin with the tasks that were put already."""
        self._thread.start()

    def put(self, *tasks: Task) -> None:
        """Do these after all others. Never blocks."""
        self._tasks.extend(tasks)
        self._wake.set()

    def ask(self, work: Callable[[], Answer], done: Callable[[Answer | Other], None], otherwise: Other) -> None:
        """Do this after all others, and tell in the event loop what came of it; `otherwise` where a defect of ours
        keeps it from coming to anything."""

        def task() -> Done:
            answer: Answer | Other
            try:
                answer = work()
            except Exception as error:  # noqa: BLE001 - whoever waits must hear something
                self._defect(error)
                answer = otherwise
            return partial(done, answer)

        self.put(task)

    def close(self, timeout_seconds: float) -> bool:
        """Finish what was put and stop; tell whether that came true in time."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        return not self._tasks and not self._thread.is_alive()

    def _run(self) -> None:
        while self._tasks or not self._closing:
            self._wake.wait()
            self._wake.clear()
            while self._tasks:
                self._batch()
            if self._closing:
                self._wake.set()

    def _batch(self) -> None:
        self._busy_since = self._clock()
        take = self._tasks.popleft
        done: list[Done] = []
        for _ in range(min(len(self._tasks), BATCH_TASKS)):
            try:
                done.append(take()())
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the only thread that writes
                self._defect(error)
        try:
            self._settle()
        except Exception as error:  # noqa: BLE001 - as above
            self._defect(error)
        self._busy_since = None
        try:
            self._loop.call_soon_threadsafe(self._tell, done)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            return

    def _tell(self, done: list[Done]) -> None:
        for one in done:
            try:
                one()
            except Exception as error:  # noqa: BLE001 - the others have to hear all the same
                self._defect(error)

    def _defect(self, error: Exception) -> None:
        self._report(f"drafts: a defect of ours: {type(error).__name__}: {error}")
