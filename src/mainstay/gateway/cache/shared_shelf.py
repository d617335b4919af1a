"""Kept answers among replicas, in Valkey or Redis: sealed, each with an end, none larger than a megabyte.

A key is `mainstay:cache:TENANT:MODEL:NAME`, tags and a keyed hash, so that answers can be purged by tenant and model.
In front of the sealed bytes stands when the answer was stored.
"""

import struct
from typing import Final

from mainstay.gateway.cache.answer_file import Purge
from mainstay.gateway.cache.sealing import Sealing
from mainstay.gateway.shared.port import Shared

PREFIX: Final = "mainstay:cache:"
VALUE_BYTES_MAX: Final = 1024 * 1024
SCAN_COUNT: Final = 500
SCANS_MAX: Final = 1_000_000
"""A store of more than so many pages of keys is not ours."""
_STORED_AT: Final = struct.Struct(">d")


class SharedShelf:
    """Every method may raise `SharedTroubleError`."""

    def __init__(self, shared: Shared, sealing: Sealing) -> None:
        """`sealing` must have the key that all replicas have."""
        self._shared = shared
        self._sealing = sealing

    def key(self, tenant: str, model: str, name: bytes) -> str:
        """Where an answer is kept."""
        return f"{PREFIX}{self._sealing.tag(tenant)}:{self._sealing.tag(model)}:{name.hex()}"

    async def get(self, key: str) -> bytes | None:
        """The sealed bytes of an answer."""
        value = await self._shared.call("GET", key)
        return value[_STORED_AT.size :] if isinstance(value, bytes) and len(value) > _STORED_AT.size else None

    async def put(self, key: str, sealed: bytes, stored_at: float, keep_seconds: float) -> None:
        """Keep an answer for so long. One that is too large is not kept."""
        if len(sealed) <= VALUE_BYTES_MAX and keep_seconds > 0:
            value = _STORED_AT.pack(stored_at) + sealed
            await self._shared.call("SET", key, value, "PX", max(1, int(keep_seconds * 1000)))

    async def purge(self, purge: Purge) -> int:
        """Remove these answers; how many there were."""
        tenant = "*" if purge.tenant is None else self._sealing.tag(purge.tenant)
        model = "*" if purge.model is None else self._sealing.tag(purge.model)
        removed, cursor = 0, b"0"
        for _ in range(SCANS_MAX):
            page = await self._shared.call("SCAN", cursor, "MATCH", f"{PREFIX}{tenant}:{model}:*", "COUNT", SCAN_COUNT)
            if not (isinstance(page, list) and len(page) == 2):  # noqa: PLR2004 - a cursor and keys
                break
            found = [key for key in page[1] if isinstance(key, bytes)] if isinstance(page[1], list) else []
            for key in found:
                if purge.stored_before is None or await self._is_older(key, purge.stored_before):
                    await self._shared.call("UNLINK", key)
                    removed += 1
            cursor = page[0] if isinstance(page[0], bytes) else b"0"
            if cursor == b"0":
                break
        return removed

    async def _is_older(self, key: bytes, stored_before: float) -> bool:
        head = await self._shared.call("GETRANGE", key, 0, _STORED_AT.size - 1)
        if not isinstance(head, bytes) or len(head) != _STORED_AT.size:
            return True
        (stored_at,) = _STORED_AT.unpack(head)
        return bool(stored_at < stored_before)
