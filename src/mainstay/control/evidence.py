"""Evidence: what happens on the control plane, as records for its journal.

Failed logins come from whoever can reach us, so they are bounded: beyond so many a minute they are counted, and one
record says how many there were.
"""

from collections.abc import Callable
from threading import Lock
from typing import Final, Literal

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.shipping.status import Finding
from mainstay.model.records import AccessRecord, AlertRecord, LeaseRecord, ProcessRecord, Record

FAILURES_PER_MINUTE: Final = 30
"""Failures of one kind that are written down one by one. Those at names of accounts are a kind of their own, so that
noise cannot hide them."""
MINUTE_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 5.0
ADDRESSES_MAX: Final = 1_000

NAME_CHARACTERS_MAX: Final = 100
ADDRESS_CHARACTERS_MAX: Final = 64
TEXT_CHARACTERS_MAX: Final = 500

Action = Literal[
    "login",
    "login-failed",
    "login-throttled",
    "logout",
    "person-added",
    "person-removed",
    "role-changed",
    "password-changed",
    "sessions-ended",
    "sessions-rotated",
    "key-added",
    "key-removed",
]
LeaseEvent = Literal["acts", "stands-by", "lost", "stopped"]

BOUNDED: Final = frozenset({"login-failed", "login-throttled"})


class Deed(msgspec.Struct, frozen=True):
    """Something that was done, or tried; see `model.records.AccessRecord`."""

    action: Action
    person: str
    by: str = ""
    via: str = ""
    address: str = ""
    detail: str = ""


class _Minute(msgspec.Struct):
    """Failures of one kind since an instant."""

    began_at: float
    written: int = 0
    more: int = 0
    addresses: set[str] = msgspec.field(default_factory=set)


class Evidence:
    """Makes records and hands them over. May be used from any thread; raises nothing that its callables do not."""

    def __init__(
        self,
        write: Callable[[Record], None],
        wall: Callable[[], float],
        clock: Callable[[], float],
        next_id: Callable[[], str],
    ) -> None:
        """`write` takes records, one at a time; `wall` gives seconds since 1970, `clock` seconds of a clock that no one
        sets; `next_id` makes ids of records."""
        self._write = write
        self._wall = wall
        self._clock = clock
        self._next_id = next_id
        self._lock = Lock()
        self._minutes: dict[tuple[Action, bool], _Minute] = {}

    def access(self, deed: Deed) -> None:
        """Write down what a person did."""
        with self._lock:
            if deed.action not in BOUNDED or self._is_within_bounds(deed):
                self._put(deed)

    def lease(self, event: LeaseEvent, holder: str, epoch: int, reason: str) -> None:
        """Write down what became of the lease."""
        with self._lock:
            about = (_cut(holder, NAME_CHARACTERS_MAX), event, epoch, _cut(reason, TEXT_CHARACTERS_MAX))
            self._write(LeaseRecord(self._next_id(), self._wall(), *about))

    def found(self, finding: Finding) -> None:
        """Write down what shipping has found."""
        message = f"chain {finding.chain}: {finding.message}" if finding.chain else finding.message
        with self._lock:
            cut = _cut(message, TEXT_CHARACTERS_MAX)
            self._write(AlertRecord(self._next_id(), finding.at, finding.kind, "", "", "", cut))

    def process(self, event: Literal["started", "stopped"], version: str, pid: int) -> None:
        """Write down that the control plane started or stopped."""
        with self._lock:
            self._write(ProcessRecord(self._next_id(), self._wall(), "control", event, version, pid))

    def settle(self, *, is_end: bool = False) -> None:
        """Write down how many failures were only counted, in minutes that are over; at our end in all."""
        with self._lock:
            now = self._clock()
            for kind, minute in tuple(self._minutes.items()):
                if is_end or now - minute.began_at >= MINUTE_SECONDS:
                    self._finish(kind, minute)

    def run(self, stop: StopSignal) -> None:
        """Settle again and again until `stop` is set, and then for the last time."""
        while not stop.wait(SETTLE_SECONDS):
            self.settle()
        self.settle(is_end=True)

    def _is_within_bounds(self, deed: Deed) -> bool:
        kind, now = (deed.action, bool(deed.person)), self._clock()
        minute = self._minutes.get(kind)
        if minute is not None and now - minute.began_at >= MINUTE_SECONDS:
            self._finish(kind, minute)
            minute = None
        if minute is None:
            minute = self._minutes[kind] = _Minute(now)
        if minute.written < FAILURES_PER_MINUTE:
            minute.written += 1
            return True
        minute.more += 1
        if len(minute.addresses) < ADDRESSES_MAX:
            minute.addresses.add(deed.address[:ADDRESS_CHARACTERS_MAX])
        return False

    def _finish(self, kind: tuple[Action, bool], minute: _Minute) -> None:
        del self._minutes[kind]
        if minute.more:
            action, is_known = kind
            seconds = round(self._clock() - minute.began_at)
            whose = "at names of accounts" if is_known else "at names that no account has"
            places = f"{len(minute.addresses)}{' or more' if len(minute.addresses) == ADDRESSES_MAX else ''}"
            self._put(Deed(action, "", detail=f"{minute.more} more in {seconds} s {whose}, from {places} addresses"))

    def _put(self, deed: Deed) -> None:
        self._write(
            AccessRecord(
                self._next_id(),
                self._wall(),
                _cut(deed.person, NAME_CHARACTERS_MAX),
                deed.action,
                _cut(deed.by, NAME_CHARACTERS_MAX),
                deed.via,
                _cut(deed.address, ADDRESS_CHARACTERS_MAX),
                _cut(deed.detail, TEXT_CHARACTERS_MAX),
            )
        )


def _cut(text: str, characters_max: int) -> str:
    return "".join(character for character in text[:characters_max] if character.isprintable())
