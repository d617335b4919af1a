"""A journal file and its disk in memory, and a clock that is set by hand: doubles for tests of the committer."""

import math
from collections.abc import Sequence
from pathlib import Path

from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.errors import UnwritableRecordError
from mainstay.ledger.examination import Remark
from mainstay.model.records import Record


class Disk:
    """Files and store in one, in memory. The next calls raise what stands in `opening`, `appending` and `moving`;
    errors in `answering` are raised after the batch has reached the disk."""

    def __init__(self) -> None:
        self.kept: list[Record] = []
        self.calls: list[str] = []
        self.opening: list[Exception] = []
        self.appending: list[Exception] = []
        self.answering: list[Exception] = []
        self.moving: list[Exception] = []
        self.looking: list[Exception] = []
        self.marks = Path("marks")
        self.remarks: list[Remark] = []
        self.head_trouble: str | None = None
        self.bytes = 0
        self.freed_bytes = 0

    @property
    def is_chained(self) -> bool:
        return bool(self.freed_bytes)

    def chain(self) -> Chain:
        return Chain("ch_1", "", 0, 0.0)

    def end(self) -> Anchor:
        return Anchor(len(self.kept), bytes(32))

    def digest_at(self, sequence: int) -> bytes | None:
        return bytes(32)

    def usage_bytes(self) -> int:
        self._fail(self.looking)
        return self.bytes

    def cut_log(self) -> None:
        pass

    def prune_up_to(self, sequence: int, before: float, segments_max: int) -> int:
        self.bytes -= self.freed_bytes
        return segments_max

    def take_remarks(self) -> list[Remark]:
        remarks, self.remarks = self.remarks, []
        return remarks

    def open(self) -> "Disk":
        self.calls.append("open")
        self._fail(self.opening)
        return self

    def set_aside(self) -> Path:
        self.calls.append("set aside")
        self._fail(self.moving)
        self.kept = []
        return Path("journal-0.damaged")

    def release(self) -> None:
        self.calls.append("release")

    def append(self, records: Sequence[Record]) -> int:
        self._fail(self.appending)
        for position, record in enumerate(records):
            if not math.isfinite(record.at):
                raise UnwritableRecordError(position, "its instant is nan")
        self.kept += records
        self._fail(self.answering)
        return len(self.kept)

    def last_sequence(self) -> int:
        return len(self.kept)

    def close(self) -> None:
        self.calls.append("close")

    def _fail(self, errors: list[Exception]) -> None:
        if errors:
            raise errors.pop(0)


class Clock:
    def __init__(self) -> None:
        self.now = 5_000.0

    def __call__(self) -> float:
        return self.now
