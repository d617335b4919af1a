"""What of an incident is worth a notice."""

import pytest
from msgspec.structs import replace

from mainstay.model.incident import (
    Acknowledged,
    Impact,
    IncidentStatus,
    Merged,
    Moved,
    Noted,
    Pinned,
    Posted,
    Rated,
    Told,
)
from mainstay.model.notice import Severity
from mainstay.ops.incidents.clocks import Due
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.incidents.telling import detection_notice, has_ended_escalation, news, notice, reminder
from tests.ops.incidents.events import ILL, NOON, Step, decision, evidence, incident, opened

OPENED: Step = (0, opened(ILL))
MONITORED: Step = (10, Moved(IncidentStatus.MONITORING))
RESOLVED: Step = (20, Moved(IncidentStatus.RESOLVED, "Over."))
BACK: Step = (30, Moved(IncidentStatus.INVESTIGATING))


def told(state: IncidentState, after: int) -> tuple[str, int] | None:
    found = news(state, after)
    return None if found is None else (found.kind, found.number)


def test_an_opening_is_news_once() -> None:
    assert told(incident(OPENED), 0) == ("opened", 1)
    assert told(incident(OPENED), 1) is None


def test_what_people_must_hear_of() -> None:
    assert told(incident(OPENED, MONITORED, RESOLVED), 1) == ("resolved", 3)
    assert told(incident(OPENED, MONITORED, RESOLVED, BACK), 3) == ("reopened", 4)
    assert told(incident(OPENED, MONITORED, BACK), 2) == ("back", 3)
    assert told(incident(OPENED, (1, Rated(Impact.CRITICAL))), 1) == ("worse", 2)


def test_what_people_need_not_hear_of() -> None:
    calm: list[Step] = [
        (1, Noted("x")),
        (2, Posted("x")),
        (3, Rated(Impact.MINOR)),
        (4, Pinned(evidence())),
        (5, Told(1)),
    ]
    assert told(incident(OPENED, *calm, MONITORED), 1) is None
    assert told(incident(OPENED, (1, Merged("INC-2"))), 0) is None
    assert told(incident(OPENED, (1, Moved(IncidentStatus.IDENTIFIED)), BACK), 1) is None
    assert told(incident(OPENED, (9, Rated(Impact.MAJOR)), (5, Rated(Impact.CRITICAL))), 2) is None


def test_of_several_things_one_is_told() -> None:
    assert told(incident(OPENED, (1, Rated(Impact.CRITICAL))), 0) == ("opened", 1)
    assert told(incident(OPENED, RESOLVED), 0) == ("resolved", 2)
    assert told(incident(OPENED, RESOLVED, BACK, (40, Rated(Impact.CRITICAL))), 1) == ("reopened", 3)
    assert told(incident(OPENED, RESOLVED, BACK), 1) == ("reopened", 3)


@pytest.mark.parametrize(
    ("impact", "severity"),
    [
        (Impact.NONE, Severity.INFO),
        (Impact.MINOR, Severity.WARNING),
        (Impact.MAJOR, Severity.MAJOR),
        (Impact.CRITICAL, Severity.CRITICAL),
    ],
)
def test_the_severity_follows_the_impact(impact: Impact, severity: Severity) -> None:
    state = incident((0, opened(ILL, impact=impact)))
    what = news(state, 0)
    assert what is not None
    found = notice(state, what, NOON)
    assert found.severity is severity
    assert found.needs_acknowledgement is (impact is not Impact.NONE)


def test_a_notice_says_what_is_known_and_what_to_do() -> None:
    state = incident(OPENED, (1, Pinned(replace(evidence("proof"), is_conclusive=True))), (2, Pinned(evidence("more"))))
    what = news(state, 0)
    assert what is not None
    found = notice(state, what, NOON + 5)
    assert (found.key, found.title) == ("INC-1 opened 1", "INC-1 opened (major): Most requests fail")
    assert (found.incident, found.at, found.targets) == ("INC-1", NOON + 5, ())
    assert found.text.splitlines() == [
        "Status: investigating, since 2026-03-02 12:00:00 UTC.",
        "Affected: upstream:anthropic (major outage).",
        "Evidence: proof",
        "Evidence: more",
        "Acknowledge it with `mainstay incident ack INC-1`.",
        "All of it: `mainstay incident show INC-1`.",
    ]


def test_who_heard_of_it_hears_of_its_end() -> None:
    state = incident(
        OPENED, (1, Rated(Impact.CRITICAL)), (2, Rated(Impact.MINOR)), (3_600, Moved(IncidentStatus.RESOLVED, "Over."))
    )
    what = news(state, 3)
    assert what is not None
    found = notice(state, what, NOON + 9_999)
    assert (found.severity, found.needs_acknowledgement) == (Severity.CRITICAL, False)
    assert found.title == "INC-1 resolved: Most requests fail"
    assert found.text.splitlines()[:2] == ["It lasted 60 min; its worst impact was critical.", "Over."]


def test_an_end_without_words() -> None:
    state = incident(OPENED, (60, Moved(IncidentStatus.RESOLVED)))
    what = news(state, 1)
    assert what is not None
    assert notice(state, what, NOON).text.splitlines() == [
        "It lasted 1 min; its worst impact was major.",
        "All of it: `mainstay incident show INC-1`.",
    ]


def test_nobody_is_called_for_what_somebody_has_seen() -> None:
    state = incident(OPENED, (1, Acknowledged()), (2, Rated(Impact.CRITICAL)))
    what = news(state, 1)
    assert what is not None
    found = notice(state, what, NOON)
    assert not found.needs_acknowledgement
    assert "ack" not in found.text


def test_what_ends_escalation() -> None:
    assert has_ended_escalation(incident(OPENED, (1, Acknowledged())), 1)
    assert has_ended_escalation(incident(OPENED, RESOLVED), 1)
    assert has_ended_escalation(incident(OPENED, (1, Merged("INC-2"))), 1)
    assert not has_ended_escalation(incident(OPENED, (1, Acknowledged()), (2, Noted("x"))), 2)
    assert not has_ended_escalation(incident(OPENED, (1, Noted("x"))), 1)
    assert not has_ended_escalation(incident(OPENED, RESOLVED), 2)
    assert not has_ended_escalation(incident(OPENED, RESOLVED, (21, Told(2)), (22, Noted("x"))), 2)
    assert not has_ended_escalation(incident(OPENED, MONITORED), 1)
    assert not has_ended_escalation(incident(OPENED, (1, Acknowledged()), RESOLVED, BACK), 1)


def test_a_reminder() -> None:
    state = incident(OPENED)
    found = reminder(state, Due("first-post", NOON + 300, NOON + 300), NOON + 301)
    assert (found.key, found.severity) == (f"INC-1 first-post {NOON + 300:.0f} 1", Severity.WARNING)
    assert found.title == "INC-1 waits for the first public update: Most requests fail"
    assert found.text == 'Due since 2026-03-02 12:05:00 UTC. Write it with `mainstay incident post INC-1 "..."`.'
    critical = incident((0, opened(impact=Impact.CRITICAL)))
    scope = reminder(critical, Due("scope", NOON + 900, NOON + 900, nagged=2), NOON + 901)
    assert (scope.key.rpartition(" ")[2], scope.severity) == ("3", Severity.MAJOR)
    assert "`mainstay incident scope INC-1 COMPONENT=STATUS`" in scope.text


def test_where_people_open_incidents_they_are_told_what_was_found() -> None:
    found = detection_notice(decision("ill"), NOON)
    assert (found.title, found.severity, found.incident) == ("anthropic: most requests fail", Severity.MAJOR, "")
    assert 'mainstay incident open "..." --component upstream:anthropic --impact major' in found.text
    over = detection_notice(decision("well", impact=Impact.NONE), NOON)
    assert (over.title, over.severity) == ("anthropic works again", Severity.INFO)
    assert over.key != found.key
