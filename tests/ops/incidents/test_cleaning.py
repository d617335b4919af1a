"""What people and programs write is made clean, or refused with advice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Pinned,
    Posted,
    Rated,
    Retitled,
    Scoped,
    Staffed,
)
from mainstay.ops.incidents.cleaning import EVIDENCE_MAX, cleaned, component_refusal, incident_id, number_of
from mainstay.ops.incidents.state import Refused
from tests.ops.incidents.events import ILL, NOON, evidence, opened

LONG = "x" * 5_001


def affected(name: str) -> Affected:
    return Affected(name, ComponentStatus.DEGRADED)


@pytest.mark.parametrize(
    ("event", "clean"),
    [
        (Posted("  It\x1b[31m works.\r\n\r\nSoon. \x00"), Posted("It[31m works.\n\nSoon.")),
        (Noted("a\tb\ud800"), Noted("a b")),
        (Moved(IncidentStatus.RESOLVED, " \n "), Moved(IncidentStatus.RESOLVED)),
        (Retitled(" Login\n fails\x07 "), Retitled("Login fails")),
        (Staffed("commander", " Ann\n"), Staffed("commander", "Ann")),
        (Rated(Impact.MINOR, "\x1bwhy"), Rated(Impact.MINOR, "why")),
        (Linked("order", " ORD-1 ", "\x07moved"), Linked("order", "ORD-1", "moved")),
        (Merged("inc-007"), Merged("INC-7")),
        (Acknowledged(), Acknowledged()),
        (Scoped((ILL,)), Scoped((ILL,))),
    ],
)
def test_control_characters_and_blanks_are_left_out(event: IncidentEvent, clean: IncidentEvent) -> None:
    assert cleaned(event) == clean


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Posted("\x00 \n"), "the text is empty; write a sentence"),
        (Posted(LONG), "the text has more than 5000 characters; shorten it, or write two"),
        (Noted(""), "the text is empty"),
        (Moved(IncidentStatus.RESOLVED, LONG), "the text has more than 5000"),
        (Rated(Impact.MINOR, LONG), "the text has more than 5000"),
        (Retitled(" "), "the title is empty"),
        (Retitled("x" * 201), "the title has more than 200 characters"),
        (opened(text=LONG), "the text has more than 5000"),
        (Opened("", Impact.MINOR, "hand", NOON), "the title is empty"),
        (opened(affected("anthropic")), "'anthropic' is no component; write gateway, model:NAME, upstream:NAME"),
        (Scoped(()), "no component is named"),
        (Scoped((ILL, ILL)), "upstream:anthropic is named twice"),
        (Scoped(tuple(affected(f"model:{n}") for n in range(101))), "more than 100 components are named"),
        (Scoped((affected("model:\x1b[31m"),)), "'model: [31m' is no component"),
        (Scoped((affected("model:" + "x" * 200),)), "is no component"),
        (Staffed("scribe", "x" * 201), "the name of a person has more than 200"),
        (Linked("order", " "), "the id is empty"),
        (Linked("order", "x" * 201), "the id has more than 200"),
        (Linked("order", "ORD-1", LONG), "the text has more than 5000"),
        (Merged("INC-\x1b"), "'INC-' is no incident"),
        (Pinned(Evidence("own", "nobody", NOON, is_bad=True, words="x")), "'nobody' is no component"),
    ],
)
def test_what_cannot_be_is_refused(event: IncidentEvent, words: str) -> None:
    found = cleaned(event)
    assert isinstance(found, Refused)
    assert words in found.words


def test_an_opening_is_made_clean_and_its_evidence_bounded() -> None:
    wild = Opened(" a\x1bb ", Impact.MINOR, "hand", NOON, (ILL,), " t\x07 ", (evidence(),) * 99)
    found = cleaned(wild)
    assert isinstance(found, Opened)
    assert (found.title, found.text, found.affected, len(found.evidence)) == ("a b", "t", (ILL,), EVIDENCE_MAX)


def test_pinned_evidence_is_made_clean() -> None:
    found = cleaned(Pinned(Evidence("own", "gateway", NOON, is_bad=True, words="a\x1bb" * 999, source="x\n" * 999)))
    assert isinstance(found, Pinned)
    assert found.evidence.words.startswith("a ba b")
    assert len(found.evidence.words) == len(found.evidence.source) == 500


@given(st.text(max_size=300))
def test_whatever_is_left_is_safe_to_show(text: str) -> None:
    for event in (Posted(text), Retitled(text), Linked("order", text, text), Staffed("scribe", text)):
        found = cleaned(event)
        shown = [getattr(found, name) for name in ("text", "title", "id", "person", "reason") if hasattr(found, name)]
        assert all(one.replace("\n", "").isprintable() for one in shown)
        assert isinstance(found, Refused) or cleaned(found) == found


@pytest.mark.parametrize("text", ["INC-7", "inc-7", " 7 ", "INC-007"])
def test_ids_that_people_write(text: str) -> None:
    assert incident_id(text) == "INC-7"


@pytest.mark.parametrize("text", ["", "0", "INC-", "INC-x", "INC--7", "-7", "1" * 10, "\u0667", "INC-7x", "../INC-7"])
def test_what_is_no_id(text: str) -> None:
    assert incident_id(text) is None


def test_the_number_of_an_id() -> None:
    assert (number_of("INC-12"), number_of("INC-x"), number_of("\u0667")) == (12, 0, 0)


@pytest.mark.parametrize("name", ["gateway", "model:claude", "upstream:a", "upstream:a/claude:1", "upstream:a#login"])
def test_names_of_components(name: str) -> None:
    assert component_refusal(name) is None
