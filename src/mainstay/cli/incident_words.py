"""What a person types about incidents, and what it means. What cannot be understood ends the command in one line."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from mainstay.cli.audit_lines import shown
from mainstay.cli.state_folder import refusal
from mainstay.model.incident import Affected, ComponentStatus
from mainstay.ops.incidents.cleaning import TEXT_CHARACTERS_MAX, component_refusal

Word = TypeVar("Word", bound=StrEnum)

STANDARD_INPUT: Final = "-"


def word_of(kind: type[Word], text: str, what: str) -> Word:
    """The value of an enumeration, of which the beginning is enough where no other one begins so."""
    wanted = text.strip().lower().replace("-", "_").replace(" ", "_")
    found = [one for one in kind if one.value == wanted] or [one for one in kind if one.value.startswith(wanted)]
    if len(found) == 1 and wanted:
        return found[0]
    raise refusal(f"{what} is one of {', '.join(one.value for one in kind)}, not {shown(text)[:60]!r}")


def affected_of(text: str) -> Affected:
    """`COMPONENT` or `COMPONENT=STATUS`; without a status it is degraded."""
    name, _, status = text.rpartition("=") if "=" in text else (text, "", ComponentStatus.DEGRADED.value)
    if found := component_refusal(name):
        raise refusal(found.words)
    return Affected(name, word_of(ComponentStatus, status, "a status"))


def instant_of(text: str | None) -> float | None:
    """Seconds since 1970 of an ISO 8601 time; without a zone it is UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise refusal(f"{shown(text)[:60]!r} is no time; write it as 2026-03-02T11:45:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def text_of(text: str) -> str:
    """The text, or for `-` what standard input says."""
    return sys.stdin.read(TEXT_CHARACTERS_MAX + 1) if text == STANDARD_INPUT else text
