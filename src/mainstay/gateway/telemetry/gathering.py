"""Brings the records of an exchange together: its attempts end before it does."""

from collections import OrderedDict
from typing import Final

import msgspec

from mainstay.model.records import AttemptRecord, ExchangeRecord, Record

EXCHANGES_MAX: Final = 10_000
ATTEMPTS_MAX: Final = 100


class Gathered(msgspec.Struct, frozen=True):
    """One exchange that has ended, with its attempts in the order in which they ended."""

    exchange: ExchangeRecord
    attempts: tuple[AttemptRecord, ...]


class Gathering:
    """Used by one thread. Bounded: what waits longest is forgotten first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: OrderedDict[str, list[AttemptRecord]] = OrderedDict()
        self.forgotten = 0
        """Attempts whose exchange did not end while they were remembered."""

    def add(self, record: Record) -> Gathered | None:
        """Take a record; give the exchange that it completes, if it does."""
        match record:
            case AttemptRecord():
                self._keep(record)
                return None
            case ExchangeRecord():
                return Gathered(record, tuple(self._waiting.pop(record.id, ())))
            case _:
                return None

    def _keep(self, record: AttemptRecord) -> None:
        attempts = self._waiting.setdefault(record.exchange, [])
        if len(attempts) >= ATTEMPTS_MAX:
            self.forgotten += 1
            return
        attempts.append(record)
        if len(self._waiting) > EXCHANGES_MAX:
            _, oldest = self._waiting.popitem(last=False)
            self.forgotten += len(oldest)
