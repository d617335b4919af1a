"""What may come next, and what is said where it may not."""

from collections.abc import Sequence

import pytest

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
from mainstay.ops.incidents.rules import (
    EVENTS_MAX,
    completed,
    inheritance,
    is_for_people,
    overtaken,
    refusal,
    time_refusal,
)
from tests.ops.incidents.events import DEGRADED, ILL, LOGIN, NOON, WELL, Step, evidence, incident, opened

RESOLVED = IncidentStatus.RESOLVED
FULL = (
    (0.0, opened(ILL)),
    (1.0, Moved(IncidentStatus.IDENTIFIED)),
    (2.0, Rated(Impact.CRITICAL)),
    (3.0, Staffed("commander", "bob")),
    (4.0, Acknowledged()),
    (5.0, Linked("order", "ORD-1")),
    (6.0, Took("INC-2")),
)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (opened(), "INC-1 is open already"),
        (
            Moved(IncidentStatus.IDENTIFIED, "x"),
            "INC-1 is identified already since 2026-03-02 12:00:01 UTC, by ann; post",
        ),
        (Rated(Impact.CRITICAL), "the impact of INC-1 is critical already since 2026-03-02 12:00:02 UTC, by ann"),
        (Scoped((ILL,)), "this is what INC-1 says of its components already"),
        (Retitled("Most requests fail"), "INC-1 is called so already"),
        (Staffed("commander", "bob"), "bob is commander already"),
        (Staffed("scribe", ""), "nobody is scribe already"),
        (Acknowledged(), "ann acknowledged INC-1 at 2026-03-02 12:00:04 UTC"),
        (Linked("order", "ORD-1", "again"), "ORD-1 belongs to INC-1 already"),
        (Merged("INC-1"), "an incident cannot be merged into itself"),
        (Merged("INC-2"), "INC-1 goes on for INC-2; merge INC-2 into INC-1 instead"),
        (Took("INC-1"), "an incident cannot be merged into itself"),
        (Took("INC-2"), "INC-1 goes on for INC-2 already"),
        (Published(is_private=False), "INC-1 is shown on the status page already"),
    ],
)
def test_what_may_not_come_next(event: IncidentEvent, words: str) -> None:
    found = refusal(incident(*FULL), event)
    assert found is not None
    assert words in found.words


@pytest.mark.parametrize(
    "event",
    [
        Moved(IncidentStatus.INVESTIGATING),
        Moved(RESOLVED),
        Posted("x"),
        Noted("x"),
        Rated(Impact.MAJOR),
        Scoped((DEGRADED,)),
        Scoped((Affected(LOGIN, ComponentStatus.OPERATIONAL),)),
        Retitled("y"),
        Pinned(evidence()),
        Staffed("commander", ""),
        Staffed("scribe", "eve"),
        Linked("run", "ORD-1"),
        Merged("INC-9"),
        Took("INC-3"),
        Nagged("scope", NOON),
        Told(3),
        Published(is_private=True),
    ],
)
def test_what_may_come_next(event: IncidentEvent) -> None:
    assert refusal(incident(*FULL), event) is None


def test_the_older_of_two_incidents_is_not_merged_into_the_newer_one_that_it_goes_on_for() -> None:
    newer = incident((0, opened()), (1, Took("INC-0")))
    assert refusal(newer, Merged("INC-0")) is None


def test_a_resolved_incident_may_be_written_to_and_reopened() -> None:
    state = incident((0, opened()), (1, Moved(RESOLVED)))
    assert [refusal(state, event) for event in (Posted("x"), Noted("x"), Moved(IncidentStatus.MONITORING))] == [
        None
    ] * 3


@pytest.mark.parametrize("event", [Posted("x"), Noted("x"), Moved(RESOLVED), Merged("INC-3"), Acknowledged()])
def test_nothing_is_written_to_what_is_part_of_another(event: IncidentEvent) -> None:
    found = refusal(incident((0, opened()), (1, Merged("INC-2"))), event)
    assert found is not None
    assert found.words == "INC-1 goes on as part of INC-2; write to INC-2"


def test_that_people_were_told_is_written_in_any_case() -> None:
    assert refusal(incident((0, opened()), (1, Merged("INC-2"))), Told(2)) is None


def test_a_full_incident_can_only_be_ended() -> None:
    steps: Sequence[Step] = [(float(n), Noted("x")) for n in range(EVENTS_MAX - 1)]
    full = incident((0, opened(ILL)), *steps)
    assert full.number == EVENTS_MAX
    found = refusal(full, Noted("x"))
    assert found is not None
    assert "INC-1 has 2000 events" in found.words
    events = (Moved(RESOLVED), Scoped((WELL,)), Merged("INC-2"), Acknowledged(), Told(3), Nagged("scope", NOON))
    assert [refusal(full, event) for event in events] == [None] * 6


def test_no_more_components_than_can_be_shown() -> None:
    many = tuple(Affected(f"model:{n}", ComponentStatus.DEGRADED) for n in range(100))
    state = incident((0, opened(*many)))
    found = refusal(state, Scoped((ILL,)))
    assert found is not None
    assert "at most 100 components" in found.words
    assert refusal(state, Scoped((Affected("model:3", ComponentStatus.OPERATIONAL),))) is None


def test_only_what_people_may_write_is_for_people() -> None:
    ours = (opened(), Took("INC-2"), Nagged("scope", NOON), Told(3))
    theirs = (Moved(RESOLVED), Posted("x"), Acknowledged(), Merged("INC-2"), Pinned(evidence()), Scoped((ILL,)))
    assert [is_for_people(event) for event in ours] == [False] * 4
    assert [is_for_people(event) for event in theirs] == [True] * 6


def test_the_future_is_refused() -> None:
    state = incident((0, opened()))
    assert time_refusal(state, Posted("x"), NOON + 104, NOON + 100) is None
    found = time_refusal(state, Posted("x"), NOON + 106, NOON + 100)
    assert found is not None
    assert "2026-03-02 12:01:46 UTC lies in the future" in found.words


def test_before_it_was_opened_there_are_only_notes() -> None:
    state = incident((0, opened()))
    found = time_refusal(state, Moved(RESOLVED), NOON - 1, NOON + 100)
    assert found is not None
    assert (
        found.words
        == "INC-1 was opened at 2026-03-02 12:00:00 UTC, and this would be before; write a note with that time"
    )
    for event in (Noted("x"), Pinned(evidence()), Linked("provider", "x")):
        assert time_refusal(state, event, NOON - 1, NOON + 100) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Moved(RESOLVED, "Over."), Moved(IncidentStatus.IDENTIFIED)),
        (Rated(Impact.MINOR), Rated(Impact.CRITICAL)),
        (Retitled("a"), Retitled("b")),
        (Published(is_private=True), Published(is_private=False)),
        (Scoped((WELL,)), Scoped((DEGRADED,))),
        (Staffed("scribe", "eve"), Staffed("scribe", "bob")),
    ],
)
def test_the_second_of_two_is_told_what_the_first_did(first: IncidentEvent, second: IncidentEvent) -> None:
    state = incident((0, opened(ILL)), (60, first, ("bob", "local")))
    found = overtaken(state, second, 1)
    assert found is not None
    assert found.words.startswith("bob was first at 2026-03-02 12:01:00 UTC: ")
    assert overtaken(state, second, 2) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Posted("x"), Posted("y")),
        (Noted("x"), Noted("y")),
        (Rated(Impact.MINOR), Moved(RESOLVED)),
        (Scoped((WELL,)), Scoped((Affected(LOGIN, ComponentStatus.DEGRADED),))),
        (Staffed("scribe", "eve"), Staffed("commander", "bob")),
    ],
)
def test_what_does_not_contradict_stands_beside(first: IncidentEvent, second: IncidentEvent) -> None:
    assert overtaken(incident((0, opened(ILL)), (60, first)), second, 1) is None


def test_who_resolves_it_says_that_all_is_well() -> None:
    login = Affected(LOGIN, ComponentStatus.OPERATIONAL)
    state = incident((0, opened(ILL, login)))
    assert completed(state, Moved(RESOLVED, "x")) == (Scoped((WELL,)), Moved(RESOLVED, "x"))
    assert completed(incident((0, opened(WELL))), Moved(RESOLVED)) == (Moved(RESOLVED),)
    assert completed(state, Moved(IncidentStatus.MONITORING)) == (Moved(IncidentStatus.MONITORING),)


def test_what_goes_on_for_another_takes_its_components_and_its_impact() -> None:
    login = Affected(LOGIN, ComponentStatus.DEGRADED)
    other = incident((0, opened(ILL, login, impact=Impact.CRITICAL)))
    target = incident((0, opened(DEGRADED, impact=Impact.MINOR)))
    assert inheritance(other, target) == (Scoped((login,)), Rated(Impact.CRITICAL, "as INC-1 was"))
    assert inheritance(target, other) == ()
