"""The key sets of issuers on disk, so that a gateway which starts while an issuer is down knows its keys."""

from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.auth.files import read_file
from mainstay.gateway.whole_file import replace_file
from mainstay.wire.digest import digest
from mainstay.wire.trust.key_set import KeySet, read_key_set

FILE_BYTES_MAX: Final = 4_194_304
_NAME_CHARACTERS: Final = 32


class KeptKeys(msgspec.Struct, frozen=True):
    """A key set as it was given, and when, in seconds since 1970."""

    issuer: str
    fetched_at: float
    key_set: str


def issuer_path(state: Path, issuer: str, keys_url: str) -> Path:
    """Where the keys of an issuer are kept."""
    return state / "keys" / "issuers" / f"{digest(f'{issuer} {keys_url}', _NAME_CHARACTERS)}.json"


def read_kept(path: Path, issuer: str) -> tuple[KeySet, float] | None:
    """The keys that are kept of this issuer and when they were fetched; `None` where there are none that can be used.
    Raises nothing."""
    try:
        kept = msgspec.json.decode(read_file(path, FILE_BYTES_MAX), type=KeptKeys)
    except (OSError, ValueError, RecursionError):
        return None
    keys = read_key_set(kept.key_set.encode("utf-8", "surrogatepass")) if kept.issuer == issuer else ""
    return None if isinstance(keys, str) else (keys, kept.fetched_at)


def keep(path: Path, kept: KeptKeys) -> None:
    """Keep a key set. Raises `OSError`."""
    replace_file(path, msgspec.json.encode(kept))
