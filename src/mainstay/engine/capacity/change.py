"""A change of capacity that is worth a record."""

import msgspec


class CapacityChange(msgspec.Struct, frozen=True):
    """See `model.records.CapacityRecord`."""

    what: str
    state: str
    reason: str
