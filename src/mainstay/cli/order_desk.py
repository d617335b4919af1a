"""The desk of orders as a command has it: over the state folder, with the configuration that its gateway runs."""

import os
import time
from pathlib import Path

import msgspec

from mainstay.cli.state_folder import configuration, refusal, state_folder, told
from mainstay.cli.trust_push import ORDERS_PATH, push
from mainstay.config.from_environment import from_environment
from mainstay.config.load import load, load_text
from mainstay.config.snapshot import Snapshot
from mainstay.control.orders.desk import OrderDesk, Outside
from mainstay.control.orders.load import journal_load
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.identity import id_maker
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.gateway.orders.signed_order import sign_order
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.standing import GatewayStanding, read_standing
from mainstay.model.orders import Order
from mainstay.model.records import Record
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.keys import SigningKey
from mainstay.wiring.control_journal import write_records
from mainstay.wiring.source import demo_snapshot

PORTS_OF_NOBODY = (1, 2, 3, 4)
"""The demonstration's providers listen somewhere; their names are all that matters here."""


class CommandDesk(msgspec.Struct, frozen=True):
    """What a command works with. Its records are written by `write_down`."""

    desk: OrderDesk
    state: Path
    records: list[Record]

    def write_down(self) -> None:
        """Write down what was done, on disk when this returns. Where that cannot be, say so: it was done."""
        if self.records and (trouble := write_records(self.state, self.records)):
            told(f"done, but it is not written down in the journal: {trouble}")
        self.records.clear()


def desk_of(config: Path | None, state: Path | None) -> CommandDesk:
    """The desk of this state folder. Raises `typer.Exit` where nobody can tell what its gateway serves, but only once
    that is asked."""
    folder = state_folder(config, state)
    records: list[Record] = []
    outside = Outside(
        lambda: _snapshot(config, state, folder),
        journal_load(folder),
        records.append,
        time.time,
        id_maker(),
        os.urandom,
    )
    return CommandDesk(OrderDesk(OrderFolder(folder), outside), folder, records)


def signing_key(state: Path) -> SigningKey:
    """The key by which an order proves itself to other gateways. Raises `typer.Exit`."""
    folder = TrustFolder(state)
    trust = folder.bundle()
    if not isinstance(trust, Trust):
        raise refusal(f"--to: {trust or f'{folder.path}: no trust bundle here'}; an order proves itself by its key")
    try:
        key = folder.signing_key(trust.bundle.signing_key.kid)
    except OSError as error:
        raise refusal(f"--to: {folder.path}: {error.strerror or error}") from error
    if key is None:
        raise refusal(f"--to: {folder.path}: the private key is not here: work on the machine that keeps it")
    return key


def push_order(order: Order, key: SigningKey, to: list[str]) -> None:
    """Give an order to running gateways. Raises `typer.Exit` where not every one took it."""
    failed = False
    for url, problem in push(sign_order(order, key), to, path=ORDERS_PATH).items():
        told(f"{url}: {problem or 'has it'}")
        failed = failed or problem is not None
    if failed:
        raise refusal(f"not every gateway has {order.id}; it counts at the others")


def _snapshot(config: Path | None, state: Path | None, folder: Path) -> Snapshot:
    """What the gateway serves: by the file, by the version of it that runs, by the environment, or for show."""
    standing = read_standing(folder)
    file = configuration(config, state) or (Path(standing.path) if standing is not None and standing.path else None)
    if file is not None:
        found = load(file, os.environ, lenient=True).snapshot or _running(standing, folder, file)
        if found is None:
            raise refusal(f"{file} has mistakes: see `mainstay check -c {file}`")
        return found
    loaded = from_environment(os.environ, Path.cwd())
    if loaded is not None and loaded.snapshot is not None:
        return loaded.snapshot
    if standing is None:
        raise refusal("no configuration: name the gateway's file with -c, or its state folder with --state")
    return demo_snapshot(PORTS_OF_NOBODY, folder.parent)


def _running(standing: GatewayStanding | None, folder: Path, file: Path) -> Snapshot | None:
    """While the file has mistakes, what was accepted before counts."""
    text = None if standing is None else Archive(folder).read(standing.configuration.sha256)
    return None if text is None else load_text(text, file.parent, os.environ, lenient=True).snapshot
