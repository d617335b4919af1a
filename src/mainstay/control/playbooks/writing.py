"""Writing: the next event of a run into the book. Of two writers one is told to look again."""

import hashlib
from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.control.book import Book, StaleError
from mainstay.control.playbooks.index import RUN_PREFIX, RunIndex
from mainstay.model.playbook import Playbook, RunBegan, RunEvent
from mainstay.model.records import RunRecord
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.triggers import Subject

TRIES_MAX: Final = 1_000


class Author(msgspec.Struct, frozen=True):
    """Who writes, and how that is known: `local`, `provider`, `command-line`, `open`, `trigger` or `runner`."""

    by: str
    via: str


RUNNER: Final = Author("mainstay", "runner")
TRIGGER: Final = Author("mainstay", "trigger")


class Pen:
    """Writes into the book, and tells the index. Methods may raise `LedgerError`."""

    def __init__(self, book: Book, index: RunIndex, wall: Callable[[], float], next_id: Callable[[], str]) -> None:
        """`wall` gives seconds since 1970; `next_id` makes ids of records."""
        self._book = book
        self._index = index
        self._wall = wall
        self._next_id = next_id

    def write(self, state: RunState, event: RunEvent, author: Author) -> None:
        """Write the event as the next of the run. Raises `StaleError` if somebody else was first."""
        self._append(self._record(state.run, state.number + 1, event, author))

    def begin(self, began: RunBegan, author: Author, why_not: Callable[[], str]) -> RunState | str:
        """Begin a run under the next name; or say why none begins. `why_not` is asked again each time that another run
        came before: names are given one after the other, so nobody who looks can miss one."""
        for _ in range(TRIES_MAX):
            if refusal := why_not():
                return refusal
            name = self._index.next_name()
            try:
                self._append(self._record(name, 1, began, author))
            except StaleError:
                self._index.read(name)
                continue
            state = self._index.get(name)
            if state is not None:
                return state
        return "too many runs begin at once; try again"

    def _record(self, run: str, number: int, event: RunEvent, author: Author) -> RunRecord:
        return RunRecord(self._next_id(), self._wall(), run, number, author.by, event, author.via)

    def _append(self, record: RunRecord) -> None:
        self._book.append(RUN_PREFIX + record.run, record.number, record)
        self._index.take(record)


def began_of(playbook: Playbook, subject: Subject, occasion: str) -> RunBegan:
    """The first event of a run: the whole playbook as it is now, and its hash."""
    return RunBegan(
        playbook, sha256_of(playbook), subject.cause, occasion, subject.incident, subject.component, subject.credential
    )


def sha256_of(playbook: Playbook) -> str:
    """The hash of a playbook (hexadecimal): the same for the same content, however it was written."""
    return hashlib.sha256(msgspec.json.encode(playbook)).hexdigest()
