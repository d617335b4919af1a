"""`mainstay up`: both planes, each in a process of its own; with no keys and no file also simulated providers."""

import http.client
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from mainstay.cli.children import Child
from mainstay.cli.loading import Config, load_or_exit
from mainstay.cli.tour import demo_tour, greeting
from mainstay.config.address import Address
from mainstay.config.from_environment import from_environment
from mainstay.config.snapshot import Snapshot
from mainstay.lab.provider.control import CONTROL_ROOT
from mainstay.lab.provider.door import LOOPBACK
from mainstay.wiring.report import report
from mainstay.wiring.simulation import DEMO_PORTS, run_simulated_providers
from mainstay.wiring.source import Source, here

READY_SECONDS = 60.0
STOP_SLACK_SECONDS = 12.0
"""What a gateway may take to end beyond its drain limit, before it is killed."""
GLANCE_SECONDS = 0.1
ANSWER_SECONDS = 2.0


def up(
    config: Config = None,
    simulate_only: Annotated[str, typer.Option("--simulate-only", hidden=True)] = "",
) -> None:
    """Start both planes and keep them running. Ctrl-C stops them; SIGHUP loads the file again."""
    if simulate_only:
        one, two, three, four = (int(port) for port in simulate_only.split(","))
        try:
            run_simulated_providers((one, two, three, four))
        except OSError as error:
            report(f"simulated providers: {error}")
            raise typer.Exit(1) from None
        return
    source = _source(config)
    snapshot = load_or_exit(source).snapshot
    if snapshot is None:
        raise typer.Exit(1)
    _refuse_taken_addresses(snapshot)
    children = _children(source)
    stopping = _Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping.take)
    # Without a file there is nothing to load again: then a closed terminal stops everything, as people expect.
    signal.signal(signal.SIGHUP, stopping.take if source.path is None else stopping.pass_on)
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, stopping.pass_on)
    try:
        for child in children:
            child.start(time.monotonic())
        if _await_ready(children, _must_answer(source, snapshot), stopping):
            _greet(source, snapshot)
            _watch(children, stopping)
    finally:
        deadline = time.monotonic() + snapshot.drain_seconds + STOP_SLACK_SECONDS
        for child in children:
            child.terminate()
            child.join(deadline)
    raise typer.Exit(0 if stopping.asked else 1)


class _Stop:
    """Remembers what signals asked for."""

    def __init__(self) -> None:
        self.asked = False
        self.for_gateway: list[signal.Signals] = []

    def take(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def pass_on(self, number: int, _frame: FrameType | None) -> None:
        self.for_gateway = [signal.Signals(number)]


def _source(config: Path | None) -> Source:
    source = here(config)
    if source.path is not None or from_environment(source.environment, source.directory) is not None:
        return source
    ports = DEMO_PORTS if all(_is_free(LOOPBACK, port) for port in DEMO_PORTS) else _free_ports()
    return Source(None, source.environment, source.directory, demo_ports=ports)


def _children(source: Source) -> list[Child]:
    """In the order in which they start and stop: the gateway stops before the providers that it speaks to."""
    if source.demo_ports is not None:
        ports = ",".join(str(port) for port in source.demo_ports)
        arguments = ["--demo-ports", ports]
        simulated = [Child("simulated providers", ["up", "--simulate-only", ports])]
    else:
        arguments = ["-c", str(source.path)] if source.path is not None else []
        simulated = []
    planes = [Child("gateway", ["gateway", *arguments]), Child("control plane", ["control", *arguments])]
    return planes + simulated


def _must_answer(source: Source, snapshot: Snapshot) -> list[tuple[Address, str]]:
    """Who must answer on which path before anybody is greeted."""
    planes = [(address, "/readyz") for address in (snapshot.gateway, snapshot.control)]
    return planes + [(Address(LOOPBACK, port), CONTROL_ROOT) for port in source.demo_ports or ()]


def _await_ready(children: list[Child], waiting: list[tuple[Address, str]], stopping: _Stop) -> bool:
    """Wait until everybody answers. A child that dies at its first start has said why; we give up."""
    deadline = time.monotonic() + READY_SECONDS
    while waiting and time.monotonic() < deadline and not stopping.asked:
        waiting = [(address, path) for address, path in waiting if not _is_ready(address, path)]
        if any(child.pid is None or child.has_died for child in children):
            return False
        time.sleep(GLANCE_SECONDS if waiting else 0)
    if waiting and not stopping.asked:
        late = ", ".join(str(address) for address, _ in waiting)
        report(f"no answer within {READY_SECONDS:g} s from {late}")
    return not waiting


def _watch(children: list[Child], stopping: _Stop) -> None:
    while not stopping.asked:
        now = time.monotonic()
        for child in children:
            child.watch(now, report)
        for number in stopping.for_gateway:
            children[0].send(number)
        stopping.for_gateway = []
        time.sleep(GLANCE_SECONDS)


def _greet(source: Source, snapshot: Snapshot) -> None:
    console = Console(soft_wrap=True, highlight=False)
    program = Path(sys.argv[0])
    if program.suffix == ".py":  # started as a module: the file itself is no command
        program = Path("mainstay")
    console.print(greeting(program, source.name, snapshot))
    if source.demo_ports is not None:
        console.print(demo_tour(program, snapshot, source.demo_ports))


def _is_ready(address: Address, path: str) -> bool:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _refuse_taken_addresses(snapshot: Snapshot) -> None:
    taken = [one for one in (snapshot.gateway, snapshot.control) if not _is_free(one.host, one.port)]
    for address in taken:
        report(f"{address} is in use: stop the program that listens there, or change `listen` in the configuration")
    if taken:
        raise typer.Exit(1)


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _free_ports() -> tuple[int, int, int, int]:
    probes = [socket.socket() for _ in range(4)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        one, two, three, four = (int(probe.getsockname()[1]) for probe in probes)
    finally:
        for probe in probes:
            probe.close()
    return one, two, three, four
