"""The lease of the control plane in PostgreSQL: an advisory lock, and a row that says who holds it.

The lock is the server's, bound to one session: it is free as soon as that session ends, however it ends. The row beats
as long as its holder is well, so that others can tell a paused holder, whose session lives on, from a working one.
"""

from typing import Final

import msgspec

from mainstay.ledger.store.postgres import Limits, PostgresDatabase

LIMITS: Final = Limits(connect_seconds=2, answer_seconds=2.0, lock_seconds=1.0)
"""Shorter than a lease lasts, so that a holder knows in time that it cannot renew it."""

NAME: Final = "control"
LOCK: Final = 0x4D61_696E_7303

_CLAIM: Final = """WITH claim AS (SELECT pg_try_advisory_lock(?) AS got)
INSERT INTO lease(name, holder, backend, epoch, beat, renewed_at)
SELECT ?, ?, pg_backend_pid(), 1, 1, clock_timestamp() FROM claim WHERE got
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, backend = excluded.backend, epoch = lease.epoch + 1,
    beat = lease.beat + 1, renewed_at = excluded.renewed_at
RETURNING epoch"""

_RENEW: Final = (
    "UPDATE lease SET beat = beat + 1, renewed_at = clock_timestamp() "
    "WHERE name = ? AND epoch = ? AND backend = pg_backend_pid() RETURNING epoch"
)

# By the lock itself: the number of a session that the row names may be another's by now.
_DEPOSE: Final = """SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint = ? AND objid::bigint = ?
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()"""


class Sight(msgspec.Struct, frozen=True):
    """What can be seen of a lease. `epoch` grows with each change of holder, `beat` as long as the holder is well."""

    holder: str
    epoch: int
    beat: int


class LeaseRow:
    """One session that claims the lease, or holds it. Every method may raise `StoreError`; then close it."""

    def __init__(self, dsn: str, holder: str, limits: Limits = LIMITS) -> None:
        """Connect, making the store's tables if there are none. `holder` names us to operators. Raises `StoreError` or
        `NewerStoreError`."""
        self._holder = holder
        self._database = PostgresDatabase(dsn, limits=limits)

    def claim(self) -> int | None:
        """Take the lease if it is free; give its epoch, or `None`."""
        rows = self._database.rows(_CLAIM, (LOCK, NAME, self._holder))
        return int(rows[0][0]) if rows else None

    def renew(self, epoch: int) -> bool:
        """Beat. `False` if the lease is not ours any more."""
        return bool(self._database.rows(_RENEW, (NAME, epoch)))

    def look(self) -> Sight:
        """Who holds it."""
        rows = self._database.rows("SELECT holder, epoch, beat FROM lease WHERE name = ?", (NAME,))
        return Sight(*rows[0]) if rows else Sight("", 0, 0)

    def depose(self) -> None:
        """End the holder's session, which frees the lease."""
        self._database.rows(_DEPOSE, (LOCK >> 32, LOCK & 0xFFFF_FFFF))

    def close(self) -> None:
        """End our session, and with it our lease. Raises nothing."""
        self._database.close()
