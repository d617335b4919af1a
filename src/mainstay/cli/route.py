"""`mainstay route`: what a running gateway runs, and what an operator asks of it."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.audit_lines import shown
from mainstay.cli.check import print_findings
from mainstay.cli.order_lines import order_lines
from mainstay.cli.route_orders import add_orders
from mainstay.cli.state_folder import StateOption, configuration, refusal, state_folder
from mainstay.config.load import load
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.gateway.supervisor.alone import NEEDS_TWO
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.lock import holder_of
from mainstay.gateway.supervisor.standing import GatewayStanding, read_standing
from mainstay.gateway.supervisor.versions import NO_FILE

PATIENCE_SECONDS: Final = 30.0
GLANCE_SECONDS: Final = 0.1
ROLL_SECONDS: Final = 70.0
"""What each worker may take to be replaced, beyond its drain limit."""
SHOWN_DIGITS: Final = 12

route_app = typer.Typer(no_args_is_help=True, add_completion=False, help="See and change what a running gateway runs.")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The gateway's configuration file; default: mainstay.yaml, if it is here."),
]


class Gateway:
    """A running gateway, as its state folder shows it."""

    def __init__(self, config: Path | None, state: Path | None) -> None:
        """Find it. Raises `typer.Exit` where none runs."""
        config = configuration(config, state)
        self.state = state_folder(config, state)
        pid = self._holder()
        standing = read_standing(self.state)
        if pid is None or standing is None or standing.pid != pid:
            raise refusal(f"no gateway runs on the state folder {self.state}; name its folder with --state or -c")
        self.pid = pid
        self.standing = standing
        if config is not None and standing.path and Path(standing.path).resolve() != config.resolve():
            raise refusal(f"the gateway on {self.state} runs the file {standing.path}, not {config}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal. Raises `typer.Exit`."""
        try:
            os.kill(self.pid, number)
        except OSError as error:
            raise refusal(f"the gateway (process {self.pid}) cannot be told: {error.strerror}") from error

    def wait(self, until: Callable[[GatewayStanding], bool], what: str, seconds_more: float = 0.0) -> None:
        """Wait until its standing is so. Raises `typer.Exit` when it ends before, or that takes too long."""
        seconds_max = PATIENCE_SECONDS + seconds_more
        deadline = time.monotonic() + seconds_max
        while True:
            self.standing = read_standing(self.state) or self.standing
            if until(self.standing):
                return
            if time.monotonic() >= deadline:
                raise refusal(f"not within {seconds_max:g} s: {what}; see what the gateway says on its error stream")
            if self._holder() != self.pid:
                raise refusal(f"the gateway ended before: {what}")
            time.sleep(GLANCE_SECONDS)

    def _holder(self) -> int | None:
        try:
            return holder_of(self.state)
        except OSError as error:
            raise refusal(f"{self.state}: {error.strerror}") from error


add_orders(route_app)


@route_app.callback()
def route() -> None:
    """See and change what a running gateway runs."""


@route_app.command()
def status(config: ConfigOption = None, state: StateOption = None) -> None:
    """Show the running version of the configuration, every worker, and the orders in force."""
    gateway = Gateway(config, state)
    console = Console(soft_wrap=True, highlight=False)
    for line in lines(gateway.standing):
        console.print(Text(shown(line)))
    for line in orders_in_force(gateway.state):
        console.print(Text(line))


@route_app.command()
def reload(config: ConfigOption = None, state: StateOption = None) -> None:
    """Load the configuration file again: validated whole, then swapped at once in every worker."""
    gateway = Gateway(config, state)
    before = gateway.standing.configuration
    if not gateway.standing.path:
        raise refusal(f"reload: {NO_FILE}")
    path = Path(gateway.standing.path)
    # Lenient: secrets of the gateway's environment need not be in ours. It looks again itself.
    loaded = load(path, os.environ, lenient=True)
    if loaded.snapshot is None:
        print_findings(Console(stderr=True, soft_wrap=True, highlight=False), path, loaded)
        raise typer.Exit(1)
    gateway.send(signal.SIGHUP)
    gateway.wait(
        lambda now: (
            (
                now.configuration.accepted_at != before.accepted_at
                and not now.configuration.rolled_back
                and is_settled(now)
            )
            or now.configuration.refused != before.refused
        ),
        "every worker runs the file",
    )
    refused = gateway.standing.configuration.refused
    if refused is not None and refused != before.refused:
        raise refusal("\n".join([*refused.mistakes, "the gateway refused the file; nothing was changed"]))
    typer.echo(f"every worker runs {path}, version {short(gateway.standing.configuration.sha256)}")


@route_app.command()
def rollback(config: ConfigOption = None, state: StateOption = None) -> None:
    """Go back to the version of the configuration that was accepted before the running one. That outlives a restart,
    and ends when the file is changed or loaded again."""
    gateway = Gateway(config, state)
    running = gateway.standing.configuration.sha256
    try:
        target = Archive(gateway.state).before(running)
    except OSError as error:
        raise refusal(f"the versions before cannot be read: {error.strerror}") from error
    if target is None:
        raise refusal("no version was accepted before the running one")
    gateway.send(signal.SIGUSR1)
    gateway.wait(
        lambda now: now.configuration.sha256 == target and now.configuration.rolled_back and is_settled(now),
        f"every worker runs version {short(target)}",
    )
    typer.echo(f"every worker runs version {short(target)} again, instead of {short(running)}")


@route_app.command()
def restart(config: ConfigOption = None, state: StateOption = None) -> None:
    """Replace every worker process, one after the other, each while the others serve."""
    gateway = Gateway(config, state)
    workers, number = gateway.standing.workers, gateway.standing.roll.number
    if len(workers) == 1:
        raise refusal(NEEDS_TWO)
    gateway.send(signal.SIGUSR2)
    gateway.wait(
        lambda now: now.roll.number > number and not now.roll.under_way,
        "every worker is new",
        len(workers) * (gateway.standing.drain_seconds + ROLL_SECONDS),
    )
    if gateway.standing.roll.trouble:
        raise refusal(f"stopped half-way: {gateway.standing.roll.trouble}")
    typer.echo(f"{len(workers)} workers are new")


def is_settled(standing: GatewayStanding) -> bool:
    """Whether every worker that runs has the version that is meant."""
    wanted = standing.configuration.sha256
    return all(one.sha256 == wanted for one in standing.workers if one.pid)


def lines(standing: GatewayStanding) -> list[str]:
    """What `status` says."""
    configuration = standing.configuration
    accepted = datetime.fromtimestamp(configuration.accepted_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    name = standing.path or "the environment"
    back = "; rolled back, `mainstay route reload` ends that" if configuration.rolled_back else ""
    found = [
        f"gateway on {standing.address}, process {standing.pid}{', draining' if standing.draining else ''}",
        f"configuration: {name}, version {short(configuration.sha256)}, accepted {accepted}{back}",
    ]
    if configuration.refused is not None:
        found.append(f"refused since: version {short(configuration.refused.sha256) or 'unknown'}")
        found += [f"  {mistake}" for mistake in configuration.refused.mistakes]
    for one in standing.workers:
        version = f", version {short(one.sha256)}" if one.sha256 else ""
        times = "once" if one.restarts == 1 else f"{one.restarts} times"
        restarts = f", started again {times}" if one.restarts else ""
        found.append(f"worker {one.number}: {one.state}, process {one.pid}{version}{restarts}")
    if standing.roll.trouble:
        found.append(f"last rolling restart: {standing.roll.trouble}")
    return found


def orders_in_force(state: Path) -> list[str]:
    """What `status` says of orders."""
    wall = time.time()
    try:
        orders, troubles = OrderFolder(state).all()
    except OSError as error:
        return [f"orders cannot be read: {error.strerror}"]
    found = list(order_lines((one for one in orders.values() if one.is_open(wall)), wall))
    return found + [f"an order cannot be read: {shown(one)}" for one in troubles]


def short(sha256: str) -> str:
    """Enough of a hash for people."""
    return sha256[:SHOWN_DIGITS]
