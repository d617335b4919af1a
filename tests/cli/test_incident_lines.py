"""Incidents on a terminal."""

from msgspec.structs import replace

from mainstay.cli.incident_lines import duration, incident_lines, list_lines
from mainstay.model.incident import (
    Acknowledged,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Noted,
    Published,
    Staffed,
    Took,
)
from mainstay.ops.incidents.state import IncidentState
from tests.ops.incidents.events import DETECTION, ILL, NOON, evidence, incident, opened


def shown(state: IncidentState, wall: float = NOON + 90) -> list[str]:
    return [line.plain for line in incident_lines(state, wall)]


def test_a_list() -> None:
    first = incident((0, opened(ILL)))
    second = replace(incident((0, opened(is_private=True)), (60, Moved(IncidentStatus.RESOLVED))), id="INC-12")
    third = incident((0, opened()), (1, Merged("INC-12")))
    assert [line.plain for line in list_lines([first, second, third], NOON + 7_500)] == [
        "INC-1   investigating  major     2026-03-02 12:00:00Z  2 h 05 min  Most requests fail",
        "INC-12  resolved       major     2026-03-02 12:00:00Z       1 min  Most requests fail (private)",
        "INC-1   part of INC-12  major     2026-03-02 12:00:00Z  2 h 05 min  Most requests fail",
    ]


def test_a_timeline() -> None:
    state = incident(
        (0, replace(opened(ILL, text="We look into it."), evidence=(evidence(),)), DETECTION),
        (30, Noted("first\nsecond")),
        (20, Noted("late")),
        (43_200, Moved(IncidentStatus.IDENTIFIED)),
    )
    lines = shown(state)
    assert lines[:2] == ["INC-1  Most requests fail", "identified, impact major"]
    assert lines[lines.index("") + 1 :] == [
        "2026-03-02 (UTC)",
        "12:00:00 * detection  opened as major: Most requests fail. We look into it.",
        "           own evidence: 12 of 14 attempts failed",
        "12:00:20   ann  noted: late (written down late)",
        "12:00:30   ann  noted: first",
        "           second",
        "2026-03-03 (UTC)",
        "00:00:00 * ann  identified",
    ]


def test_what_it_is_now() -> None:
    state = incident(
        (0, opened(ILL)),
        (1, Acknowledged()),
        (2, Staffed("commander", "bob")),
        (3, Linked("order", "ORD-1", "moved away")),
        (4, Took("INC-2")),
        (5, Moved(IncidentStatus.RESOLVED)),
        (6, Moved(IncidentStatus.MONITORING)),
        (6, Acknowledged(), ("eve", "local")),
        (7, Moved(IncidentStatus.RESOLVED)),
        (8, Published(is_private=True)),
    )
    lines = shown(state)
    assert lines[2 : lines.index("")] == [
        "anthropic:    major outage (upstream:anthropic)",
        "began:        2026-03-02 12:00:00Z, until 2026-03-02 12:00:07Z (7 s)",
        "opened:       2026-03-02 12:00:00Z by hand",
        "acknowledged: 2026-03-02 12:00:06Z by eve",
        "commander:    bob",
        "went back:    once, reopened once",
        "order:        ORD-1 moved away",
        "goes on for:  INC-2",
        "private:      kept from the status page",
    ]


def test_nothing_reaches_the_terminal_unseen() -> None:
    wild = incident((0, opened()), (1, Noted("a\x1b[31m\nb\x07"), ("e\x1bve", "local")))
    assert not any("\x1b" in line or "\x07" in line for line in shown(wild))
    assert "\x1b" not in next(list_lines([replace(wild, title="\x1b[2J")], NOON)).plain


def test_lengths_of_time() -> None:
    assert [duration(seconds) for seconds in (0, 59.9, 60, 3_599, 3_600, 90_061)] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h 00 min",
        "25 h 01 min",
    ]
