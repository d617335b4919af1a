"""`mainstay route` before a gateway that is a file and a lock; the end-to-end tests show it before a real one."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from mainstay.cli import route as route_module
from mainstay.cli.main import app
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.lock import GatewayLock
from mainstay.gateway.supervisor.standing import (
    ConfigurationStanding,
    GatewayStanding,
    Refused,
    Roll,
    StandingFile,
    WorkerStanding,
)
from mainstay.model.orders import Order, OrderKind

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:1", credentials: [{name: main, key: "env:NO_KEY"}]}}
models: {first: {candidates: [{upstream: alpha}]}}
state: state
"""
OLD, NEW = "0" * 64, "1" * 64


class StandIn:
    """A running gateway, which is this process. `obeys` changes its standing when a signal comes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mainstay.yaml"
        self.state = folder / "state"
        self.path.write_text(YAML)
        self.lock = GatewayLock(self.state, pytest.fail)
        self.lock.take()
        self.heard: list[signal.Signals] = []
        self.standing = GatewayStanding(
            pid=os.getpid(),
            version="1",
            started_at=1.0,
            path=str(self.path),
            address="127.0.0.1:8484",
            draining=False,
            drain_seconds=1.0,
            configuration=ConfigurationStanding(OLD, 1_700_000_000.0),
            workers=(WorkerStanding(0, "serving", 11, OLD), WorkerStanding(1, "serving", 12, OLD, 3)),
        )
        self.obeys: Callable[[], GatewayStanding] = lambda: self.standing
        self.write(self.standing)

    def write(self, standing: GatewayStanding) -> None:
        self.standing = standing
        StandingFile(self.state, pytest.fail).write(standing)

    def hear(self, _pid: int, number: signal.Signals) -> None:
        self.heard.append(number)
        self.write(self.obeys())

    def with_(self, configuration: ConfigurationStanding, sha256: str) -> GatewayStanding:
        workers = tuple(msgspec.structs.replace(one, sha256=sha256) for one in self.standing.workers)
        return msgspec.structs.replace(self.standing, configuration=configuration, workers=workers)


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.chdir(tmp_path)
    stand_in = StandIn(tmp_path)
    monkeypatch.setattr(os, "kill", stand_in.hear)
    monkeypatch.setattr(route_module, "PATIENCE_SECONDS", 0.0)
    yield stand_in
    stand_in.lock.release()


def route(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["route", *arguments])


def test_the_status_shows_configuration_and_workers(gateway: StandIn) -> None:
    refused = Refused(5.0, NEW, ("models.x: is empty",))
    gateway.write(gateway.with_(ConfigurationStanding(OLD, 1_700_000_000.0, rolled_back=True, refused=refused), OLD))
    result = route("status")
    assert result.exit_code == 0
    assert f"gateway on 127.0.0.1:8484, process {os.getpid()}" in result.stdout
    assert "version 000000000000, accepted 2023-11-14 22:13:20 UTC; rolled back" in result.stdout
    assert "refused since: version 111111111111" in result.stdout
    assert "  models.x: is empty" in result.stdout
    assert "worker 1: serving, process 12, version 000000000000, started again 3 times" in result.stdout


def test_the_status_shows_the_orders_in_force(gateway: StandIn) -> None:
    assert "ORD-" not in route("status").stdout
    folder, now = OrderFolder(gateway.state), time.time()
    with folder.lock():
        folder.keep(Order("ORD-AAAA", OrderKind.DRAIN, "ada", "slow", now, now + 3_600, "alpha"))
        folder.keep(Order("ORD-BBBB", OrderKind.PIN, "ada", "over", now - 60, now - 1, "alpha"))
    (folder.path / "ORD-CCCC.json").write_text("torn")
    shown = route("status").stdout
    assert "ORD-AAAA  drain alpha  in force" in shown
    assert "by ada: slow" in shown
    assert "ORD-BBBB" not in shown
    assert "ORD-CCCC.json: is no order, or damaged" in shown


def test_the_state_folder_can_be_named_by_itself_or_by_the_file(gateway: StandIn, tmp_path: Path) -> None:
    for arguments in (("--state", str(gateway.state)), ("-c", str(gateway.path)), ()):
        assert route("status", *arguments).exit_code == 0
    other = tmp_path / "other.yaml"
    other.write_text(YAML)
    result = route("status", "-c", str(other))
    assert result.exit_code == 1
    assert f"runs the file {gateway.path}, not {other}" in result.stderr


def test_a_reload_waits_until_every_worker_runs_the_file(gateway: StandIn) -> None:
    gateway.obeys = lambda: gateway.with_(ConfigurationStanding(NEW, 1_700_000_001.0), NEW)
    result = route("reload")
    assert (result.exit_code, gateway.heard) == (0, [signal.SIGHUP])
    assert "every worker runs" in result.stdout
    assert "version 111111111111" in result.stdout


def test_a_reload_that_one_worker_does_not_follow_is_no_success(gateway: StandIn) -> None:
    def obey() -> GatewayStanding:
        followed = gateway.with_(ConfigurationStanding(NEW, 1_700_000_001.0), NEW)
        first, second = followed.workers
        return msgspec.structs.replace(followed, workers=(first, msgspec.structs.replace(second, sha256=OLD)))

    gateway.obeys = obey
    result = route("reload")
    assert result.exit_code == 1
    assert "every worker runs the file; see what the gateway says" in result.stderr


def test_a_file_with_mistakes_is_not_even_sent(gateway: StandIn) -> None:
    gateway.path.write_text(YAML + "modls: {}\n")
    result = route("reload", "--state", str(gateway.state))
    assert (result.exit_code, gateway.heard) == (1, [])
    assert "modls is not a known key" in result.stderr


def test_what_only_the_gateway_finds_wrong_is_told(gateway: StandIn) -> None:
    refused = Refused(9.0, NEW, ("upstreams.alpha.credentials[0].key: NO_KEY is not set",))
    gateway.obeys = lambda: gateway.with_(ConfigurationStanding(OLD, 1_700_000_000.0, refused=refused), OLD)
    result = route("reload")
    assert result.exit_code == 1
    assert "NO_KEY is not set" in result.stderr
    assert "nothing was changed" in result.stderr


def test_a_gateway_without_a_file_has_nothing_to_load(gateway: StandIn) -> None:
    gateway.write(msgspec.structs.replace(gateway.standing, path=""))
    result = route("reload")
    assert (result.exit_code, gateway.heard) == (1, [])
    assert "comes from the environment" in result.stderr


def test_a_rollback_waits_for_the_version_before(gateway: StandIn) -> None:
    archive = Archive(gateway.state)
    archive.keep(NEW, b"before", 1.0)
    archive.keep(OLD, b"now", 2.0)
    gateway.obeys = lambda: gateway.with_(ConfigurationStanding(NEW, 3.0, rolled_back=True), NEW)
    result = route("rollback")
    assert (result.exit_code, gateway.heard) == (0, [signal.SIGUSR1])
    assert "version 111111111111 again, instead of 000000000000" in result.stdout


def test_a_rollback_to_nowhere_is_refused(gateway: StandIn) -> None:
    result = route("rollback")
    assert (result.exit_code, gateway.heard) == (1, [])
    assert "no version was accepted before" in result.stderr


def test_a_restart_waits_for_its_end(gateway: StandIn) -> None:
    gateway.obeys = lambda: msgspec.structs.replace(gateway.standing, roll=Roll(1))
    result = route("restart")
    assert (result.exit_code, gateway.heard) == (0, [signal.SIGUSR2])
    assert "2 workers are new" in result.stdout


def test_a_restart_that_stopped_half_way_says_why(gateway: StandIn) -> None:
    gateway.obeys = lambda: msgspec.structs.replace(gateway.standing, roll=Roll(1, trouble="worker 0 is ill"))
    result = route("restart")
    assert result.exit_code == 1
    assert "stopped half-way: worker 0 is ill" in result.stderr


def test_one_worker_cannot_be_restarted(gateway: StandIn) -> None:
    gateway.write(msgspec.structs.replace(gateway.standing, workers=gateway.standing.workers[:1]))
    result = route("restart")
    assert (result.exit_code, gateway.heard) == (1, [])
    assert "2 or more" in result.stderr


@pytest.mark.parametrize("order", ["status", "reload", "rollback", "restart"])
def test_where_no_gateway_runs_that_is_said(order: str, gateway: StandIn) -> None:
    gateway.lock.release()
    result = route(order)
    assert (result.exit_code, gateway.heard) == (1, [])
    assert "no gateway runs on the state folder" in result.stderr


def test_a_gateway_that_ends_meanwhile_ends_the_waiting(gateway: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_module, "ROLL_SECONDS", 1_000.0)

    def obey() -> GatewayStanding:
        gateway.lock.release()
        return gateway.standing

    gateway.obeys = obey
    result = route("restart")
    assert result.exit_code == 1
    assert "the gateway ended before" in result.stderr


@pytest.mark.usefixtures("gateway")
def test_a_gateway_of_somebody_else_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", refuse)
    result = route("restart")
    assert result.exit_code == 1
    assert "cannot be told: Operation not permitted" in result.stderr
