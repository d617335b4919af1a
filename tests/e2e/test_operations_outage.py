"""The clock of an outage, seen from outside: how soon it is known, handled, told and published; and how it ends by
itself. Each figure is printed with what was asked (`pytest -s`)."""

import time
from pathlib import Path

from mainstay.model.incident import IncidentStatus, Opened
from mainstay.model.records import AttemptRecord, BreakerRecord, DetectionRecord
from mainstay.ops.incidents.state import IncidentState
from tests.e2e.outages import ILL, LASTING_SECONDS, Site, Traffic, ask, site
from tests.e2e.replicas import measured

LEAP_SECONDS = 45.0
LEAPS_MAX = 120
CALLERS_BETWEEN = 8
WORDS = "We watch how it goes on."


def test_an_outage_is_known_told_and_published_in_time(tmp_path: Path) -> None:
    with site(tmp_path) as running, Traffic(running.settle().url, models=1) as traffic:
        begin(running, traffic)
        publish(running)
        assert traffic.failed == []


def test_an_outage_that_is_over_is_monitored_and_resolved_by_itself(tmp_path: Path) -> None:
    with site(tmp_path) as running, Traffic(running.settle().url, per_second=25, models=3) as traffic:
        running.fail(traffic)
        end(running, traffic)
        assert traffic.failed == []


def begin(running: Site, traffic: Traffic) -> None:
    """The provider goes away, and is found to be away."""
    running.soon(lambda: traffic.asked >= 20, "callers are served")
    assert running.incidents() == ()
    running.ill.break_with("refuse")
    running.soon(running.incidents, "there is an incident")
    opened_at = running.event_at(Opened)
    running.soon(lambda: running.told("INC-1 opened"), "somebody is notified")
    notified_at = time.time()
    state = running.incident()
    running.soon(lambda: state.title in running.page(), "it stands on the page")
    written_at = time.time()
    running.soon(lambda: state.title in running.summary(), "other tools read it")
    served_at = time.time()
    failed_at = next(one.at for one in running.heard(AttemptRecord) if one.outcome == "failed")
    breaker_at = next(one.at for one in running.heard(BreakerRecord) if one.state == "open")
    suspected_at = next(one.at for one in running.heard(DetectionRecord) if one.state in {"suspected", "ill"})
    measured(f"{state.id}: {state.title}")
    figure("breaker open after the first failing request", 1, breaker_at - failed_at, 5)
    figure("suspicion after the first failing request", 15, suspected_at - failed_at, 15)
    figure("incident after the first failing request", 60, opened_at - failed_at, 60)
    figure("notification after the incident", 5, notified_at - opened_at, 5)
    figure("static status page after its first words", 5, written_at - opened_at, 5)
    figure("summary.json of the status page after its first words", 5, served_at - opened_at, 5)
    assert_shown(running, state)


def assert_shown(running: Site, state: IncidentState) -> None:
    """It shows its evidence, and the operator's command shows it."""
    assert any(one.kind == "own" and one.is_bad for entry in state.timeline for one in entry.evidence)
    assert any(ILL in one.component for one in state.affected)
    listed = running.command("incident", "list").out
    assert state.id in listed
    assert state.title in listed


def end(running: Site, traffic: Traffic) -> None:
    """The provider comes back. Time flies by as soon as it serves: the breaker's clock cannot be moved."""
    running.ill.heal()
    running.soon(lambda: ask(running.url).header("x-mainstay-upstream") == ILL, "the breaker has closed")
    leaps = 0
    for status in (IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
        while running.incident().status is not status:
            assert leaps < LEAPS_MAX, f"never {status}: {running.incident()}"
            leaps += 1
            running.clock.move(LASTING_SECONDS + leaps * LEAP_SECONDS)
            enough = traffic.asked + CALLERS_BETWEEN
            running.soon(lambda enough=enough: traffic.asked >= enough, "callers are served")  # type: ignore[misc]
        measured(f"{status.value} within {leaps * LEAP_SECONDS / 60:.0f} min, as the moved clock tells")
    running.soon(lambda: running.told("INC-1 resolved"), "people are told of the end")
    running.soon(lambda: '"incidents":[]' in running.summary(), "so says the page")
    state = running.incident()
    assert (state.is_led, state.regressions, len(running.told("INC-1 opened"))) == (False, 0, 1)


def publish(running: Site) -> None:
    """What a person says of it stands on the page at once."""
    begun_at = time.monotonic()
    running.command("incident", "post", "INC-1", WORDS)
    running.soon(lambda: WORDS in running.page("api/v2/incidents.json"), "the words stand on the page")
    figure("status page after the command that posts", 5, time.monotonic() - begun_at, 10)


def figure(what: str, asked: float, found: float, most: float) -> None:
    """Print it, and hold it against what a loaded machine may take."""
    measured(f"{what}: asked {asked:g} s, measured {found:.2f} s")
    assert found <= most, what
