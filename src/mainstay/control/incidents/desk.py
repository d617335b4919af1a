"""The incident desk: opens incidents, writes their events, and gives them ready to show.

Several desks may work at once, in several processes: of two who decide at the same time, the second one is told what
the first did, and nothing is lost or doubled.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Final

import msgspec

from mainstay.control.book import Book, StaleError
from mainstay.control.incidents.shelf import PREFIX, Shelf
from mainstay.model.incident import IncidentEvent, IncidentStatus, Merged, Moved, Noted, Opened, Took
from mainstay.model.records import IncidentRecord
from mainstay.ops.incidents.cleaning import NAME_CHARACTERS_MAX, cleaned, incident_id, line, number_of
from mainstay.ops.incidents.rules import FUTURE_SECONDS, completed, inheritance, overtaken, refusal, time_refusal
from mainstay.ops.incidents.state import IncidentState, Refused
from mainstay.ops.incidents.words import instant

TRIES: Final = 50
"""Each failed try means that somebody else wrote something."""
KEYS_KEPT: Final = 500
"""A key is known for so many newest incidents."""
SEARCHED_CHARACTERS_MAX: Final = 200
KEY_DIGITS: Final = 32


class Author(msgspec.Struct, frozen=True):
    """Who does something: a person, `detection`, `playbook RUN` or `mainstay`; and how that is known, as in
    `IncidentRecord`."""

    by: str
    via: str = ""


class Terms(msgspec.Struct, frozen=True):
    """How an event is written. With `key` it is written once, however often it is asked for. `at`: when it happened,
    where that was before now. `seen`: the number of the last event that its author knew of."""

    key: str = ""
    at: float | None = None
    seen: int | None = None


NOW: Final = Terms()


class IncidentDesk:
    """May be used from any thread. Every method may raise `LedgerError`: the store does not answer now."""

    def __init__(self, book: Book, wall: Callable[[], float], next_id: Callable[[], str]) -> None:
        """`wall` gives seconds since 1970, `next_id` makes ids of records."""
        self._book = book
        self._wall = wall
        self._next_id = next_id
        self._shelf = Shelf(book)
        self._lock = RLock()

    def open(self, opened: Opened, author: Author, key: str = "") -> IncidentState | Refused:
        """Open an incident. The same key gives the same incident again."""
        event = cleaned(opened)
        wall = self._wall()
        if isinstance(event, Refused):
            return event
        if not 0 <= opened.started_at <= wall + FUTURE_SECONDS:
            return Refused(f"the trouble cannot have begun at {instant(opened.started_at)}", "name a time before now")
        record_id = _key_id("", key) if key else self._next_id()
        with self._lock:
            number = self._shelf.newest_number()
            if key and (known := self._opened_by(record_id, number)):
                return known
            for candidate in range(number + 1, number + 1 + TRIES):
                name = f"INC-{candidate}"
                if self._append(record_id, wall, name, 1, event, author):
                    return self._known(name)
                other = self._shelf.read(name)
                if key and other is not None and other.opening == record_id:
                    return other
        return _busy("incidents")

    def add(self, incident: str, event: IncidentEvent, author: Author, terms: Terms = NOW) -> IncidentState | Refused:
        """Write an event; give the incident after it, or why it may not be."""
        name, clean = incident_id(incident), cleaned(event)
        if isinstance(clean, Refused):
            return clean
        if name is None:
            return _unknown(incident)
        with self._lock:
            if isinstance(clean, Merged):
                return self._merge(name, clean, author, terms)
            return self._add(name, clean, author, terms)

    def read(self, incident: str) -> IncidentState | None:
        """The incident of this id as it is now; `None` if there is none."""
        name = incident_id(incident)
        if name is None:
            return None
        with self._lock:
            return self._shelf.read(name)

    def known(self) -> tuple[IncidentState, ...]:
        """All that are open and the latest others (up to `shelf.KNOWN_MAX`), the newest first."""
        with self._lock:
            return tuple(self._shelf.all())

    def current(self) -> tuple[IncidentState, ...]:
        """All that are open, the newest first."""
        return tuple(state for state in self.known() if state.is_open)

    def recent(self, limit: int = 50, before: str = "") -> tuple[IncidentState, ...]:
        """The newest ones, open or not, the newest first; with `before` those older than that one."""
        with self._lock:
            end = number_of(incident_id(before) or "") if before else self._shelf.newest_number() + 1
            found: list[IncidentState] = []
            for number in range(end - 1, 0, -1):
                state = self._shelf.peek(f"INC-{number}")
                found += [] if state is None else [state]
                if len(found) >= limit:
                    break
            return tuple(found)

    def search(self, words: str, limit: int = 50) -> tuple[IncidentState, ...]:
        """Those among `known` in which all of these words occur: title, texts, components, people."""
        wanted = words[:SEARCHED_CHARACTERS_MAX].casefold().split()
        matching = (state for state in self.known() if _has(state, wanted))
        return tuple(state for state, _ in zip(matching, range(limit), strict=False))

    def _add(self, name: str, event: IncidentEvent, author: Author, terms: Terms) -> IncidentState | Refused:
        wall, seen = self._wall(), terms.seen
        record_id = _key_id(name, terms.key) if terms.key else self._next_id()
        for _ in range(TRIES):
            state = self._shelf.read(name)
            if state is None:
                return _unknown(name)
            if terms.key and any(entry.id == record_id for entry in state.timeline):
                return state
            seen = state.number if seen is None else seen
            found = overtaken(state, event, seen) or self._refusal(state, event, terms.at, wall)
            if found is not None:
                return found
            at = max(wall, state.updated_at) if terms.at is None else terms.at
            steps = completed(state, event) if at >= _last_change(state) else (event,)
            is_last = len(steps) == 1
            step_id = record_id if is_last else self._next_id()
            if not self._append(step_id, at, name, state.number + 1, steps[0], author):
                continue
            if is_last:
                return self._known(name)
            seen = max(seen, state.number + 1)
        return _busy(name)

    def _refusal(self, state: IncidentState, event: IncidentEvent, at: float | None, wall: float) -> Refused | None:
        if at is None:
            return refusal(state, event)
        if not math.isfinite(at) or at < 0:
            return Refused("this is no time", "write it as 2026-03-02T11:45:00Z")
        return time_refusal(state, event, at, wall) or refusal(_as_of(state, event, at), event)

    def _merge(self, name: str, event: Merged, author: Author, terms: Terms) -> IncidentState | Refused:
        """Two incidents are to be changed. The one that goes on is told first: so two who merge them into each other
        at once cannot both succeed, and nothing is ever part of a circle."""
        other, target = self._shelf.read(name), self._shelf.read(event.into)
        if other is None or target is None:
            return _unknown(name if other is None else event.into)
        if terms.key and any(entry.id == _key_id(name, terms.key) for entry in other.timeline):
            return other
        found = _goes_on(target, name) or refusal(other, event)
        if found is None and name not in target.took:
            taken = self._add(event.into, Took(name), author, NOW)
            found = taken if isinstance(taken, Refused) else None
        if found is not None:
            return found
        if circle := self._takes(name, event.into):
            self._add(event.into, Noted(f"{name} was not merged into this: {circle} was first"), author, NOW)
            return Refused(f"{circle} goes on for {event.into} already", f"look at {circle}, then merge once more")
        for inherited in inheritance(other, target):
            self._add(event.into, inherited, author, NOW)
        return self._add(name, event, author, terms)

    def _takes(self, name: str, into: str) -> str:
        """Among what `name` goes on for, the incident that goes on for `into`; empty: none."""
        waiting, seen = [name], {name, into}
        while waiting:
            state = self._shelf.read(waiting.pop())
            if state is None:
                continue
            # What stands in the incident itself is judged when its event is written, which none can come before.
            if into in state.took and state.id != name:
                return state.id
            waiting += [one for one in state.took if one not in seen]
            seen |= set(state.took)
        return ""

    def _opened_by(self, record_id: str, newest: int) -> IncidentState | None:
        for number in range(newest, max(0, newest - KEYS_KEPT), -1):
            state = self._shelf.peek(f"INC-{number}")
            if state is not None and state.opening == record_id:
                return state
        return None

    def _append(self, record_id: str, at: float, name: str, number: int, event: IncidentEvent, author: Author) -> bool:
        """Write it if it is the next one of its incident; whether it was."""
        by = line(author.by)[:NAME_CHARACTERS_MAX]
        record = IncidentRecord(record_id, at, name, number, by, event, author.via)
        try:
            self._book.append(PREFIX + name, number, record)
        except StaleError:
            return False
        return True

    def _known(self, name: str) -> IncidentState | Refused:
        return self._shelf.read(name) or _unknown(name)


def _goes_on(target: IncidentState, name: str) -> Refused | None:
    """Why another incident cannot become part of this one."""
    if target.merged_into == name:
        return Refused(f"{target.id} is part of {name} already")
    if target.merged_into:
        return Refused(f"{target.id} goes on as part of {target.merged_into}", f"merge into {target.merged_into}")
    return None if target.is_open else Refused(f"{target.id} is resolved", f"reopen it first, or merge it into {name}")


def _as_of(state: IncidentState, event: IncidentEvent, at: float) -> IncidentState:
    """The incident as it was when a late event happened, as far as that decides whether it may be written."""
    if not isinstance(event, Moved):
        return state
    before = [IncidentStatus.INVESTIGATING, *(one.status for one in state.updates if one.at <= at)]
    return msgspec.structs.replace(state, status=before[-1])


def _last_change(state: IncidentState) -> float:
    return max((one.at for one in state.updates), default=0.0)


def _key_id(name: str, key: str) -> str:
    digest = hashlib.sha256(f"{name}\n{key}".encode()).hexdigest()
    return f"key_{digest[:KEY_DIGITS]}"


def _has(state: IncidentState, wanted: Sequence[str]) -> bool:
    parts = [state.id, state.title, *(one.component for one in state.affected)]
    parts += [text for entry in state.timeline for text in (entry.words, entry.by)]
    text = "\n".join(parts).casefold()
    return all(word in text for word in wanted)


def _unknown(name: str) -> Refused:
    return Refused(f"there is no incident {name[:20]!r}", "`mainstay incident list --all` shows all")


def _busy(name: str) -> Refused:
    return Refused(f"too many write to {name} at once", "try again")
