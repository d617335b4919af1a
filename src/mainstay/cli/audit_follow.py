"""`mainstay audit tail --follow`: records as they are written, by looking into the journals again and again.

A follower lives longer than what it follows: gateways restart, journals are migrated, pruned, set aside and begun anew.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from mainstay.ledger.errors import LedgerError, StoreError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.schema import Stored

PAUSE_SECONDS: Final = 0.5
ROWS: Final = 1_000
"""Records that are read of one journal at once."""

WAITING_EXCHANGES_MAX: Final = 10_000
"""Exchanges of which attempts are held until they end."""

Show = Callable[[Sequence[Stored]], None]


class Follower:
    """Gives the records of a state folder's journals that are written from now on."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        """`tell` takes one line about a journal that cannot be read; each is told once."""
        self._folder = folder
        self._tell = tell
        self._positions: dict[str, tuple[str, int]] = {}
        self._troubles: dict[str, str] = {}
        self._skipped: set[str] = set()
        for path in journal_paths(folder):
            self._begin(path)

    def skip(self, rows: Sequence[Stored]) -> None:
        """Leave out these records, which have been shown."""
        self._skipped = {row.id for row in rows}

    def poll(self) -> list[Stored]:
        """Records since the last call, in order of their instants; at most `ROWS` of each journal. Raises nothing."""
        found: list[Stored] = []
        for path in journal_paths(self._folder):
            try:
                found += self._read(path)
                self._troubles.pop(path.name, None)
            except LedgerError as error:
                if self._troubles.get(path.name) != str(error):
                    self._troubles[path.name] = str(error)
                    self._tell(str(error))
        new = [row for row in found if row.id not in self._skipped]
        if not found:
            # What was shown before has been passed.
            self._skipped = set()
        return sorted(new, key=lambda row: (row.at, row.sequence))

    def _begin(self, path: Path) -> None:
        try:
            with RecordReader(path) as reader:
                self._positions[path.name] = _chain_of(reader), reader.last_sequence()
        except LedgerError:
            # Told by the first look.
            return

    def _read(self, path: Path) -> list[Stored]:
        with RecordReader(path) as reader:
            chain = _chain_of(reader)
            before, sequence = self._positions.get(path.name, (chain, 0))
            # A file that was migrated has got a chain and its old records; one of another chain begins anew.
            if before not in {chain, ""}:
                sequence = 0
            rows = reader.since(sequence, ROWS)
            self._positions[path.name] = chain, rows[-1].sequence if rows else sequence
            return rows


class Blocks:
    """Holds attempts back until their exchange has ended, so that both are shown together."""

    def __init__(self, show: Show) -> None:
        """`show` prints records that belong together."""
        self._show = show
        self._attempts: dict[str, list[Stored]] = {}

    def show(self, rows: Sequence[Stored]) -> None:
        """Show what is complete."""
        for row in rows:
            if row.kind == "attempt":
                self._attempts.setdefault(row.exchange, []).append(row)
                self._bound()
            else:
                its = self._attempts.pop(row.id, []) if row.kind == "exchange" else []
                self._show([*its, row])

    def _bound(self) -> None:
        if len(self._attempts) > WAITING_EXCHANGES_MAX:
            self._show(self._attempts.pop(next(iter(self._attempts))))


def run(follower: Follower, exchange: str | None, show: Show, pause: Callable[[float], object]) -> None:
    """Show what comes, of one exchange or of all, until Ctrl-C or until nobody reads our output any more."""
    try:
        while True:
            rows = follower.poll()
            show([row for row in rows if exchange in {None, row.exchange, row.id}])
            if len(rows) < ROWS:
                pause(PAUSE_SECONDS)
    except (KeyboardInterrupt, BrokenPipeError):
        return


def _chain_of(reader: RecordReader) -> str:
    """The chain's name; empty for a file that has not been migrated."""
    try:
        return reader.chain().id
    except StoreError:
        return ""
