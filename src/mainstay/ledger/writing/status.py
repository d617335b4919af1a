"""What a journal says of itself. Values only."""

import msgspec


class JournalStatus(msgspec.Struct, frozen=True):
    """What the journal says of itself: why it cannot write (or `None`), and counts of records.

    `full`: it takes more than its bound and none of it may be pruned, so nothing durable should be begun. `chain` holds
    the records up to number `sequence`, of which the store has those up to `shipped_sequence`. `bytes`: its disk.
    """

    trouble: str | None = None
    pending: int = 0
    written: int = 0
    dropped: int = 0
    full: bool = False
    chain: str = ""
    sequence: int = 0
    shipped_sequence: int = 0
    bytes: int = 0
