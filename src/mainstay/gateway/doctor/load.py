"""What was asked of each model in the last hour, from the journals of this machine's gateway: what a standby would have
to bear."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.schema import Stored, UnreadableRecordError
from mainstay.model.frame import Usage
from mainstay.model.records import ExchangeRecord

HOUR_SECONDS: Final = 3_600.0
MINUTE_SECONDS: Final = 60.0
RECORDS_MAX: Final = 20_000
"""Of each journal the newest so many exchanges are read. Where there are more, they cover less than the hour."""
DIALECTS_MAX: Final = 8


class Load(msgspec.Struct, frozen=True):
    """What was asked of one model within the last `seconds`. The busiest minutes of requests and of tokens may be
    different ones."""

    seconds: float
    exchanges: int
    usage: Usage
    requests_per_minute: int
    input_tokens_per_minute: int
    output_tokens_per_minute: int
    dialects: tuple[str, ...]
    """Those that callers spoke."""

    @property
    def tokens_per_minute(self) -> int:
        """Of both kinds, at most."""
        return self.input_tokens_per_minute + self.output_tokens_per_minute


class Loads(msgspec.Struct, frozen=True):
    """By model, as callers name it. `trouble` says what could not be read; empty: all could."""

    by_model: dict[str, Load]
    trouble: str = ""


class _Sum:
    """The load of a model while it is added up."""

    def __init__(self) -> None:
        self.minutes: dict[int, list[int]] = {}
        self.totals = [0, 0, 0, 0]
        self.dialects: dict[str, None] = {}

    def add(self, record: ExchangeRecord) -> None:
        minute = self.minutes.setdefault(int(record.at // MINUTE_SECONDS), [0, 0, 0])
        for place, amount in enumerate((1, record.input_tokens, record.output_tokens)):
            minute[place] += amount
        counted = (record.input_tokens, record.output_tokens, record.cached_tokens, record.cache_write_tokens)
        for place, amount in enumerate(counted):
            self.totals[place] += amount
        if len(self.dialects) < DIALECTS_MAX:
            self.dialects[record.dialect] = None

    def load(self, seconds: float) -> Load:
        requests, read, written = (max(minute[place] for minute in self.minutes.values()) for place in range(3))
        exchanges = sum(minute[0] for minute in self.minutes.values())
        input_tokens, output_tokens, cached, cache_write = self.totals
        usage = Usage(input_tokens, output_tokens, cached, cache_write_tokens=cache_write)
        return Load(seconds, exchanges, usage, requests, read, written, tuple(self.dialects))


def read_loads(state: Path, wall: float) -> Loads:
    """The loads of the hour before `wall` (seconds since 1970), from whatever can be read. Raises nothing. Answers that
    no provider gave (from the cache, given again) are no load."""
    sums: dict[str, _Sum] = {}
    seconds = HOUR_SECONDS
    trouble = ""
    for path in journal_paths(state):
        try:
            with ExitStack() as stack:
                rows = stack.enter_context(RecordReader(path)).newest_since(
                    "exchange", wall - HOUR_SECONDS, RECORDS_MAX
                )
        except LedgerError as error:
            trouble = str(error)
            continue
        if len(rows) >= RECORDS_MAX:
            seconds = max(MINUTE_SECONDS, min(seconds, wall - rows[0].at))
        for record in _exchanges(rows):
            sums.setdefault(record.model_asked, _Sum()).add(record)
    return Loads({model: added.load(seconds) for model, added in sums.items()}, trouble)


def _exchanges(rows: list[Stored]) -> list[ExchangeRecord]:
    found = []
    for row in rows:
        try:
            record = row.record()
        except UnreadableRecordError:
            continue
        if isinstance(record, ExchangeRecord) and record.attempts and not record.repeats:
            found.append(record)
    return found
