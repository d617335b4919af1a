"""`mainstay up` without its processes: what it starts, waits for, watches and stops. tests/e2e shows the rest."""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli import up as up_module
from mainstay.cli.children import Child
from mainstay.cli.main import app
from mainstay.cli.up import (
    _await_ready,
    _children,
    _free_ports,
    _greet,
    _is_free,
    _must_answer,
    _source,
    _Stop,
)
from mainstay.config.address import Address
from mainstay.config.snapshot import Snapshot
from mainstay.wiring.simulation import DEMO_PORTS
from mainstay.wiring.source import Source, demo_snapshot

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 20.0
HANDLED_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
YAML = """
gateway: {{listen: "127.0.0.1:{gateway}"}}
control: {{listen: "127.0.0.1:{control}"}}
upstreams: {{alpha: {{dialect: anthropic, base_url: "http://127.0.0.1:9001"}}}}
models: {{first: {{candidates: [{{upstream: alpha}}]}}}}
"""


class Script(Child):
    """A child without a process. `on_watch` happens at each look."""

    def __init__(self, name: str, happened: list[str], on_watch: Callable[[], object] = lambda: None) -> None:
        super().__init__(name, ())
        self.happened = happened
        self.on_watch = on_watch
        self.failure: OSError | None = None
        self.is_dead = False

    def start(self, now: float) -> None:
        if self.failure is not None:
            raise self.failure
        self.happened.append(f"start {self.name}")

    def watch(self, now: float, report: Callable[[str], None]) -> None:
        self.on_watch()

    @property
    def has_died(self) -> bool:
        return self.is_dead

    @property
    def pid(self) -> int | None:
        return 1

    def send(self, number: signal.Signals) -> None:
        self.happened.append(f"{number.name} {self.name}")

    def terminate(self) -> None:
        self.happened.append(f"terminate {self.name}")

    def join(self, deadline: float) -> None:
        self.happened.append(f"join {self.name}")


class Watch:
    """A clock on which each look takes ten seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 10.0
        return self.now

    def sleep(self, seconds: float) -> None:
        """Nobody waits."""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, no keys, and the signal handlers as they were."""
    monkeypatch.chdir(tmp_path)
    for key in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setattr(up_module, "GLANCE_SECONDS", 0.0)
    handlers = {number: signal.getsignal(number) for number in HANDLED_SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


@contextmanager
def answering(status: int) -> Iterator[Address]:
    """A server that gives this status to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer((LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield Address(LOOPBACK, server.server_port)
        finally:
            server.shutdown()
            thread.join(PATIENCE_SECONDS)


def write_file(gateway: int = 0, control: int = 0) -> None:
    Path("mainstay.yaml").write_text(YAML.format(gateway=gateway, control=control))


def up(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["up", *arguments])


def demo_source(tmp_path: Path) -> Source:
    return Source(None, {}, tmp_path, demo_ports=DEMO_PORTS)


# -- what is started


def test_without_keys_and_file_the_demonstration_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up_module, "_is_free", lambda *_: True)
    assert _source(None).demo_ports == DEMO_PORTS


def test_where_a_usual_port_is_taken_the_demonstration_takes_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up_module, "_is_free", lambda _host, port: port != DEMO_PORTS[2])
    ports = _source(None).demo_ports
    assert ports is not None
    assert set(ports).isdisjoint(DEMO_PORTS)


def test_keys_of_the_environment_are_served_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    source = _source(None)
    assert (source.path, source.demo_ports) == (None, None)


def test_a_file_that_lies_here_is_served_for_real(tmp_path: Path) -> None:
    write_file()
    source = _source(None)
    assert (source.path, source.demo_ports) == (tmp_path / "mainstay.yaml", None)


def test_each_plane_is_a_process_with_the_same_file(tmp_path: Path) -> None:
    children = _children(Source(tmp_path / "mainstay.yaml", {}, tmp_path))
    file = str(tmp_path / "mainstay.yaml")
    assert [one._arguments for one in children] == [["gateway", "-c", file], ["control", "-c", file]]


def test_without_a_file_the_planes_read_the_environment_themselves(tmp_path: Path) -> None:
    assert [one._arguments for one in _children(Source(None, {}, tmp_path))] == [["gateway"], ["control"]]


def test_the_demonstrations_providers_stop_after_the_gateway_that_speaks_to_them(tmp_path: Path) -> None:
    children = _children(demo_source(tmp_path))
    assert [one.name for one in children] == ["gateway", "control plane", "simulated providers"]
    ports = "8491,8492,8493,8494"
    assert [one._arguments for one in children] == [
        ["gateway", "--demo-ports", ports],
        ["control", "--demo-ports", ports],
        ["up", "--simulate-only", ports],
    ]


def test_the_simulated_providers_are_a_process_of_this_command(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[int, ...]] = []
    monkeypatch.setattr(up_module, "run_simulated_providers", ran.append)
    assert up("--simulate-only", "1,2,3,4").exit_code == 0
    assert ran == [(1, 2, 3, 4)]


def test_simulated_providers_without_a_port_say_so_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_ports: tuple[int, ...]) -> None:
        raise OSError("address in use")

    monkeypatch.setattr(up_module, "run_simulated_providers", fail)
    result = up("--simulate-only", "1,2,3,4")
    assert (result.exit_code, result.stderr) == (1, "mainstay: simulated providers: address in use\n")


# -- what is refused


def test_a_file_with_mistakes_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up_module, "_children", pytest.fail)
    Path("mainstay.yaml").write_text("models: {}\nmodls: {}\n")
    result = up()
    assert result.exit_code == 1
    assert "modls is not a known key" in result.stderr


def test_every_taken_address_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up_module, "_children", pytest.fail)
    with listening() as one, listening() as other:
        write_file(one, other)
        result = up()
    assert result.exit_code == 1
    assert f"mainstay: 127.0.0.1:{one} is in use: stop the program" in result.stderr
    assert f"mainstay: 127.0.0.1:{other} is in use" in result.stderr


def test_a_port_is_free_until_somebody_listens() -> None:
    with listening() as port:
        assert not _is_free(LOOPBACK, port)
    assert _is_free(LOOPBACK, port)


def test_four_free_ports_are_four() -> None:
    ports = _free_ports()
    assert len(set(ports)) == 4
    assert all(0 < port < 65_536 for port in ports)


# -- waiting


def test_both_planes_and_every_simulated_provider_must_answer(tmp_path: Path) -> None:
    source = demo_source(tmp_path)
    snapshot = demo_snapshot(DEMO_PORTS, tmp_path)
    wanted = [(str(address), path) for address, path in _must_answer(source, snapshot)]
    assert wanted == [
        ("127.0.0.1:8484", "/readyz"),
        ("127.0.0.1:8485", "/readyz"),
        *((f"127.0.0.1:{port}", "/lab") for port in DEMO_PORTS),
    ]
    assert len(_must_answer(Source(None, {}, tmp_path), snapshot)) == 2


def test_it_is_ready_when_everybody_answers() -> None:
    with answering(200) as one, answering(200) as other:
        assert _await_ready([Script("gateway", [])], [(one, "/readyz"), (other, "/readyz")], _Stop())


def test_one_who_is_not_ready_is_waited_for_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(up_module, "time", Watch())
    monkeypatch.setattr(up_module, "_is_ready", lambda address, _path: address.port == 1)
    waiting = [(Address(LOOPBACK, port), "/readyz") for port in (1, 2)]
    assert not _await_ready([Script("gateway", [])], waiting, _Stop())
    assert capsys.readouterr().err == "mainstay: no answer within 60 s from 127.0.0.1:2\n"


@pytest.mark.parametrize("status", [404, 503])
def test_an_answer_that_is_not_well_is_none(status: int) -> None:
    with answering(status) as address:
        assert not up_module._is_ready(address, "/readyz")


def test_one_who_speaks_another_protocol_is_not_ready() -> None:
    def speak(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")

    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        thread = threading.Thread(target=speak, args=(listener,), daemon=True)
        thread.start()
        assert not up_module._is_ready(Address(LOOPBACK, listener.getsockname()[1]), "/readyz")
        thread.join(PATIENCE_SECONDS)


def test_one_who_dies_at_its_first_start_ends_the_waiting() -> None:
    child = Script("gateway", [])
    child.is_dead = True
    with answering(503) as address:
        assert not _await_ready([child], [(address, "/readyz")], _Stop())


def test_a_signal_ends_the_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    stopping = _Stop()
    stopping.take(signal.SIGTERM, None)
    assert not _await_ready([Script("gateway", [])], [(Address(LOOPBACK, 1), "/readyz")], stopping)
    assert capsys.readouterr().err == ""


# -- running


def run_with(monkeypatch: pytest.MonkeyPatch, children: list[Script], *, ready: bool = True) -> Result:
    monkeypatch.setattr(up_module, "_children", lambda _: children)
    monkeypatch.setattr(up_module, "_await_ready", lambda *_: ready)
    write_file()
    return up()


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_it_greets_watches_and_stops_its_children_in_order(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    happened: list[str] = []
    children = [
        Script("gateway", happened, on_watch=lambda: happened.append("watch")),
        Script("control", happened, on_watch=lambda: signal.raise_signal(number)),
    ]
    result = run_with(monkeypatch, children)
    assert result.exit_code == 0
    assert "Mainstay is ready." in result.stdout
    assert "SIMULATED" not in result.stdout
    assert happened == [
        "start gateway",
        "start control",
        "watch",
        "terminate gateway",
        "join gateway",
        "terminate control",
        "join control",
    ]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_what_only_the_gateway_understands_goes_there(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    happened: list[str] = []
    signals = iter((number, signal.SIGTERM))
    children = [
        Script("gateway", happened),
        Script("control", happened, on_watch=lambda: signal.raise_signal(next(signals))),
    ]
    run_with(monkeypatch, children)
    assert happened.count(f"{number.name} gateway") == 1
    assert f"{number.name} control" not in happened
    assert happened[-1] == "join control"


def test_children_that_do_not_become_ready_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    result = run_with(monkeypatch, [Script("gateway", happened)], ready=False)
    assert result.exit_code == 1
    assert "ready" not in result.stdout
    assert happened == ["start gateway", "terminate gateway", "join gateway"]


def test_a_child_that_cannot_be_started_leaves_no_other_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    children = [Script("gateway", happened), Script("control", happened)]
    children[1].failure = OSError("no room for another process")
    assert run_with(monkeypatch, children).exit_code == 1
    assert "join gateway" in happened


# -- greeting


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return demo_snapshot(DEMO_PORTS, tmp_path)


def test_the_demonstration_is_greeted_with_its_tour(
    tmp_path: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bin/mainstay", "up"])
    _greet(demo_source(tmp_path), snapshot)
    said = capsys.readouterr().out
    assert "SIMULATED PROVIDERS" in said
    assert "bin/mainstay lab break" in said


def test_commands_that_are_shown_can_be_typed_however_we_were_started(
    tmp_path: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/mainstay/cli/main.py", "up"])
    _greet(demo_source(tmp_path), snapshot)
    assert "\nmainstay lab break" in capsys.readouterr().out
