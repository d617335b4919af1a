"""One record that was found, as a list shows it."""

from typing import Final

import msgspec

from mainstay.control.search.wish import Wish
from mainstay.ledger.store.port import StoredRecord


class Hit(msgspec.Struct, frozen=True):
    """A record, and of its fields what most kinds have; empty where it has none. `line` is the whole of it: JSON as it
    stands in the journal."""

    chain: str
    sequence: int
    id: str
    kind: str
    at: float
    exchange: str
    tenant: str
    line: str
    upstream: str = ""
    model: str = ""
    outcome: str = ""
    fault: str = ""
    status: int = 0
    seconds: float = 0.0
    cost_nanodollars: int | None = None
    hash: str = ""
    """The chain's hash after it, in hexadecimal digits."""


class _Line(msgspec.Struct, frozen=True):
    """The fields that are looked at, of records of whatever kind."""

    upstream: str = ""
    model: str = ""
    model_asked: str = ""
    model_served: str = ""
    outcome: str = ""
    fault: str = ""
    status: int = 0
    total_seconds: float = 0.0
    cost_nanodollars: int | None = None


_NOTHING: Final = _Line()
_decoder: Final = msgspec.json.Decoder(_Line)


def hit_of(row: StoredRecord, wish: Wish) -> Hit | None:
    """The record, if it is one that was wished for."""
    try:
        line = _decoder.decode(row.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        line = _NOTHING
    if not _is_wished(line, wish):
        return None
    return Hit(
        chain=row.chain,
        sequence=row.sequence,
        id=row.id,
        kind=row.kind,
        at=row.at,
        exchange=row.exchange,
        tenant=row.tenant,
        line=row.body.decode(errors="replace"),
        upstream=line.upstream,
        model=line.model or line.model_served or line.model_asked,
        outcome=line.outcome,
        fault=line.fault,
        status=line.status,
        seconds=line.total_seconds,
        cost_nanodollars=line.cost_nanodollars,
        hash=row.hash.hex(),
    )


def _is_wished(line: _Line, wish: Wish) -> bool:
    """Whether the fields say what was looked for. The text is not looked for again: it may stand anywhere."""
    pairs = ((wish.upstream, line.upstream), (wish.outcome, line.outcome), (wish.fault, line.fault))
    if any(wanted is not None and wanted != has for wanted, has in pairs):
        return False
    if wish.model is not None and wish.model not in {line.model, line.model_asked, line.model_served}:
        return False
    return not wish.seconds_min or line.total_seconds >= wish.seconds_min
