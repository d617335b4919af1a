"""Writes the events of notices into the book, and keeps those that it does not take now."""

from collections import deque
from collections.abc import Callable
from typing import Final

from mainstay.control.book import Book, StaleError
from mainstay.ledger.errors import LedgerError
from mainstay.model.records import NoticeRecord, Record

UNWRITTEN_MAX: Final = 1_000
REST_SECONDS: Final = 10.0
"""A store that does not answer is not asked again for so long: people are told meanwhile."""


class Notebook:
    """Used by one thread."""

    def __init__(self, book: Book, write: Callable[[Record], None], clock: Callable[[], float]) -> None:
        """`write` puts a record into our own journal, for what the book will never take. `clock` is monotonic."""
        self._book = book
        self._write = write
        self._clock = clock
        self._unwritten: deque[tuple[str, int, NoticeRecord]] = deque()
        self._rest_until: float | None = None
        self.trouble = ""

    @property
    def is_resting(self) -> bool:
        """Whether the store did not answer a moment ago."""
        return self._rest_until is not None and self._clock() < self._rest_until

    @property
    def unwritten(self) -> int:
        """How many events wait for the store."""
        return len(self._unwritten)

    def append(self, stream: str, number: int, record: NoticeRecord) -> bool:
        """Write an event, now or when the store answers again; `False` if somebody else wrote this one first."""
        if not self._unwritten and not self.is_resting:
            try:
                self._book.append(stream, number, record)
            except StaleError:
                return False
            except LedgerError as error:
                self.rest(error)
            else:
                self.trouble = ""
                return True
        self._unwritten.append((stream, number, record))
        if len(self._unwritten) > UNWRITTEN_MAX:
            self._write(self._unwritten.popleft()[2])
        return True

    def flush(self) -> None:
        """Write what waits, as far as the store takes it."""
        while self._unwritten and not self.is_resting:
            stream, number, record = self._unwritten[0]
            try:
                self._book.append(stream, number, record)
            except StaleError:
                self._write(record)
            except LedgerError as error:
                self.rest(error)
                return
            self._unwritten.popleft()
            self.trouble = ""

    def settle(self) -> None:
        """Our end: what the store has not taken goes into the journal at least."""
        self.flush()
        while self._unwritten:
            self._write(self._unwritten.popleft()[2])

    def rest(self, error: LedgerError) -> None:
        """The store did not answer."""
        self.trouble = str(error)
        self._rest_until = self._clock() + REST_SECONDS
