"""Events as people and programs write them, made clean: no control characters, nothing too long, nothing unknown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from mainstay.model.components import component_of
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    IncidentEvent,
    Linked,
    Merged,
    Moved,
    Nagged,
    Noted,
    Opened,
    Pinned,
    Posted,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
    Told,
    Took,
)
from mainstay.ops.incidents.state import Refused

TITLE_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 5_000
NAME_CHARACTERS_MAX: Final = 200
COMPONENTS_MAX: Final = 100
EVIDENCE_MAX: Final = 50
EVIDENCE_CHARACTERS_MAX: Final = 500


def cleaned(event: IncidentEvent) -> IncidentEvent | Refused:
    """The event without control characters and blanks around its texts; or what is too long, empty or unknown in it."""
    return _CLEANERS[type(event)](event)


def incident_id(text: str) -> str | None:
    """The id that somebody means by `INC-7`, `inc-7` or `7`; `None` for anything else."""
    digits = text.strip().upper().removeprefix("INC-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 9  # noqa: PLR2004 - nobody has a billion
    return f"INC-{int(digits)}" if is_number and int(digits) else None


def number_of(incident: str) -> int:
    """The number in the id of an incident; 0 for what is none."""
    digits = incident.removeprefix("INC-")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def line(text: str) -> str:
    """The text in one line, safe to show."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def paragraphs(text: str) -> str:
    """The text with its line breaks, safe to show."""
    return "\n".join(_printable(one) for one in text.replace("\r\n", "\n").split("\n")).strip()


def component_refusal(name: str) -> Refused | None:
    """Why this is no name of a component; `None`: it is one."""
    if len(name) <= NAME_CHARACTERS_MAX and name.isprintable() and " " not in name and component_of(name) is not None:
        return None
    forms = "gateway, model:NAME, upstream:NAME, upstream:NAME/MODEL, upstream:NAME#login or upstream:NAME#admin"
    return Refused(f"{line(name)[:NAME_CHARACTERS_MAX]!r} is no component", f"write {forms}")


def _printable(text: str) -> str:
    return "".join(one for one in text.replace("\t", " ") if one.isprintable()).rstrip()


def _bad_title(title: str) -> Refused | None:
    if not title:
        return Refused("the title is empty", "say in a few words what is wrong")
    if len(title) <= TITLE_CHARACTERS_MAX:
        return None
    return Refused(f"the title has more than {TITLE_CHARACTERS_MAX} characters", "put the rest into the text")


def _bad_text(text: str, *, may_be_empty: bool = False) -> Refused | None:
    if not text and not may_be_empty:
        return Refused("the text is empty", "write a sentence")
    if len(text) <= TEXT_CHARACTERS_MAX:
        return None
    return Refused(f"the text has more than {TEXT_CHARACTERS_MAX} characters", "shorten it, or write two")


def _bad_name(name: str, what: str, *, may_be_empty: bool = False) -> Refused | None:
    if not name and not may_be_empty:
        return Refused(f"the {what} is empty")
    return (
        Refused(f"the {what} has more than {NAME_CHARACTERS_MAX} characters")
        if len(name) > NAME_CHARACTERS_MAX
        else None
    )


def _bad_components(affected: Sequence[Affected]) -> Refused | None:
    if len(affected) > COMPONENTS_MAX:
        return Refused(f"more than {COMPONENTS_MAX} components are named", "name a whole upstream instead")
    names = [one.component for one in affected]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        return Refused(f"{twice[0]} is named twice")
    return next((found for name in names if (found := component_refusal(name)) is not None), None)


def _clean_opened(event: Opened) -> IncidentEvent | Refused:
    title, text = line(event.title), paragraphs(event.text)
    if found := _bad_title(title) or _bad_text(text, may_be_empty=True) or _bad_components(event.affected):
        return found
    return replace(event, title=title, text=text, evidence=event.evidence[:EVIDENCE_MAX])


def _clean_moved(event: Moved) -> IncidentEvent | Refused:
    text = paragraphs(event.text)
    return _bad_text(text, may_be_empty=True) or replace(event, text=text)


def _clean_said(event: Posted | Noted) -> IncidentEvent | Refused:
    text = paragraphs(event.text)
    return _bad_text(text) or replace(event, text=text)


def _clean_rated(event: Rated) -> IncidentEvent | Refused:
    why = paragraphs(event.why)
    return _bad_text(why, may_be_empty=True) or replace(event, why=why)


def _clean_scoped(event: Scoped) -> IncidentEvent | Refused:
    if not event.affected:
        return Refused("no component is named", "name at least one, such as upstream:NAME=degraded_performance")
    return _bad_components(event.affected) or event


def _clean_retitled(event: Retitled) -> IncidentEvent | Refused:
    title = line(event.title)
    return _bad_title(title) or Retitled(title)


def _clean_staffed(event: Staffed) -> IncidentEvent | Refused:
    person = line(event.person)
    return _bad_name(person, "name of a person", may_be_empty=True) or replace(event, person=person)


def _clean_linked(event: Linked) -> IncidentEvent | Refused:
    name, text = line(event.id), paragraphs(event.text)
    found = _bad_name(name, "id") or _bad_text(text, may_be_empty=True)
    return found or replace(event, id=name, text=text)


def _clean_merged(event: Merged) -> IncidentEvent | Refused:
    into = incident_id(event.into)
    return Refused(f"{line(event.into)[:NAME_CHARACTERS_MAX]!r} is no incident") if into is None else Merged(into)


def _clean_pinned(event: Pinned) -> IncidentEvent | Refused:
    evidence = event.evidence
    words, source = line(evidence.words)[:EVIDENCE_CHARACTERS_MAX], line(evidence.source)[:EVIDENCE_CHARACTERS_MAX]
    measure = line(evidence.measure)[:NAME_CHARACTERS_MAX]
    return component_refusal(evidence.component) or Pinned(
        replace(evidence, words=words, source=source, measure=measure)
    )


def _as_it_is(event: IncidentEvent) -> IncidentEvent | Refused:
    return event


_CLEANERS: Final[Mapping[type, Callable[..., IncidentEvent | Refused]]] = {
    Opened: _clean_opened,
    Moved: _clean_moved,
    Posted: _clean_said,
    Noted: _clean_said,
    Rated: _clean_rated,
    Scoped: _clean_scoped,
    Retitled: _clean_retitled,
    Staffed: _clean_staffed,
    Linked: _clean_linked,
    Merged: _clean_merged,
    Pinned: _clean_pinned,
    **dict.fromkeys((Acknowledged, Took, Nagged, Told, Published), _as_it_is),
}
