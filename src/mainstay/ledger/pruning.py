"""How old records leave a journal: in small slices, from its beginning, and so that the chain still verifies.

What was pruned leaves its last hash behind, the *anchor*, signed. The pages become free and are used again; the file
itself does not shrink, for to move its pages would cost more than the space is worth.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.connection import transaction
from mainstay.ledger.errors import DamagedStoreError

State = Callable[[Chain, Anchor], str]
"""Signs that a place is in a chain."""


def prune(connection: sqlite3.Connection, chain: Chain, bounds: tuple[int, float, int], state: State | None) -> int:
    """Delete the oldest segments within these bounds: no record after the first number, none at the instant (seconds
    since 1970) or later, so many segments at most. The newest segment stays. Give how many were deleted.

    Raises `sqlite3.Error`, and `DamagedStoreError` where the hash that would be left behind is not the next one's.
    """
    sequence, before, segments_max = bounds
    rows = connection.execute(
        "SELECT first_sequence, first_sequence + records - 1, last_at, previous, digest FROM segment "
        "ORDER BY first_sequence LIMIT ?",
        (segments_max + 1,),
    ).fetchall()
    count = 0
    while count < len(rows) - 1 and rows[count][1] <= sequence and rows[count][2] < before:
        count += 1
    if not count:
        return 0
    first, last, _last_at, _previous, digest = rows[count - 1]
    if rows[count][0] != last + 1 or rows[count][3] != digest:
        raise DamagedStoreError(f"the records up to {last} are not followed by the next ones, none is pruned")
    anchor = Anchor(last, digest)
    with transaction(connection):
        connection.execute("DELETE FROM segment WHERE first_sequence <= ?", (first,))
        connection.execute("UPDATE chain SET anchor_sequence = ?, anchor_digest = ?", (last, digest))
        connection.execute("DELETE FROM checkpoint WHERE sequence < ?", (last,))
        if state is not None:
            connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", (last, state(chain, anchor)))
    return count


def usage_bytes(connection: sqlite3.Connection, path: Path) -> int:
    """What the records take on disk: the pages in use, and the write-ahead log. Raises `sqlite3.Error`."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    log = 0
    with suppress(OSError):
        log = Path(f"{path}-wal").stat().st_size
    return (pages - free) * size + log


def cut_log(connection: sqlite3.Connection) -> None:
    """Bring the write-ahead log into the file and cut it to nothing, unless somebody reads. Raises `sqlite3.Error`."""
    wait = int(connection.execute("PRAGMA busy_timeout").fetchone()[0])
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {wait}")
