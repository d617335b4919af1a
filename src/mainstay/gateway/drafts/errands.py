"""Errands: short asynchronous work (a question to the shared store) for callers who work with callbacks."""

from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

from mainstay.gateway.shared.port import SharedTroubleError

ERRANDS_MAX: Final = 1_000
Answer = TypeVar("Answer")
Other = TypeVar("Other")
Work = Callable[[], Coroutine[Any, Any, Answer]]


class Task(Protocol):
    """Asynchronous work that is under way."""

    def cancel(self) -> object:
        """End it."""


class TaskLoop(Protocol):
    """What errands need of the event loop."""

    def create_task(self, coro: Coroutine[Any, Any, None], /) -> Task:
        """Begin work. It may, but need not, run before this returns."""


class Errands:
    """Every errand ends, is told to whoever asked, and never raises."""

    def __init__(self, loop: TaskLoop, report: Callable[[str], None]) -> None:
        """`report` takes one line for the operator."""
        self._loop = loop
        self._report = report
        self._tasks: dict[int, Task | None] = {}
        self._number = 0

    def ask(self, work: Work[Answer], done: Callable[[Answer | Other], None], otherwise: Other) -> None:
        """Do this and tell what came of it; `otherwise` where the shared store does not answer in its time."""
        if len(self._tasks) >= ERRANDS_MAX:
            done(otherwise)
            return
        self._number += 1
        number = self._number
        self._tasks[number] = None
        task = self._loop.create_task(self._run(number, work, done, otherwise))
        # The loop itself holds tasks weakly.
        if number in self._tasks:
            self._tasks[number] = task

    def close(self) -> None:
        """End what is under way; nobody is told any more."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            if task is not None:
                task.cancel()

    async def _run(
        self, number: int, work: Work[Answer], done: Callable[[Answer | Other], None], otherwise: Other
    ) -> None:
        answer: Answer | Other
        try:
            answer = await work()
        except SharedTroubleError:
            answer = otherwise
        except CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - whoever waits must hear something
            self._defect(error)
            answer = otherwise
        self._tasks.pop(number, None)
        try:
            done(answer)
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one exchange must not touch another
            self._defect(error)

    def _defect(self, error: Exception) -> None:
        self._report(f"drafts: a defect of ours: {type(error).__name__}: {error}")
