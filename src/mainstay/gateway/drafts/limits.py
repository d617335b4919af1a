"""The bounds of the draft store."""

from typing import Final

import msgspec

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


class DraftLimits(msgspec.Struct, frozen=True):
    """How long, how much and how often.

    `keep_seconds` counts from the last write. `bytes_max` bounds all files together, `exchange_bytes_max` what was
    delivered of one exchange: a longer one cannot be resumed. `memory_bytes_max` is what a running draft holds for
    those who follow it, `held_bytes_max` what all of them hold together before they rely on their files alone.
    `pending_bytes_max` is what may wait for a slow disk. A draft that is not durable is handed to the disk after
    `linger_seconds` or `batch_bytes`: so much a killed process may lose of it. Of a durable draft a killed process
    loses nothing that was called written; a power failure loses up to `sync_seconds` of the delivered bytes.
    `mirror_bytes_max` bounds what this process has in a shared store.
    """

    keep_seconds: float = 86_400.0
    bytes_max: int = GIB
    exchange_bytes_max: int = 64 * MIB
    memory_bytes_max: int = MIB
    held_bytes_max: int = 256 * MIB
    pending_bytes_max: int = 128 * MIB
    batch_bytes: int = 64 * KIB
    linger_seconds: float = 0.25
    sync_seconds: float = 1.0
    sweep_seconds: float = 60.0
    disk_patience_seconds: float = 5.0
    mirror_bytes_max: int = 256 * MIB


USUAL_LIMITS: Final = DraftLimits()
