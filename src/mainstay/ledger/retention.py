"""How long a journal keeps what it has, and how much disk it may take.

Only what the store has is pruned: records behind the mark, when they are old, or sooner when the file nears its bound.
Without a mark that agrees with the chain nothing is pruned, whatever that costs: above its bound the journal is *full*,
which the gateway answers by refusing durable work, and a quarter above it the journal takes no more records.
"""

import math
from pathlib import Path
from typing import Final, Protocol

import msgspec

from mainstay.ledger.chain import Chain
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.examination import MARK_ALERT, Known, Remark, contradiction
from mainstay.ledger.marks import Mark, read_mark

SLICE_SEGMENTS: Final = 64
"""Segments that are pruned at once: some ten milliseconds, in which nothing is committed. With a slice after every
commit a busy gateway is still pruned faster than it writes."""

PRUNE_SHARE: Final = 0.9
"""Above this share of its bound a journal is pruned of what the store has, however young it is."""

OVERFULL_SHARE: Final = 1.25
"""Above this multiple of its bound a journal takes no more."""


class RetentionLimits(msgspec.Struct, frozen=True):
    """What the store has is kept here for `keep_seconds` more, as long as the file and its log take no more than
    `bytes_max` together."""

    keep_seconds: float = 604_800.0
    bytes_max: int = 4_096_000_000


class Prunable(Known, Protocol):
    """A journal that may be pruned; `ledger.sqlite.RecordStore` in production. Every method may raise `LedgerError`."""

    @property
    def is_chained(self) -> bool:
        """Whether it has been migrated."""

    def chain(self) -> Chain:
        """Whose records these are."""

    def usage_bytes(self) -> int:
        """What the records take on disk."""

    def cut_log(self) -> None:
        """Let the write-ahead log take no disk."""

    def prune_up_to(self, sequence: int, before: float, segments_max: int) -> int:
        """Delete old segments; give how many were deleted."""


class Retention:
    """The rules above, for one journal file. Used by the thread that writes it."""

    def __init__(self, marks: Path, limits: RetentionLimits) -> None:
        """`marks` is the folder of marks."""
        self.bytes = 0
        """What the journal took on disk when it was looked at last."""
        self.shipped = 0
        """The store has the records up to this number, as far as the mark tells."""
        self.chain = ""
        """The chain's name."""
        self.is_full = False
        """Whether the journal takes more than its bound. It stays full until so much is pruned that it will not be so
        again in the next moment."""
        self._marks = marks
        self._limits = limits
        self._trusted: Mark | None = None
        self._seen: Mark | None = None
        self._distrust = ""
        self._told: str | None = None

    @property
    def is_overfull(self) -> bool:
        """Whether the journal takes so much that nothing more may be written."""
        return self.bytes > OVERFULL_SHARE * self._limits.bytes_max

    def tend(self, store: Prunable, wall: float) -> bool:
        """Look at file and mark, at `wall` seconds since 1970, and prune one slice if something may go. Tell whether
        there may be more to do. Raises `LedgerError`."""
        self.bytes = store.usage_bytes()
        mark = self._mark(store) if store.is_chained else None
        pruned = self._prune(store, mark, wall) if mark else 0
        if pruned:
            self.bytes = store.usage_bytes()
        if self.bytes > self._limits.bytes_max:
            # The log may have grown behind a reader, and is not pruned with the rest.
            store.cut_log()
            self.bytes = store.usage_bytes()
        share = self.bytes / self._limits.bytes_max
        self.is_full = share > 1.0 or (self.is_full and share > PRUNE_SHARE)
        return pruned == SLICE_SEGMENTS

    def take_remarks(self) -> list[Remark]:
        """Why the mark is not believed; once for each reason."""
        distrust, self._distrust = self._distrust, ""
        return [Remark(MARK_ALERT, f"nothing is pruned: {distrust}")] if distrust else []

    def _prune(self, store: Prunable, mark: Mark, wall: float) -> int:
        is_tight = self.bytes > PRUNE_SHARE * self._limits.bytes_max
        before = math.inf if is_tight else wall - self._limits.keep_seconds
        return store.prune_up_to(mark.sequence, before, SLICE_SEGMENTS)

    def _mark(self, store: Prunable) -> Mark | None:
        """The mark, if it agrees with what is here."""
        chain = store.chain().id
        if chain != self.chain:
            self.chain, self.shipped, self._seen, self._trusted = chain, 0, None, None
        try:
            mark = read_mark(self._marks, chain)
            # To compare costs a segment's hashes, so each mark is compared once.
            if mark == self._seen:
                return self._trusted
            reason = contradiction(store, "the store", mark.sequence, mark.digest) if mark else None
        except LedgerError as error:
            mark, reason = None, str(error)
        self._seen, self._trusted = mark, None if reason else mark
        self._distrust, self._told = ("" if reason == self._told else reason or ""), reason
        self.shipped = self._trusted.sequence if self._trusted else self.shipped
        return self._trusted
