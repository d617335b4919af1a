"""What shipping says of itself. Values only."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """Something that an operator must know of a chain or of a journal file, found at `at` (seconds since 1970).

    `kind`: `store-lost-records`, `store-gap`, `store-disagrees`, `journal-broken`, `journal-unreadable`,
    `journal-behind-store`. `chain` is empty where a file does not even tell its chain.
    """

    kind: str
    chain: str
    message: str
    at: float


class ShippingStatus(msgspec.Struct, frozen=True):
    """How far the store is behind.

    `trouble` says why the store takes nothing now, or `None`. `chains` gives of each chain the last record that the
    store has and the last there is. `lag_seconds` is the age of the oldest record that waits; 0 if none does.
    `findings` are the newest ones, oldest first.
    """

    store: str = ""
    trouble: str | None = None
    chains: dict[str, tuple[int, int]] = {}
    lag_records: int = 0
    lag_seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
