"""Header fields as llhttp gives them, turned into ours."""

from collections.abc import Collection
from functools import lru_cache

from mainstay.model.http import Headers

RawFields = list[tuple[bytes, bytes]]

_OVERHEAD_BYTES = 4

_NAMES_KNOWN = 256
_KNOWN_NAME_BYTES_MAX = 64


def read_fields(raw: RawFields, noted_names: Collection[str], *, left_out: str = "") -> tuple[Headers, dict[str, str]]:
    """All fields in order, but for the name `left_out`; and those with a noted name once more, by name, repeated ones
    joined with a comma."""
    headers = []
    noted: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = _known_name(raw_name) if len(raw_name) <= _KNOWN_NAME_BYTES_MAX else _name(raw_name)
        value = raw_value.decode("latin-1").rstrip(" \t")
        if name in noted_names:
            noted[name] = f"{noted[name]},{value}" if name in noted else value
            if name == left_out:
                continue
        headers.append((name, value))
    return tuple(headers), noted


def field_bytes(raw: RawFields) -> int:
    """What the fields take on the wire, about."""
    return sum(len(name) + len(value) + _OVERHEAD_BYTES for name, value in raw)


def _name(raw: bytes) -> str:
    return raw.lower().decode("latin-1")


_known_name = lru_cache(maxsize=_NAMES_KNOWN)(_name)
"""The same few names come all the time, and looking one up is cheaper than lowering and decoding it."""
