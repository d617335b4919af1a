"""Control planes that are killed in the middle of an outage: the gateway does not notice, the next one goes on, and
nothing is opened, told or done twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.model.incident import IncidentStatus, Opened, Posted
from tests.e2e.outages import ILL, PLAYBOOKS, Site, Traffic, another_control_plane, site
from tests.services.postgres import PostgresServer, binaries_or_skip


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer(binaries_or_skip()) as server:
        yield server


def assert_handled_once(running: Site) -> None:
    """One incident, of which people heard once, one run, and one order in the name of it."""
    state = running.incident()
    assert [type(entry.event) for entry in state.timeline].count(Opened) == 1
    assert [entry.event for entry in state.timeline if isinstance(entry.event, Posted)] == []
    assert [one.text for one in state.updates].count("Requests go elsewhere.") == 1
    assert state.status is IncidentStatus.IDENTIFIED
    assert len(running.told("INC-1 opened")) == 1
    run = running.run_of("respond")
    assert run is not None
    assert [(deed.step, deed.outcome) for deed in run.deeds] == [(name, "done") for name in ("say", "ask", "move")]
    assert [one.order.upstream for one in running.orders()] == [ILL]


def answer_and_finish(running: Site) -> None:
    """Somebody approves what the run asks, and it goes on to its end."""
    running.soon(lambda: running.asks("respond"), "the run asks for approval")
    running.run("playbook", "approve", "RUN-1", "-c", str(running.file))
    running.soon(lambda: running.outcome("respond"), "the run is over")
    running.soon(running.orders, "the order is in the ledger")
    running.soon(lambda: running.told("INC-1 opened"), "people were told")


def test_a_control_plane_that_is_killed_and_started_again_goes_on(tmp_path: Path) -> None:
    with site(tmp_path, playbooks=PLAYBOOKS) as running, Traffic(running.settle().url) as traffic:
        running.fail(traffic)
        running.kill_control()
        enough = traffic.asked + 10
        running.soon(lambda: traffic.asked >= enough, "callers are served without it")
        running.start_control()
        running.soon(lambda: running.asks("respond"), "the run asks for approval")
        running.kill_control()
        running.start_control()
        answer_and_finish(running)
        assert_handled_once(running)
        assert traffic.failed == []


def test_the_standby_takes_over_from_one_that_is_killed(server: PostgresServer, tmp_path: Path) -> None:
    with server.database() as dsn, site(tmp_path, playbooks=PLAYBOOKS) as running:
        running.use_store(dsn)
        running.settle()
        with another_control_plane(running, tmp_path / "second") as second, Traffic(running.url) as traffic:
            running.fail(traffic)
            running.kill_control()
            second.until(lambda: "acts from now on" in second.output, "the second one acts")
            answer_and_finish(running)
            assert_handled_once(running)
            assert traffic.failed == []
            assert second.stop() == 0
