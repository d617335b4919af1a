"""Orders as people and programs write them: fields of a form, or JSON."""

from collections.abc import Mapping
from typing import Final

import msgspec

from mainstay.model.orders import EVERYTHING, ORDER_SECONDS, Draft, OrderKind, Scope
from mainstay.ops.incidents.cleaning import incident_id

FIELDS: Final = (
    "kind",
    "upstream",
    "credential",
    "model",
    "models",
    "workloads",
    "tenants",
    "percent",
    "ramp_minutes",
    "hours",
    "reason",
    "incident",
    "key",
)
KEY_CHARACTERS_MAX: Final = 200
_HOUR: Final = 3_600.0
_MINUTE: Final = 60.0


class BadOrderError(Exception):
    """A field that cannot be; the text says which, and what it may be."""


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as a program sends it; the fields mean what they mean in `Draft`. `force`: also where it leaves some
    model with nobody."""

    kind: OrderKind
    reason: str
    upstream: str = ""
    credential: str = ""
    model: str = ""
    scope: Scope = EVERYTHING
    percent: float = 100.0
    ramp_seconds: float = 0.0
    lasts_seconds: float = ORDER_SECONDS
    incident: str = ""
    key: str = ""
    force: bool = False


def draft_of_body(body: OrderBody, author: str) -> Draft:
    """What a program wants; keys of different people never meet. Raises `BadOrderError`."""
    return Draft(
        kind=body.kind,
        author=author,
        reason=body.reason,
        upstream=body.upstream,
        credential=body.credential,
        model=body.model,
        scope=body.scope,
        percent=body.percent,
        ramp_seconds=body.ramp_seconds,
        lasts_seconds=body.lasts_seconds,
        via="api",
        incident=_incident(body.incident),
        key=f"api {author} {body.key[:KEY_CHARACTERS_MAX]}" if body.key else "",
    )


def draft_of_form(form: Mapping[str, str], author: str, via: str) -> Draft:
    """What a form asks for. Raises `BadOrderError`."""
    word, key = form.get("kind", ""), form.get("key", "")
    try:
        kind = OrderKind(word)
    except ValueError:
        raise BadOrderError(f"an order is one of {', '.join(OrderKind)}") from None
    is_shift = kind is OrderKind.SHIFT
    return Draft(
        kind=kind,
        author=author,
        reason=form.get("reason", "").strip(),
        upstream=form.get("upstream", "").strip(),
        credential=form.get("credential", "").strip(),
        model=form.get("model", "").strip(),
        scope=Scope(*(_names(form.get(name, "")) for name in ("models", "workloads", "tenants"))),
        percent=_number(form, "percent", 100.0) if is_shift else 100.0,
        ramp_seconds=_MINUTE * _number(form, "ramp_minutes", 0.0) if is_shift else 0.0,
        lasts_seconds=_HOUR * _number(form, "hours", ORDER_SECONDS / _HOUR),
        via=via,
        incident=_incident(form.get("incident", "")),
        key=f"console {author} {key[:KEY_CHARACTERS_MAX]}" if key else "",
    )


def _incident(text: str) -> str:
    found = incident_id(text) if text.strip() else ""
    if found is None:
        raise BadOrderError("an incident is named as INC-7")
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _number(form: Mapping[str, str], name: str, usual: float) -> float:
    text = form.get(name, "").strip().replace(",", ".")
    try:
        value = float(text) if text else usual
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise BadOrderError(f"{name.replace('_', ' ')} is a number, and not below 0")
    return value
