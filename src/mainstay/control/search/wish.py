"""What somebody looks for in the ledger, and how that is read from the fields of a form or an address."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from mainstay.ledger.store.port import Query, Sieve
from mainstay.ledger.store.rows import indexed
from mainstay.model.records import Record

CHARACTERS_MAX: Final = 200
LIMIT_MAX: Final = 500
LIMIT_DEFAULT: Final = 50
KINDS: Final = tuple(sorted(str(kind.__struct_config__.tag) for kind in Record.__args__))

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SECONDS_MAX: Final = 1e12


class Wish(msgspec.Struct, frozen=True):
    """What records must be; what is `None` does not matter. Instants are seconds since 1970, `since` is included,
    `until` is not. `model` is either name of a model, the logical one or the upstream's. `text` may stand anywhere in a
    record, as the id of a request does; it is compared letter by letter."""

    since: float | None = None
    until: float | None = None
    kind: str | None = None
    tenant: str | None = None
    exchange: str | None = None
    upstream: str | None = None
    model: str | None = None
    outcome: str | None = None
    fault: str | None = None
    seconds_min: float | None = None
    """So long an attempt or an exchange took, at least."""
    text: str | None = None

    def query(self) -> Query:
        """What columns tell."""
        tenant = None if self.tenant is None else indexed(self.tenant)
        exchange = None if self.exchange is None else indexed(self.exchange)
        return Query(self.since, self.until, self.kind, tenant, exchange)

    def sieve(self) -> Sieve:
        """What lines tell."""
        pieces = [
            _said(f'"{name}":', value)
            for name, value in (("upstream", self.upstream), ("outcome", self.outcome), ("fault", self.fault))
            if value is not None
        ]
        if self.model is not None:
            pieces.append(_said(":", self.model))
        if self.text is not None:
            pieces.append(msgspec.json.encode(self.text)[1:-1])
        seconds = None if not self.seconds_min else math.floor(self.seconds_min)
        # Failed attempts tell their fault, failed exchanges too: the index of faults serves for both.
        return Sieve(tuple(pieces), seconds, is_faulty=self.fault is not None or self._is_failure())

    def _is_failure(self) -> bool:
        return self.outcome == "failed" and self.kind in {"attempt", "exchange"}


class Asked(msgspec.Struct, frozen=True):
    """A wish as it was read, how many records are to be shown, and where to go on (empty: from the newest). `mistakes`
    say what could not be read; with any of them nothing should be looked for."""

    wish: Wish
    limit: int = LIMIT_DEFAULT
    after: str = ""
    mistakes: tuple[str, ...] = ()


def read_wish(fields: Mapping[str, str], wall: float) -> Asked:
    """Read the fields of a form or an address: those of `Wish` by name (`seconds` for `seconds_min`), `limit` and
    `after`. Empty ones count as absent. Instants are ISO 8601 (UTC where no zone is named), seconds since 1970, or an
    age such as `15m`, `2h` or `3d`."""
    mistakes: list[str] = []
    found: dict[str, str | float | int] = {}
    for name, text in _given(fields, mistakes):
        try:
            found[name] = _READERS.get(name, _text)(text, wall)
        except ValueError as error:
            mistakes.append(f"{name}: {error}")
    since, until = found.get("since"), found.get("until")
    if isinstance(since, float) and isinstance(until, float) and since >= until:
        mistakes.append("since: must lie before `until`")
    limit, after = found.pop("limit", LIMIT_DEFAULT), found.pop("after", "")
    if "seconds" in found:
        found["seconds_min"] = found.pop("seconds")
    return Asked(msgspec.convert(found, Wish), int(limit), str(after), tuple(mistakes))


def _given(fields: Mapping[str, str], mistakes: list[str]) -> Iterator[tuple[str, str]]:
    for name, text in fields.items():
        if name not in FIELDS:
            mistakes.append(f"{name[:CHARACTERS_MAX]!r} is no field: there are {', '.join(FIELDS)}")
        elif len(text) > CHARACTERS_MAX:
            mistakes.append(f"{name}: longer than {CHARACTERS_MAX} characters")
        elif text.strip():
            yield name, text.strip()


def _said(before: str, value: str) -> bytes:
    return before.encode() + msgspec.json.encode(value)


def _text(text: str, _wall: float) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("not a text") from None
    return text


def _kind(text: str, _wall: float) -> str:
    if text not in KINDS:
        raise ValueError(f"there is no such kind of records; there are {', '.join(KINDS)}")
    return text


def _instant(text: str, wall: float) -> float:
    if age := re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd])", text):
        return wall - float(age[1]) * _UNITS[age[2]]
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
        return float(text)
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError("write 2026-03-02T11:49, 2026-03-02T11:49+01:00, or an age as 15m, 2h, 3d") from None


def _seconds(text: str, _wall: float) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        raise ValueError("write a number of seconds, such as 2.5")
    return float(text)


def _limit(text: str, _wall: float) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= LIMIT_MAX:
        raise ValueError(f"write a whole number from 1 to {LIMIT_MAX}")
    return int(text)


_READERS: Final[Mapping[str, Callable[[str, float], str | float | int]]] = {
    "since": _instant,
    "until": _instant,
    "kind": _kind,
    "seconds": _seconds,
    "limit": _limit,
}
FIELDS: Final = (
    "since",
    "until",
    "kind",
    "tenant",
    "exchange",
    "upstream",
    "model",
    "outcome",
    "fault",
    "seconds",
    "text",
    "limit",
    "after",
)
