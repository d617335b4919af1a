"""The file of a running gateway is changed: taken over whole, refused whole, gone back from by one command."""

import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.e2e.lanes import Tree
from tests.e2e.process import Process
from tests.e2e.raw import get
from tests.e2e.workforce import SteadyCallers, Workforce, workforce

BAD: Tree = {"claude": {"candidates": [{"upstream": "nobody"}]}}


class _Models(msgspec.Struct):
    data: list["_Model"]


class _Model(msgspec.Struct):
    id: str


def models(running: Workforce) -> list[str]:
    """The models that callers may ask for."""
    return [one.id for one in msgspec.json.decode(get(running.url, "/v1/models").body, type=_Models).data]


def with_model(running: Workforce, name: str) -> Tree:
    """The models of the file, and one more."""
    known = running.tree["models"]
    assert isinstance(known, dict)
    return known | {name: known["claude"]}


def versions(running: Workforce) -> set[str]:
    """What the workers run."""
    return {one.sha256 for one in running.workers}


@pytest.fixture(scope="module", params=[1, 2])
def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workforce]:
    with workforce(tmp_path_factory.mktemp("reload"), request.param) as running:
        yield running
        assert running.stop() == 0
        assert "defect" not in running.process.output


@pytest.fixture
def running(gateway: Workforce) -> Workforce:
    """The gateway with its first file."""
    gateway.write()
    gateway.route("reload")
    return gateway


def test_a_changed_file_is_taken_over_without_being_asked_and_without_a_failed_request(running: Workforce) -> None:
    with SteadyCallers(running.url, callers=3) as callers:
        before = versions(running)
        running.write(models=with_model(running, "fresh"))
        running.until(lambda: len(versions(running)) == 1 and versions(running) != before, "every worker runs it")
        enough = callers.answers + 6
        running.until(lambda: callers.answers >= enough, "callers are served")
    assert callers.failures == []
    assert "fresh" in models(running)


def test_a_command_takes_a_changed_file_over_in_every_worker(running: Workforce) -> None:
    running.write(models=with_model(running, "ordered"))
    assert "every worker runs" in running.route("reload")
    assert {"ordered" in models(running) for _ in range(8)} == {True}
    running.until(lambda: '"tag":"configuration"' in running.audit() or '"configuration"' in running.audit(), "records")


def test_a_bad_file_changes_nothing_and_every_mistake_is_told(running: Workforce) -> None:
    before = versions(running)
    running.write(models=BAD)
    said = running.route("reload", code=1)
    assert "models.claude.candidates[0].upstream" in said
    running.process.signal(signal.SIGHUP)
    running.until(lambda: "nothing was changed" in running.process.output, "the gateway refuses it, too")
    assert versions(running) == before
    assert "claude" in models(running)
    running.until(lambda: "configuration-refused" in running.audit(), "it is recorded")
    assert "refused since" in running.route("status")


def test_one_command_goes_back_and_that_outlives_a_restart(tmp_path: Path) -> None:
    with workforce(tmp_path) as running:
        (first,) = versions(running)
        running.write(models=with_model(running, "regretted"))
        running.route("reload")
        assert "regretted" in models(running)
        assert "again, instead of" in running.route("rollback")
        assert versions(running) == {first}
        assert "regretted" not in models(running)
        assert "rolled back" in running.route("status")
        assert f'"sha256":"{first}"' in get(running.url, "/readyz").text
        assert '"rolled_back":true' in get(running.url, "/readyz").text
        assert running.stop() == 0
        running.start()
        assert versions(running) == {first}
        assert "regretted" not in models(running)
        assert "every worker runs" in running.route("reload")
        assert "regretted" in models(running)
        assert "rolled back" not in running.route("status")


def test_there_is_nothing_to_go_back_to_before_the_first_version(tmp_path: Path) -> None:
    with workforce(tmp_path, 1) as running:
        assert "no version was accepted before" in running.route("rollback", code=1)
        assert "2 or more" in running.route("restart", code=1)


def test_where_no_gateway_runs_the_commands_say_so(tmp_path: Path) -> None:
    for order in ("status", "reload", "rollback", "restart"):
        with Process(["route", order, "--state", str(tmp_path)], tmp_path) as process:
            assert process.wait() == 1
    assert process.output.count("no gateway runs on the state folder") == 4
