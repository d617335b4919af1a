"""Everything that one worker works with: made from its configuration, opened in order, closed in the reverse order.

Nothing here may keep the gateway from serving but a state folder that is not ours: what cannot be had is told and done
without.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from prometheus_client.core import Metric

from mainstay import __version__
from mainstay.config.snapshot import Snapshot
from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.board import Board
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.upstream_rates import UpstreamRates
from mainstay.gateway.admission import Admission
from mainstay.gateway.admission_metrics import admission_families
from mainstay.gateway.app import Gateway
from mainstay.gateway.auth.gate import AuthGate
from mainstay.gateway.bus.sharing import Place, Sharing
from mainstay.gateway.bus.sharing import Surroundings as Around
from mainstay.gateway.cache.opening import made_shelf
from mainstay.gateway.capacity_metrics import capacity_families, suspect_families
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.drafts.keys import key_from_secret
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.siblings import drafts_folder
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.drafts.surroundings import Sharing as DraftSharing
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.metrics_pages import MetricsPages
from mainstay.gateway.node import node_name
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.gateway.orders.keeper import OrderKeeper
from mainstay.gateway.orders.order_metrics import order_families
from mainstay.gateway.orders.reopening import Reopening
from mainstay.gateway.sink import Sink
from mainstay.gateway.spending import Spending
from mainstay.gateway.status import Part
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.gateway.telemetry.telemetry import Telemetry
from mainstay.gateway.telemetry.telemetry_metrics import telemetry_families
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import TokenKeeper, read_text_file
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.gateway.tokens.store import TokenStore
from mainstay.gateway.upkeep import Upkeep
from mainstay.ledger.writing.journal import FileJournal
from mainstay.model.orders import Order
from mainstay.model.records import OrderRecord
from mainstay.wire.crossing.passages import Speech

OPEN = (
    "gateway: runs open on this machine: whoever reaches it may call without a token; `auth: {callers: tokens}` in the "
    "configuration file ends that"
)


class UnusableProxyError(OSError):
    """The environment names a proxy that cannot be used."""


class NobodyCanCallError(OSError):
    """Callers need tokens, and there is no key with which any could have been made."""


class Berthing(msgspec.Struct, frozen=True):
    """Where a worker stands among the processes of its gateway. `id_trouble` is why the gateway's id is not the one
    that it keeps; empty while all is well."""

    gateway_id: str
    number: int
    journal: FileJournal
    next_id: Callable[[], str]
    report: Callable[[str], None]
    id_trouble: str = ""

    @property
    def node(self) -> str:
        """This process among all."""
        return node_name(self.gateway_id, self.number)


class Equipment:
    """One worker's, in the event loop that runs when it is made."""

    def __init__(self, snapshot: Snapshot, speech: Speech, berthing: Berthing) -> None:
        """Make everything; nothing is opened yet. Raises `UnusableProxyError`."""
        self._snapshot = snapshot
        self._berthing = berthing
        self._loop = asyncio.get_running_loop()
        self._client = _client()
        state, report = Path(snapshot.state), berthing.report
        around = Surroundings(
            IdentityClient(self._client), self._loop, time.time, SeededDice(berthing.next_id()), read_text_file
        )
        self.keeper = TokenKeeper(
            around,
            TokenStore(state / "tokens", report),
            berthing.journal,
            os.environ,
            report=report,
            next_id=berthing.next_id,
        )
        self.gate = AuthGate(state, around, report, required=snapshot.must_authenticate)
        self.spending = Spending(berthing.node, berthing.number, state, report)
        self.metrics = Metrics(
            version=__version__, upstreams=(one.name for one in snapshot.upstreams), models=snapshot.model_names
        )
        board = self._made_board()
        self.admission = Admission(
            board.room, self._loop, time.time, Sink(berthing.journal, self.metrics), berthing.next_id
        )
        self.metrics.others.append(lambda models: admission_families(self.admission.status(), models))
        self.metrics.others.append(lambda _: self._candidates_metrics(board))
        self.orders = OrderKeeper(OrderFolder(state), report, time.time, self._follow)
        """What operators and playbooks ask for now."""
        self.metrics.others.append(lambda _: order_families(self.orders.status()))
        self.telemetry = Telemetry(berthing.node, report)
        self.metrics.others.append(lambda _: telemetry_families(self.telemetry.status()))
        self.configuration: ConfigurationStanding | None = None
        """Which version of the configuration runs, where whoever is in charge has told it."""
        self.sharing = self._made_sharing(board)
        self.drafts = self._made_drafts()
        self.shelf = made_shelf(snapshot, self._loop, self.sharing.shared, report)
        """What is kept of answers; `None` where the cache is off."""
        self._pages = MetricsPages(state / "run", berthing.number)
        pages = self._pages if snapshot.workers > 1 else None
        self._upkeep = Upkeep(self.spending, berthing.journal.status, self.drafts, pages, report)
        self._speech = speech
        self._board = board

    def open(self, stack: AsyncExitStack) -> Gateway:
        """Start each part, and let `stack` close it. Raises `NobodyCanCallError`, `StateInUseError` or
        `NewerStoreError`."""
        snapshot, loop = self._snapshot, self._loop
        journal = self._berthing.journal
        # The first to be opened and the last to be closed: whatever ends writes its last words. What was spent is
        # written down behind it, so that nothing of the journal needs to be read again.
        stack.callback(self.spending.close)
        journal.start()
        stack.callback(journal.close)
        stack.push_async_callback(self._client.close)
        stack.push_async_callback(self.keeper.close)
        self.keeper.start(snapshot.upstreams)
        self._open_gate(stack)
        self.spending.start()
        self._part_former_workers()
        self._expect_siblings()
        stack.push_async_callback(self.sharing.close)
        # The last news say that this process reserves nothing any more.
        stack.callback(self.spending.allowances.leave)
        self.sharing.start()
        self.orders.start(loop)
        stack.callback(self.orders.close)
        if self.drafts is not None:
            self._upkeep.begin_drafts()
            stack.callback(self.drafts.close)
            stack.push_async_callback(self.drafts.leave)
        if self.shelf is not None:
            self.shelf.start()
            stack.callback(self.shelf.close)
        self.admission.start()
        stack.callback(self.admission.close)
        self.telemetry.follow(snapshot.telemetry, snapshot.upstreams)
        stack.callback(self.telemetry.close)
        gateway = self._made_gateway()
        self.orders.on_change = Reopening(self.orders, gateway.pick_up).changed
        stack.callback(loop.create_task(self._upkeep.go_on(gateway)).cancel)
        return gateway

    def replace(self, snapshot: Snapshot) -> None:
        """Follow a new configuration."""
        self._snapshot = snapshot
        self._board.room.size_max = snapshot.queue_max
        self.keeper.replace(snapshot.upstreams)
        self.gate.replace(snapshot.issuers, required=snapshot.must_authenticate)
        self.telemetry.follow(snapshot.telemetry, snapshot.upstreams)

    def parts(self) -> Iterator[Part]:
        """How each part is, for readiness."""
        configuration = self.configuration
        if configuration is not None:
            why = None if configuration.refused is None else "the changed file was refused: nothing was changed"
            yield Part("configuration", configuration, why, is_own=False)
        if self.drafts is not None:
            drafts = self.drafts.status()
            yield Part("drafts", drafts, self._upkeep.drafts_trouble or drafts.trouble or self.drafts.claims.trouble)
        admission = self.admission.status()
        yield Part("admission", admission, admission.trouble, is_own=admission.is_lagging)
        yield Part("capacity", self._board.capacity.standing(self._loop.time()))
        suspects = self._board.watch.standing(self._loop.time())
        if suspects:
            yield Part("suspects", suspects, f"{suspects[0].key.upstream}: {suspects[0].what}", is_own=False)
        if self.shelf is not None:
            cache = self.shelf.status()
            yield Part("cache", cache, cache.trouble)
        state = self._state_trouble()
        if state:
            yield Part("state", state, state)
        identity = self.gate.status()
        yield Part("identity", identity, identity.trouble)
        ill = {name: state for name, state in identity.issuers.items() if state != "ok"}
        if ill:
            yield Part("issuers", ill, next(iter(ill.values())), is_own=False)
        orders = self.orders.status()
        yield Part("orders", orders, orders.trouble)
        spending = self.spending.status()
        yield Part("spending", spending, spending.trouble)
        sharing = self.sharing.status()
        yield Part("sharing", sharing, sharing.trouble)
        if self._snapshot.store is not None:
            shipping = self._upkeep.shipping.trouble
            yield Part("shipping", {"trouble": shipping}, shipping)
        dead = {f"{one.upstream}/{one.credential}": one.why for one in self.keeper.waiting()}
        if dead:
            yield Part("credentials", dead, "some have no living secret", is_own=False)

    def _candidates_metrics(self, board: Board) -> Iterator[Metric]:
        """How candidates stand, by the upstreams' own names of models."""
        now = self._loop.time()
        names = frozenset(one.model for candidates in self._snapshot.models.values() for one in candidates)
        yield from capacity_families(board.capacity.standing(now), names)
        yield from suspect_families(board.watch.standing(now), names)

    def _made_board(self) -> Board:
        allowances, clocks = self.spending.allowances, Clocks(self._loop)
        rates = UpstreamRates(allowances.meters)
        capacity = Capacity(allowances.peers, rates, lambda now: now + clocks.wall() - clocks.time())
        return Board(capacity, WaitingRoom(capacity, self._snapshot.queue_max))

    def _made_gateway(self) -> Gateway:
        berthing = self._berthing
        gateway = Gateway(
            self._snapshot,
            self._speech,
            self._client,
            berthing.journal,
            self.metrics,
            report=berthing.report,
            next_id=berthing.next_id,
            keys=self.keeper,
            drafts=self.drafts,
            shelf=self.shelf,
            admission=self.admission,
            board=self._board,
            gate=self.gate,
            allowances=self.spending.allowances,
            trust=self.gate,
            orders=self.orders,
            parts=lambda: tuple(self.parts()),
            telemetry=self.telemetry,
        )
        if self._snapshot.workers > 1:
            gateway.own.all_pages = self._pages.together
        return gateway

    def _made_sharing(self, board: Board) -> Sharing:
        snapshot, berthing = self._snapshot, self._berthing
        place = Place(
            berthing.gateway_id,
            berthing.number,
            Path(snapshot.state),
            snapshot.workers,
            None if snapshot.shared is None else snapshot.shared.value,
        )
        return Sharing(
            place,
            Around(
                board,
                self.spending.allowances,
                self.gate.offer,
                Sink(berthing.journal, self.metrics),
                berthing.next_id,
                Clocks(self._loop),
                SeededDice(berthing.next_id()),
                berthing.report,
                self.orders,
            ),
        )

    def _made_drafts(self) -> DraftStore | None:
        """The draft store; `None` where drafts are off."""
        snapshot, berthing = self._snapshot, self._berthing
        if snapshot.drafts is None:
            return None
        state, shared = Path(snapshot.state), self.sharing.shared
        return DraftStore(
            drafts_folder(state, berthing.number),
            state / "keys",
            self._loop,
            report=berthing.report,
            limits=DraftLimits(keep_seconds=snapshot.drafts.keep_seconds, bytes_max=snapshot.drafts.bytes_max),
            key=None if snapshot.draft_key is None else key_from_secret(snapshot.draft_key.value),
            node=berthing.node,
            sharing=None if shared is None else DraftSharing(shared, self._loop),
        )

    def _open_gate(self, stack: AsyncExitStack) -> None:
        self.gate.on_change = self.sharing.trust_changed
        self.gate.start(self._snapshot.issuers)
        stack.callback(self.gate.close)
        status = self.gate.status()
        if status.required and not (status.serial or status.issuers or status.trouble):
            message = (
                f"callers need tokens, and there is none yet: make one with `mainstay token mint --state "
                f"{self._snapshot.state} --tenant NAME --name NAME`, or name an issuer under `auth`"
            )
            raise NobodyCanCallError(message)
        if not status.required and self._berthing.number == 0:
            self._berthing.report(OPEN)

    def _follow(self, order: Order) -> None:
        """Write down that this process goes by an account of an order from now on."""
        berthing = self._berthing
        record_id = f"{berthing.next_id()}-order"
        berthing.journal.write(OrderRecord(record_id, time.time(), order, "followed", berthing.node))

    def _expect_siblings(self) -> None:
        """Until the other workers are heard, they may be using what all may use together."""
        names = (node_name(self._berthing.gateway_id, number) for number in range(self._snapshot.workers))
        self.spending.allowances.peers.expect(names)

    def _part_former_workers(self) -> None:
        """Workers that the configuration has no more are not waited for."""
        peers = self.spending.allowances.peers
        for name in tuple(peers.names):
            gateway_id, _, number = name.rpartition("/")
            if gateway_id == self._berthing.gateway_id and int(number) >= self._snapshot.workers:
                peers.part(name)

    def _state_trouble(self) -> str:
        """What the state folder does not take, of what belongs to no other part."""
        page = self._upkeep.page_trouble
        in_charge = "" if self.configuration is None else self.configuration.disk_trouble
        found = (self._berthing.id_trouble, in_charge, page and f"the page of metrics: {page}")
        return "; ".join(one for one in found if one)


def _client() -> UpstreamClient:
    try:
        return UpstreamClient()
    except ValueError as error:
        raise UnusableProxyError(f"proxy settings of the environment: {error}") from error
