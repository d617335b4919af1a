"""Operations of one control plane: all desks and jobs, made from a configuration and connected with each other."""

import os
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Final

from mainstay.config.secret import resolve
from mainstay.config.snapshot import Snapshot
from mainstay.control.background import Background
from mainstay.control.book import Book
from mainstay.control.bookkeeping.bookkeeping import Bookkeeping
from mainstay.control.bookkeeping.bookkeeping import Surroundings as BookkeepingTools
from mainstay.control.bookkeeping.tallied import Tallied
from mainstay.control.feeds.cache import FeedCache
from mainstay.control.feeds.desk import FeedDesk
from mainstay.control.feeds.past import read_past
from mainstay.control.feeds.poller import FeedClocks, FeedEars, FeedPoller
from mainstay.control.feeds.sources import sources_of
from mainstay.control.incidents.desk import IncidentDesk
from mainstay.control.incidents.keeper import Ears, IncidentKeeper
from mainstay.control.notices.desk import NoticeDesk
from mainstay.control.notices.ill_places import is_ill_host
from mainstay.control.notices.rounds import NoticeTools
from mainstay.control.notices.webhook import Answer, Post, Webhook, post_webhook
from mainstay.control.operations.desks import Desks
from mainstay.control.operations.effects import (
    IncidentEffects,
    KnownFacts,
    ProbeEffects,
    ProbeMemory,
    WebhookEffects,
)
from mainstay.control.operations.following import Following
from mainstay.control.operations.lead import Lead, LeadParts
from mainstay.control.operations.topology import related_to, topology_of
from mainstay.control.operations.watch import Duties, Watch
from mainstay.control.orders.desk import OrderDesk
from mainstay.control.orders.desk import Outside as OrderTools
from mainstay.control.orders.load import store_load
from mainstay.control.playbooks.desk import DeskTools, PlaybookDesk
from mainstay.control.playbooks.desk_orders import DeskOrders
from mainstay.control.playbooks.library import playbooks_for
from mainstay.control.playbooks.ports import Ports
from mainstay.control.playbooks.runner import Runner, RunnerTools
from mainstay.control.probes.port import Probes
from mainstay.control.probes.prober import Prober, ProberParts
from mainstay.control.report.desk import ReportDesk
from mainstay.control.search.search import LedgerSearch
from mainstay.control.status_page.messenger import Messenger
from mainstay.control.status_page.publisher import Outside as PublisherTools
from mainstay.control.status_page.publisher import Publisher
from mainstay.control.status_page.subscribers import Subscribers
from mainstay.control.trouble.desk import TroubleDesk
from mainstay.control.trouble.persons import Persons
from mainstay.control.trouble.watch import TroubleWatch
from mainstay.gateway.identity import id_maker
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from mainstay.model.playbook import Playbook
from mainstay.model.records import OrderRecord, Record
from mainstay.model.settings import DetectionSettings, StatusPageSettings
from mainstay.ops.detection.detector import Decision, Detector
from mainstay.wiring.probing import open_probes

DAY_SECONDS: Final = 86_400.0
CARRIED_EVENTS: Final = frozenset({"given", "changed", "ended"})


class Operations:
    """Everything that follows from records. Nothing is read or done before its jobs are started."""

    def __init__(
        self,
        following: Following,
        folder: Path,
        is_acting: Callable[[], bool],
        write: Callable[[Record], None],
        report: Callable[[str], None],
    ) -> None:
        """`folder` is that of the configuration; `is_acting` tells whether the lease is ours; `write` puts a record
        into our own journal, `report` takes a line for the operator. None of them raises."""
        self._following = following
        self._folder = folder
        self._is_acting = is_acting
        self._write = write
        self._report = report
        self._next_id = id_maker()
        snapshot = following.snapshot()
        self._state = snapshot.state
        self._dsn = None if snapshot.store is None else snapshot.store.value
        self._playbooks_of: tuple[Snapshot, dict[str, Playbook]] | None = None
        self.book = Book(self._open_store, write)
        self.incidents = IncidentDesk(self.book, time.time, self._next_id)
        self.orders = self._made_orders()
        self.notices = self._made_notices()
        self.watch = self._made_watch()
        self.trouble_watch = TroubleWatch(self._open_store, self._detection, self.watch.hear, time.time)
        self.trouble = TroubleDesk(Persons(self._state), self._detection, write, time.time, self._next_id)
        self.prober = self._made_prober()
        self.poller = self._made_poller()
        self.feeds = FeedDesk(self.poller.standings, self._open_store, time.time)
        self.probe_memory = ProbeMemory()
        self._facts = KnownFacts(self.watch.standing, self.incidents, self.probe_memory.facts)
        self.runner = self._made_runner()
        self.playbooks = PlaybookDesk(
            DeskTools(
                self.book,
                self._playbooks,
                self._facts,
                DeskOrders(self.orders),
                time.time,
                self._next_id,
            )
        )
        self.bookkeeping = Bookkeeping(
            BookkeepingTools(self._open_store, is_acting, time.time, time.monotonic, write, report)
        )
        self.subscribers = Subscribers(self._state)
        self.messenger = Messenger(self.subscribers, _send, time.time, report)
        self.lead = self._made_lead()

    def jobs(self) -> tuple[Background, ...]:
        """What runs in threads of its own, in the order in which it starts."""
        return (
            Background("watch", self.watch.run),
            Background("bookkeeping", self.bookkeeping.run),
            Background("lead", self.lead.run),
            Background("notices", self.notices.run),
            Background("playbooks", self.runner.run),
            Background("feeds", self.poller.run),
            Background("probes", self.prober.run),
            Background("trouble", self.trouble_watch.run),
            Background("subscribers", self.messenger.run),
        )

    def desks(self) -> Desks:
        """What pages ask."""
        return Desks(
            snapshot=self._following.snapshot,
            incidents=self.incidents,
            orders=self.orders,
            playbooks=self.playbooks,
            notices=self.notices,
            feeds=self.feeds,
            trouble=self.trouble,
            reports=ReportDesk(
                self._open_store, self.incidents.read, self._following.snapshot().incidents.clocks, time.time
            ),
            search=LedgerSearch(self._open_store, time.monotonic),
            tallied=Tallied(self._open_store, time.time),
            subscribers=self.subscribers,
            book=self.book,
            standing=self.watch.standing,
            levels=self.trouble_watch.levels,
            probes=self.prober.status,
            bookkeeping=self.bookkeeping.status,
            status_view=lambda: self.lead.view,
            troubles=self.troubles,
            is_acting=self._is_acting,
            pulse=self.pulse,
        )

    def troubles(self) -> tuple[str, ...]:
        """What is wrong with operations, in sentences without secrets."""
        watching = self.watch.trouble
        found = (
            self._following.trouble,
            None if watching is None else f"detection is blind: {watching}",
            self.bookkeeping.status().trouble,
            self.notices.status().trouble or None,
            *self.lead.troubles(),
        )
        return tuple(dict.fromkeys(one for one in found if one))

    def pulse(self) -> str:
        """A text that changes when anything that pages show has; at least every two seconds, while traffic flows."""
        view = self.lead.view
        states = hash(tuple((one.component, one.state, one.attempts) for one in self.watch.standing()))
        published = 0.0 if view is None else view.generated_at
        return f"{int(time.time() // 2)}-{self.book.changes}-{states}-{published}"

    def close(self) -> None:
        """Let go of the store."""
        self.book.close()

    def _open_store(self) -> Store:
        return open_store(self._dsn, self._state)

    def _detection(self) -> DetectionSettings:
        return self._following.snapshot().detection

    def _playbooks(self) -> dict[str, Playbook]:
        snapshot = self._following.snapshot()
        kept = self._playbooks_of
        if kept is None or kept[0] is not snapshot:
            kept = self._playbooks_of = (snapshot, playbooks_for(snapshot.file.playbooks))
        return kept[1]

    def _made_orders(self) -> OrderDesk:
        tools = OrderTools(
            self._following.snapshot,
            store_load(self._open_store),
            self._write,
            time.time,
            self._next_id,
            os.urandom,
        )
        return OrderDesk(OrderFolder(self._state), tools)

    def _made_notices(self) -> NoticeDesk:
        tools = NoticeTools(
            self.book,
            self._write,
            self._report,
            time.time,
            time.monotonic,
            self._next_id,
            self._is_acting,
            is_ill_host=lambda host: is_ill_host(host, self._following.snapshot(), self.watch.standing()),
            settings=lambda: self._following.snapshot().notifications,
        )
        return NoticeDesk(self._following.snapshot().notifications, tools)

    def _made_watch(self) -> Watch:
        snapshot = self._following.snapshot()
        duties = Duties(
            is_acting=self._is_acting,
            write=self._write,
            decided=self._decided,
            wished=lambda wishes: self.prober.wish(wishes),  # noqa: PLW0108 - the prober is made later
            heard=self.heard,
            changed=lambda: None,
            wall=time.time,
            report=self._report,
            next_id=self._next_id,
        )
        return Watch(self._open_store, Detector(snapshot.detection, topology_of(snapshot)), self._following, duties)

    def _decided(self, decision: Decision) -> None:
        self.keeper.decide((decision,))

    def heard(self, record: Record) -> None:
        """A record came to the store."""
        if isinstance(record, OrderRecord) and record.event in CARRIED_EVENTS:
            self._carry(record)
        self.runner.hear(record)
        self.trouble_watch.heard(record)
        self.probe_memory.take(record)
        self.prober.remember(record)

    def _carry(self, record: OrderRecord) -> None:
        """An order that was given elsewhere counts here too: machines may share nothing but the store."""
        try:
            self.orders.hear(record.order)
        except OSError as error:
            self._report(f"orders: {record.order.id} cannot be kept here: {error.strerror or error}")

    def _made_prober(self) -> Prober:
        parts = ProberParts(
            settings=lambda: self._following.snapshot().detection.probes,
            write=self._write,
            report=self._report,
            wall=time.time,
            is_active=self._is_acting,
            next_id=self._next_id,
            open_probes=self._open_probes,
            past=lambda: read_past(self._open_store, ("probe",), time.time() - DAY_SECONDS),
        )
        return Prober(parts)

    def _open_probes(self) -> AbstractAsyncContextManager[Probes]:
        return open_probes(self._following.snapshot, self._next_id)

    def _made_poller(self) -> FeedPoller:
        ears = FeedEars(self._write, self.watch.hear, self._report)
        clocks = FeedClocks(
            time.time,
            time.monotonic,
            random.SystemRandom().random,
            self._next_id,
            lambda: self._following.snapshot().detection.feed_seconds,
        )
        cache = FeedCache(self._state, self._report)
        return FeedPoller(lambda: sources_of(self._following.snapshot()), cache, ears, clocks, self._is_acting)

    def _made_runner(self) -> Runner:
        ports = Ports(
            orders=DeskOrders(self.orders),
            incidents=IncidentEffects(self.incidents),
            notices=self.notices,
            probes=ProbeEffects(self.prober, time.time),
            webhooks=WebhookEffects(partial(resolve, environment=os.environ, directory=self._folder), time.time),
            facts=self._facts,
        )
        tools = RunnerTools(self.book, self._playbooks, ports, self._is_acting, time.time, self._next_id, self._report)
        return Runner(tools)

    def _made_lead(self) -> Lead:
        snapshot = self._following.snapshot()
        ears = Ears(self.notices.tell, self.notices.acknowledge, related_to(self._following.snapshot))
        self.keeper = IncidentKeeper(self.incidents, snapshot.incidents, ears, time.time)
        parts = LeadParts(
            snapshot=self._following.snapshot,
            is_acting=self._is_acting,
            is_warm=lambda: self.watch.is_warm,
            keeper=self.keeper,
            incidents=self.incidents,
            troubles=self.trouble,
            orders=self.orders,
            made_publisher=self._made_publisher,
            standing=self.watch.standing,
            feeds=self.feeds.standings,
            lag_seconds=lambda upstream: self.feeds.accuracy(upstream).lag_seconds,
            open_store=self._open_store,
            show=self.messenger.show,
            wall=time.time,
            report=self._report,
        )
        return Lead(parts)

    def _made_publisher(self, settings: StatusPageSettings) -> Publisher:
        tools = PublisherTools(self._write, self._report, time.time, self._next_id)
        return Publisher(self._state, settings.export, tools, takes_subscribers=settings.public)


def _send(webhook: Webhook, post: Post) -> Answer:
    return post_webhook(webhook, post)
