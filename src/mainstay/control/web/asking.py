"""Asking desks, which may block and may not answer, for pages that must answer in any case."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool

from mainstay.control.status_page.subscribers import SubscribersError
from mainstay.ledger.errors import LedgerError

ANSWER_SECONDS: Final = 3.0
"""A question that takes longer is given up by the page; its thread ends by itself."""
LONG_SECONDS: Final = 60.0
"""For reports and for whatever changes something."""
QUESTIONS_MAX: Final = 80
WORDS_MAX: Final = 300

T = TypeVar("T")


class Unanswered(msgspec.Struct, frozen=True):
    """There is no answer now; the words say why, without secrets."""

    words: str


class Asker:
    """Asks in threads, so many questions at once at most."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._running = 0

    async def ask(self, question: Callable[[], T], seconds: float = ANSWER_SECONDS) -> T | Unanswered:
        """The answer, or why there is none. Other errors than a store's, a disk's or time's are raised."""
        if self._running >= QUESTIONS_MAX:
            return Unanswered("too many questions wait for an answer already; try again")
        self._running += 1
        task = asyncio.ensure_future(run_in_threadpool(question))
        task.add_done_callback(self._done)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            return Unanswered(f"the store does not answer within {seconds:g} s")
        try:
            return task.result()
        except LedgerError as error:
            return Unanswered(f"the store does not answer: {str(error)[:WORDS_MAX]}")
        except (OSError, SubscribersError) as error:
            return Unanswered(str(error)[:WORDS_MAX])

    def _done(self, task: "asyncio.Future[T]") -> None:
        self._running -= 1
        # An error that nobody waits for any more is looked at here, or Python complains about it.
        if not task.cancelled():
            task.exception()
