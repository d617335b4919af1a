"""What the store keeps of a record, read from its line. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from mainstay.ledger.chain import Chain, chained, verify_segment
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.schema import Segment, stored
from mainstay.ledger.store.errors import BrokenChainError
from mainstay.model.records import Record

CHARACTERS_MAX: Final = 200
"""Longest text of a column that is looked for. PostgreSQL's indexes take 2,704 bytes for one entry."""

CHAIN_ID_PREFIX: Final = "ch_"
_HEXADECIMAL: Final = frozenset("0123456789abcdef")


class Row(msgspec.Struct, frozen=True):
    """One record as it goes into the store. See `port.StoredRecord`."""

    sequence: int
    id: str
    kind: str
    exchange: str
    tenant: str
    at: float
    hash: bytes
    body: bytes


def checked_chain(chain: Chain) -> Chain:
    """The chain, if it is named as Mainstay names chains: names become file names and rows of a database.

    Raises `DamagedStoreError`.
    """
    if not is_chain_id(chain.id):
        raise DamagedStoreError(f"the chain is named {chain.id[:CHARACTERS_MAX]!r}, which is not a name of Mainstay's")
    texts = (chain.gateway, chain.follows)
    if any(indexed(text) != text for text in texts) or not 0 <= chain.worker < 2**31:
        raise DamagedStoreError(f"the chain {chain.id}: what it says of itself was altered")
    return chain


def is_chain_id(text: str) -> bool:
    """Whether this may be a chain's name."""
    digits = text.removeprefix(CHAIN_ID_PREFIX)
    return digits != text and 0 < len(digits) <= CHARACTERS_MAX and _HEXADECIMAL.issuperset(digits)


def rows_of(chain_id: str, segments: Sequence[Segment]) -> list[Row]:
    """The rows of consecutive segments, each of which must be sound and follow the one before it.

    Raises `BrokenChainError` naming the first record that is not.
    """
    rows: list[Row] = []
    for segment in segments:
        last = rows[-1] if rows else None
        flaw = verify_segment(segment, last.hash if last else segment.previous, last.sequence + 1 if last else None)
        if flaw is not None:
            raise BrokenChainError(chain_id, flaw.sequence, flaw.id, flaw.what)
        lines = segment.lines()
        digests = chained(segment.previous, lines)
        first = segment.first_sequence
        rows += map(row_of, range(first, first + len(lines)), lines, digests)
    return rows


def row_of(sequence: int, line: bytes, digest: bytes) -> Row:
    """The row of one line."""
    head = stored(sequence, line)
    tenant = indexed(_tenant_of(head.kind, line))
    return Row(sequence, indexed(head.id), indexed(head.kind), indexed(head.exchange), tenant, head.at, digest, line)


def indexed(text: str) -> str:
    """The text as an index takes it: itself, or the name of its hash where it is too long or holds what PostgreSQL's
    texts cannot."""
    if len(text) <= CHARACTERS_MAX and "\0" not in text:
        return text
    return f"sha256:{sha256(text.encode()).hexdigest()}"


class _Tenant(msgspec.Struct, frozen=True, gc=False):
    tenant: str | None = None


def _tenant_of(kind: str, line: bytes) -> str:
    """A record that does not name its tenant means the one that is its kind's default; most kinds have none."""
    if kind not in _DEFAULT_TENANTS:
        return ""
    try:
        tenant = _tenant_decoder.decode(line).tenant
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _DEFAULT_TENANTS[kind] if tenant is None else tenant


_tenant_decoder: Final[msgspec.json.Decoder[_Tenant]] = msgspec.json.Decoder(_Tenant)


def _default_tenants() -> dict[str, str]:
    """Kinds of records that have a tenant, and what it is where it is not written."""
    found = {}
    for kind in Record.__args__:
        for field in msgspec.structs.fields(kind):
            if field.name == "tenant":
                found[str(kind.__struct_config__.tag)] = field.default if isinstance(field.default, str) else ""
    return found


_DEFAULT_TENANTS: Final = _default_tenants()
