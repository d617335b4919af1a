"""Events in words."""

import pytest

from mainstay.model.incident import (
    Acknowledged,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Nagged,
    Noted,
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
from mainstay.ops.incidents.words import affected_words, instant, words_of
from tests.ops.incidents.events import ILL, NOON, evidence, opened

WORDS: list[tuple[IncidentEvent, str]] = [
    (opened(text="We look into it."), "opened as major: Most requests fail. We look into it."),
    (Moved(IncidentStatus.MONITORING), "monitoring"),
    (Moved(IncidentStatus.RESOLVED, "Over."), "resolved: Over."),
    (Posted("Half of it works."), "told everybody: Half of it works."),
    (Noted("called them"), "noted: called them"),
    (Rated(Impact.MINOR, "few callers"), "impact is minor: few callers"),
    (Scoped((ILL,)), "affected: upstream:anthropic (major outage)"),
    (Retitled("Login fails"), "is now called: Login fails"),
    (Pinned(evidence()), "evidence on upstream:anthropic: 12 of 14 attempts failed"),
    (Staffed("commander", "bob"), "commander is bob"),
    (Staffed("commander", ""), "commander is nobody"),
    (Acknowledged(), "acknowledged"),
    (Linked("run", "RUN-3"), "playbook run RUN-3 belongs to it"),
    (Merged("INC-2"), "goes on as part of INC-2"),
    (Took("INC-2"), "goes on for INC-2 too"),
    (Nagged("next-update", NOON), "reminded of the next public update, due since 2026-03-02 12:00:00 UTC"),
    (Told(3), "notified people of what happened up to event 3"),
    (Published(is_private=True), "kept from the status page"),
    (Published(is_private=False), "shown on the status page"),
]


@pytest.mark.parametrize(("event", "words"), WORDS, ids=[words for _, words in WORDS])
def test_every_event_has_words(event: IncidentEvent, words: str) -> None:
    assert words_of(event) == words


def test_nothing_is_affected() -> None:
    assert affected_words(()) == "nothing"


def test_an_instant_that_no_calendar_has() -> None:
    assert instant(1e300) == "@1e+300"
