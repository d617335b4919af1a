"""The gateway's handler: from a request to a running exchange, or to an answer of our own."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.engine.allowances import Allowances
from mainstay.engine.board import Board
from mainstay.engine.keys import StaticKeys
from mainstay.engine.progress import Ticket
from mainstay.engine.purse import Purse
from mainstay.gateway.admission import Admission
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.asking import refused
from mainstay.gateway.cache.service import Caching
from mainstay.gateway.cache.shelf import Shelf
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.doors import OPENAI_RESPONSES, Door, DoorKind, door, spoken
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.driver import Caller, Upstreams, defect
from mainstay.gateway.entrance import Entrance, OpenGate
from mainstay.gateway.http.request import Request
from mainstay.gateway.idempotency import Idempotency
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.orders.guide import Guide
from mainstay.gateway.orders.port import NoOrders, OrderBoard
from mainstay.gateway.own_doors import NoTrust, OwnDoors, Parts, TrustBoard, WatchedJournal
from mainstay.gateway.refusals import refusal_record, told_of, unknown_model
from mainstay.gateway.responses import Responses
from mainstay.gateway.resumption import Resumption, read_after
from mainstay.gateway.runs import RUNS_MAX, Job, Runs, Surroundings
from mainstay.gateway.settling import Settling, SlowJournal
from mainstay.gateway.sink import Sink
from mainstay.gateway.telemetry.telemetry import Telemetry
from mainstay.gateway.visits import Answered
from mainstay.model.call import Call
from mainstay.model.catalogue import Menu
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.identity import Identity
from mainstay.model.ports import Authenticator, Dialect, Keys
from mainstay.wire.crossing.passages import Speech

SIMULATED_NOTICE = "simulated provider, no real model answers; set ANTHROPIC_API_KEY or OPENAI_API_KEY"
CALL = DoorKind.CALL
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
MODEL_DOORS = frozenset({DoorKind.MODELS, DoorKind.MODEL})
PUBLIC_DOORS = frozenset({DoorKind.LIVE, DoorKind.READY, DoorKind.TRUST, DoorKind.ORDERS})
REPORT_CHARACTERS_MAX = 2_000
STATIC_KEYS = StaticKeys()
OPEN_GATE = OpenGate()
NO_TRUST = NoTrust()
NOBODY = Identity("")
"""Who asks before that is known."""
FIRST_SERVER_ERROR = 500


class GatewayJournal(WatchedJournal, SlowJournal, Protocol):
    """What the gateway asks of its journal."""


class Gateway:
    """Everything that one worker shares between its exchanges."""

    def __init__(  # noqa: PLR0913 - the composition root hands over everything real
        self,
        snapshot: Snapshot,
        speech: Speech,
        upstreams: Upstreams,
        journal: GatewayJournal,
        metrics: Metrics,
        *,
        report: Callable[[str], None],
        next_id: Callable[[], str],
        keys: Keys = STATIC_KEYS,
        drafts: DraftStore | None = None,
        shelf: Shelf | None = None,
        admission: Admission | None = None,
        board: Board | None = None,
        gate: Authenticator = OPEN_GATE,
        allowances: Allowances | None = None,
        trust: TrustBoard = NO_TRUST,
        orders: OrderBoard | None = None,
        parts: Parts = tuple,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`report` takes one line for the operator's terminal; `next_id` makes exchange ids; `keys` knows the living
        secrets; `drafts` keeps what was delivered and `shelf` whole answers (`None`: nothing is kept); `admission`
        turns away what is too much (`None`: nothing); `gate` knows who asks; `allowances` bound what they use (`None`:
        nobody is bounded); `orders` holds the orders (`None`: there are none); `parts` say how they are, for
        readiness; `telemetry` makes traces (`None`: there are none)."""
        self.snapshot = snapshot
        self.board = board or Board()
        self.draining = False
        self._dialects = speech.dialects
        self._journal = journal
        self._metrics = metrics
        self._entrance = Entrance(gate, allowances, time.time)
        self._orders = orders or NoOrders()
        self._guide = Guide(self._orders, next_id, time.time)
        self.own = OwnDoors(self.board, journal, metrics, parts, trust, self._orders)
        self._telemetry = telemetry
        self._sink = Sink(journal, metrics, None if telemetry is None else telemetry.take)
        self._report = report
        self._next_id = next_id
        self._loop = asyncio.get_running_loop()
        self._notice = SIMULATED_NOTICE if snapshot.is_simulated else ""
        self._running = 0
        around = self._surroundings(speech, upstreams, keys, journal)
        self._admission = admission
        self._runs = Runs(around, drafts)
        self._resumption = Resumption(self._runs, speech.dialects, lambda: self.snapshot, self._purse_of, self._guide)
        self._responses = Responses(self._runs, self._resumption, speech.dialects[OPENAI_RESPONSES])
        self._idempotency = Idempotency(self._runs, self._resumption, self._responses)
        self._caching = Caching(
            self._runs,
            self._resumption,
            shelf,
            lambda identity, dialect: self._entrance.count(identity, self.snapshot, dialect),
        )

    def _surroundings(self, speech: Speech, upstreams: Upstreams, keys: Keys, journal: GatewayJournal) -> Surroundings:
        """What all exchanges of this worker share."""
        return Surroundings(
            speech=speech,
            upstreams=upstreams,
            board=self.board,
            keys=keys,
            journal=self._sink,
            alarms=Alarms(self._loop),
            clock=Clocks(self._loop),
            next_id=self._next_id,
            notice=lambda: self._notice,
            trouble=lambda: self.own.trouble(self._loop.time()),
            crashed=self._crashed,
            begun=self._begun,
            ended=self._ended,
            settled=Settling(journal, self._loop),
            telemetry=self._telemetry,
        )

    @property
    def running(self) -> int:
        """Exchanges that run now."""
        return self._running

    def replace(self, snapshot: Snapshot) -> None:
        """Swap the configuration. Running exchanges keep the one they started with."""
        self.snapshot = snapshot
        self._notice = SIMULATED_NOTICE if snapshot.is_simulated else ""
        self._metrics.configured((one.name for one in snapshot.upstreams), snapshot.model_names)

    def handle(self, request: Request, caller: Caller) -> None:
        """Serve one request (the server's `Handler`)."""
        found = door(request.path, request.headers)
        if found is None:
            dialect = self._dialects[spoken(request.path, request.headers)]
            fault = refused(404, "unknown_path", f"no such path here: {request.path[:200]}; see /v1/models")
            self._refuse(dialect, fault, caller, request)
        elif request.method not in {found.method, found.also} and not (
            request.method == "HEAD" and found.method == "GET"
        ):
            allowed = f"{found.method}, {found.also}" if found.also else found.method
            fault = refused(405, "method_not_allowed", f"use {allowed} for {request.path[:200]}")
            self._refuse(self._dialects[found.dialect], fault, caller, request, extra=(("allow", allowed),))
        elif found.kind is not CALL and found.kind in PUBLIC_DOORS:
            self._answer_publicly(found, request, caller)
        else:
            identity = self._entrance.identify(request.headers)
            if isinstance(identity, Fault):
                self._refuse(self._dialects[found.dialect], identity, caller, request)
            elif found.kind is CALL:
                self._call(self._dialects[found.dialect], request, caller, identity)
            else:
                self._show(found, request, caller, identity)

    def _show(self, found: Door, request: Request, caller: Caller, identity: Identity) -> None:
        """Somebody who was let in wants to see something."""
        dialect = self._dialects[found.dialect]
        if found.subject:
            self._come_back(found, request, caller, identity)
        elif found.kind is DoorKind.METRICS:
            caller.reply(self._noticed(self.own.metrics_reply(self._running)))
        elif found.model and not self._entrance.seen_by(identity, (found.model,)):
            self._refuse(dialect, unknown_model(found.model), caller, request, identity)
        elif found.kind in MODEL_DOORS and (menu := self._pass_through(found)) is not None:
            call = dialect.models_call(request.path, request.query, request.headers)
            menu = self._guide.route(menu, identity.tenant, "")
            if (unasked := self._guide.unasked(menu)) is not None:
                self._refuse(dialect, unasked, caller, request, identity)
            else:
                self._runs.start(Job(dialect, call, menu, identity=identity), caller)
        elif found.kind is DoorKind.MODELS:
            names = self._entrance.seen_by(identity, self.snapshot.model_names)
            caller.reply(self._noticed(dialect.models_reply(names)))
        elif self.snapshot.menu(found.model, "default") is None:
            self._refuse(dialect, unknown_model(found.model), caller, request, identity)
        else:
            caller.reply(self._noticed(dialect.model_reply(found.model)))

    def _answer_publicly(self, found: Door, request: Request, caller: Caller) -> None:
        """Doors that nobody needs a token for: they tell nothing, or take what proves itself."""
        reply: Reply | Fault
        if found.kind is DoorKind.READY:
            known = not isinstance(self._entrance.identify(request.headers), Fault)
            reply = self.own.ready(self.snapshot, draining=self.draining, is_known=known)
        else:
            reply = self.own.public_reply(found, request, self._entrance.identify, self._loop.time())
        if isinstance(reply, Fault):
            self._refuse(self._dialects[found.dialect], reply, caller, request)
        else:
            caller.reply(self._noticed(reply))

    def refusal(self, path: str, code: int, name: str, message: str) -> Reply:
        """The answer to a request that the server refuses (the server's `Refuse`)."""
        dialect, identity = self._dialects[spoken(path, ())], self._next_id()
        # The server also answers for us with 500 and 503: then nobody else is to blame (law 7).
        fault = refused(code, name, message) if code < FIRST_SERVER_ERROR else _own_trouble(code, name, message)
        reply = self._error_reply(dialect, fault, identity)
        self._sink.write(
            refusal_record(identity, self._wall_offset() + self._loop.time(), dialect, fault, reply, NOBODY)
        )
        return reply

    def _call(self, dialect: Dialect, request: Request, caller: Caller, identity: Identity) -> None:
        snapshot = self.snapshot
        call = dialect.read_call(request.path, request.query, request.headers, request.body)
        if isinstance(call, Fault):
            self._refuse(dialect, call, caller, request, identity)
            return
        asking = self._entrance.asking(identity, request.headers, call.model, snapshot)
        if isinstance(asking, Fault):
            self._refuse(dialect, asking, caller, request, identity)
            return
        menu = snapshot.menu(call.model, asking.workload)
        if menu is not None and self._orders.routing is not None:
            menu = self._guide.route(menu, identity.tenant, call.session)
        fault = self._objection(menu, call)
        if menu is None or fault is not None:
            self._refuse(dialect, fault or unknown_model(call.model), caller, request, identity)
            return
        weight = snapshot.weight(identity.tenant) if snapshot.weights else 1.0
        job = Job(dialect, call, menu, asking.deadline_seconds, identity=identity, weight=weight)

        def otherwise(fault: Fault) -> None:
            self._refuse(dialect, fault, caller, request, identity, job=job)

        if asking.idempotency_key:
            self._idempotency.serve(job, asking.idempotency_key, caller, otherwise, self._start)
        elif asking.cache or ((rule := menu.workload.cache) is not None and (rule.every or call.unsampled)):
            may_mark = snapshot.may_mark(identity.tenant)
            self._caching.serve(job, asking.cache, caller, otherwise, self._start, may_mark=may_mark)
        else:
            self._start(job, caller, otherwise)

    def _start(self, job: Job, caller: Caller, otherwise: Answered) -> None:
        """Serve a job that was not served before, within what its caller may use."""
        if self._orders.routing is not None and (unasked := self._guide.unasked(job.menu)) is not None:
            otherwise(unasked)
            return
        if self._admission is not None and self._admission.pressure.binds:
            workload, tenant = job.menu.workload, job.identity.tenant
            shed = self._admission.refusal(job.call, workload, tenant, job.weight)
            if shed is not None:
                otherwise(shed)
                return
        purse = self._entrance.admit(job.identity, self.snapshot, job.dialect, job.call)
        if isinstance(purse, Fault):
            otherwise(purse)
            return
        if purse is not None:
            job = msgspec.structs.replace(job, purse=purse)
        if job.dialect.name == OPENAI_RESPONSES:
            self._responses.serve(job, caller, otherwise)
        elif job.durable:
            self._runs.start(job, caller, lambda run: otherwise(run) if isinstance(run, Fault) else None)
        else:
            self._runs.start(job, caller)

    def _purse_of(self, identity: Identity) -> Purse | None:
        """What an exchange may spend that is taken up again."""
        return self._entrance.purse(identity, self.snapshot)

    def _come_back(self, found: Door, request: Request, caller: Caller, identity: Identity) -> None:
        """Somebody asks for an exchange or a response that was begun before."""
        dialect = self._dialects[found.dialect]

        def otherwise(fault: Fault) -> None:
            self._refuse(dialect, fault, caller, request, identity)

        if found.dialect == OPENAI_RESPONSES:
            self._responses.come_back(found, request, caller, otherwise, identity)
        elif found.kind is DoorKind.STREAM:
            after = read_after(request.query, "after")
            if isinstance(after, Fault):
                otherwise(after)
            else:
                self._resumption.stream(found.subject, after, caller, otherwise, identity)
        else:
            self._resumption.standing(found.subject, caller, otherwise, identity)

    def end_running(self) -> None:
        """The process stops and can wait no longer: end every exchange honestly, at once."""
        self._runs.drain()

    def pick_up(self) -> None:
        """Go on with the durable exchanges that an earlier process left unfinished."""
        self._resumption.pick_up()

    def _pass_through(self, found: Door) -> Menu | None:
        """Who answers a question for models that are not listed here but passed through. A file that lists some models
        beside the wildcard lists these; a single one that it does not know is asked for."""
        menu = self.snapshot.menus.get((WILDCARD, "default"))
        is_ours = found.model in self.snapshot.models if found.model else bool(self.snapshot.model_names)
        if menu is None or is_ours or not any(one.upstream.dialect == found.dialect for one in menu.candidates):
            return None
        return menu

    def _objection(self, menu: Menu | None, call: Call) -> Fault | None:
        if menu is None:
            return unknown_model(call.model)
        if self._orders.routing is not None and (shed := self._guide.turned_away(menu)) is not None:
            return shed
        if menu.workload.durable and (why := self.own.why_no_durable_work()):
            message = f"this workload must be written down before it is served, and the journal {why}"
            return _own_trouble(503, "journal_unavailable", message)
        if menu.workload.durable and (self._runs.drafts is None or self._runs.unattended >= RUNS_MAX):
            why = "drafts are switched off" if self._runs.drafts is None else f"{RUNS_MAX} already run unattended"
            message = f"this workload must be kept so that it survives its caller, and that is impossible now: {why}"
            return _own_trouble(503, "draft_unavailable", message)
        return None

    def _begun(self) -> None:
        self._running += 1

    def _ended(self) -> None:
        self._running -= 1

    def _wall_offset(self) -> float:
        """What turns the loop's instants into seconds since 1970. Asked each time: wall clocks are set and drift."""
        return time.time() - self._loop.time()

    def _crashed(self, ticket: Ticket, job: Job, error: Exception) -> Reply:
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "?"
        self._report(f"defect in exchange {ticket.id}: {type(error).__name__} at {place}"[:REPORT_CHARACTERS_MAX])
        fault, call = defect(error), job.call
        reply = self._error_reply(job.dialect, fault, ticket.id)
        record = refusal_record(
            ticket.record_id, ticket.wall_offset + ticket.now, job.dialect, fault, reply, job.identity
        )
        self._sink.write(
            msgspec.structs.replace(
                told_of(record, job),
                total_seconds=round(self._loop.time() - ticket.now, 6),
                bytes_received=len(call.body),
            )
        )
        return reply

    def _refuse(  # noqa: PLR0913 - everything that a refusal tells
        self,
        dialect: Dialect,
        fault: Fault,
        caller: Caller,
        request: Request,
        asker: Identity = NOBODY,
        *,
        extra: Headers = (),
        job: Job | None = None,
    ) -> None:
        identity = self._next_id()
        reply = self._error_reply(dialect, fault, identity, extra)
        caller.reply(reply)
        record = refusal_record(identity, self._wall_offset() + request.at, dialect, fault, reply, asker)
        if job is not None:
            record = told_of(record, job)
        total_seconds = round(self._loop.time() - request.at, 6)
        size = len(request.body)
        self._sink.write(msgspec.structs.replace(record, total_seconds=total_seconds, bytes_received=size))

    def _error_reply(self, dialect: Dialect, fault: Fault, identity: str, extra: Headers = ()) -> Reply:
        reply = dialect.error_reply(fault, identity)
        return self._noticed(Reply(reply.status, (*reply.headers, ("x-mainstay-id", identity), *extra), reply.body))

    def _noticed(self, reply: Reply) -> Reply:
        """The reply that says, while providers are simulated, that they are."""
        if not self._notice:
            return reply
        return Reply(reply.status, (*reply.headers, ("x-mainstay-simulated", self._notice)), reply.body)


def _own_trouble(code: int, name: str, message: str) -> Fault:
    return Fault(FaultKind.INTERNAL, message, status=code, code=name)
