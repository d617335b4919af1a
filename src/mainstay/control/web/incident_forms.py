"""What people do with an incident on its page, read from forms."""

import hashlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeVar, get_args

from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Merged,
    Moved,
    Noted,
    Opened,
    Posted,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
)
from mainstay.ops.incidents.cleaning import incident_id

ROLES: Final[tuple[str, ...]] = get_args(Staffed.__annotations__["role"])
KEY_DIGITS: Final = 32
_SENT: Final = (
    "act",
    "seen",
    "text",
    "status",
    "impact",
    "component",
    "component_status",
    "role",
    "give_back",
    "into",
    "title",
)

E = TypeVar("E", bound=StrEnum)


class BadFormError(Exception):
    """A field that cannot be; the text says which, and what it may be."""


def event_of(form: Mapping[str, str], person: str) -> IncidentEvent:
    """The event that a form asks for. Raises `BadFormError`."""
    maker = _ACTS.get(form.get("act", ""))
    if maker is None:
        raise BadFormError(f"what to do is one of {', '.join(_ACTS)}")
    return maker(form, person)


def opened_of(form: Mapping[str, str], wall: float) -> Opened:
    """The incident that somebody opens by hand, in trouble since so many minutes. Raises `BadFormError`."""
    text = form.get("minutes", "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 5):  # noqa: PLR2004 - two months are enough
        raise BadFormError("how many minutes ago it began is a whole number")
    return Opened(
        title=form.get("title", ""),
        impact=_word(Impact, form.get("impact", ""), "an impact"),
        source="hand",
        started_at=wall - 60.0 * int(text),
        affected=_affected(form) if form.get("component") else (),
        text=form.get("text", ""),
        is_private=form.get("private") == "yes",
    )


def key_of(form: Mapping[str, str], person: str) -> str:
    """The same for a form that is sent twice from the same page, another one for everything else."""
    sent = "\n".join(f"{name} {form.get(name, '')}" for name in _SENT)
    return hashlib.sha256(f"{person}\n{sent}".encode("utf-8", "replace")).hexdigest()[:KEY_DIGITS]


def seen_of(form: Mapping[str, str]) -> int | None:
    """The last event that was on the page."""
    text = form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None  # noqa: PLR2004 - bounded


def _moved(form: Mapping[str, str], _person: str) -> IncidentEvent:
    return Moved(_word(IncidentStatus, form.get("status", ""), "a status"), form.get("text", ""))


def _rated(form: Mapping[str, str], _person: str) -> IncidentEvent:
    return Rated(_word(Impact, form.get("impact", ""), "an impact"), form.get("text", ""))


def _staffed(form: Mapping[str, str], person: str) -> IncidentEvent:
    role = form.get("role", "")
    taken = person if form.get("give_back") != "yes" else ""
    match role:
        case "commander" | "deputy" | "scribe" | "liaison" | "responder":
            return Staffed(role, taken)
        case _:
            raise BadFormError(f"a role is one of {', '.join(ROLES)}")


def _merged(form: Mapping[str, str], _person: str) -> IncidentEvent:
    into = incident_id(form.get("into", ""))
    if into is None:
        raise BadFormError("name the incident that goes on, such as INC-7")
    return Merged(into)


def _affected(form: Mapping[str, str]) -> tuple[Affected, ...]:
    status = _word(ComponentStatus, form.get("component_status", ""), "how a component is")
    return (Affected(form.get("component", "").strip(), status),)


def _word(kind: type[E], word: str, what: str) -> E:
    try:
        return kind(word)
    except ValueError:
        raise BadFormError(f"{what} is one of {', '.join(kind)}") from None


_ACTS: Final[Mapping[str, Callable[[Mapping[str, str], str], IncidentEvent]]] = {
    "acknowledge": lambda _form, _person: Acknowledged(),
    "post": lambda form, _person: Posted(form.get("text", "")),
    "move": _moved,
    "rate": _rated,
    "scope": lambda form, _person: Scoped(_affected(form)),
    "note": lambda form, _person: Noted(form.get("text", "")),
    "role": _staffed,
    "title": lambda form, _person: Retitled(form.get("title", "")),
    "merge": _merged,
    "publish": lambda _form, _person: Published(is_private=False),
    "hide": lambda _form, _person: Published(is_private=True),
}
