"""Several workers behind one address: killed, paused, replaced, while callers ask and do not try again."""

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.callers import Callers, Question
from tests.e2e.process import Process, is_running
from tests.e2e.stand import KEYS
from tests.e2e.workforce import SteadyCallers, Workforce, workforce

GONE_MILLISECONDS = 20_000


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workforce]:
    """Two workers. Their end is a test, too: all of them end, and cleanly."""
    with workforce(tmp_path_factory.mktemp("workers")) as running:
        yield running
        running.until_all_serve()
        pids = running.pids
        assert running.stop() == 0, running.process.output
        assert [pid for pid in pids if is_running(pid)] == []
        assert "defect" not in running.process.output


def heard(callers: SteadyCallers, more: int) -> int:
    return callers.answers + more


def test_a_rolling_restart_loses_no_request(crew: Workforce) -> None:
    before = crew.pids
    with SteadyCallers(crew.url) as callers:
        enough = heard(callers, 20)
        crew.until(lambda: callers.answers >= enough, "callers are served")
        assert "2 workers are new" in crew.route("restart")
        enough = heard(callers, 20)
        crew.until(lambda: callers.answers >= enough, "callers are served by new workers")
    assert callers.failures == []
    assert set(crew.pids).isdisjoint(before)


def test_what_runs_on_the_others_does_not_notice_a_killed_worker(crew: Workforce) -> None:
    victim, other = crew.pids
    with SteadyCallers(crew.url) as callers:
        enough = heard(callers, 20)
        crew.until(lambda: callers.answers >= enough, "callers are served")
        os.kill(victim, signal.SIGKILL)
        crew.until(lambda: victim not in crew.pids and all(crew.pids), "the worker is back")
        crew.until_all_serve()
        enough = heard(callers, 20)
        crew.until(lambda: callers.answers >= enough, "callers are served by both again")
    # Each caller holds one connection at most, and loses it to the killed worker at most once.
    assert len(callers.failures) <= 6, callers.failures
    assert crew.pids[1] == other
    assert "worker 0 ended with code -9; it starts again" in crew.process.output
    crew.until(lambda: "worker 0 ended with code -9" in crew.audit(), "it is recorded")


def test_a_paused_worker_is_replaced_and_takes_no_connection_meanwhile(crew: Workforce) -> None:
    victim = crew.pids[0]
    os.kill(victim, signal.SIGSTOP)
    for _ in range(10):
        callers = Callers(crew.url)
        assert callers.ask("anthropic", Question(model="claude", prompt="Why? [words=3]")).text
        callers.close()
    crew.until(lambda: victim not in crew.pids and all(crew.pids), "the paused worker is replaced")
    crew.until_all_serve()
    assert not is_running(victim)
    crew.until(lambda: "was killed: silent for 10 s" in crew.audit(), "it is recorded")


def test_a_second_gateway_on_the_state_folder_is_refused_by_name(crew: Workforce, tmp_path: Path) -> None:
    with Process(["gateway", "-c", str(crew.file)], tmp_path, KEYS) as second:
        assert second.wait() == 1
        assert f"in use by the gateway with process id {crew.process.pid}" in second.output
    assert crew.process.is_ready()


def test_the_state_of_every_worker_is_shown(crew: Workforce) -> None:
    shown = crew.route("status")
    assert "worker 0: serving" in shown
    assert "worker 1: serving" in shown
    assert str(crew.file) in shown


def test_workers_end_with_their_supervisor_and_make_room_for_others(tmp_path: Path) -> None:
    with workforce(tmp_path, drain_seconds=1) as running:
        handles = [os.pidfd_open(pid) for pid in running.pids]
        running.process.kill()
        for handle in handles:
            until_gone(handle)
        running.start()
        callers = Callers(running.url)
        assert callers.ask("anthropic", Question(model="claude", prompt="Why? [words=3]")).text
        callers.close()
        assert running.stop() == 0


def until_gone(handle: int) -> None:
    """Wait for the end of a process that is not our child."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(GONE_MILLISECONDS), "a worker lives on"
    os.close(handle)
