"""The gateway's handler: from a request to a running exchange, or to an answer of our own."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from mainstay import __version__
from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.engine.board import Board
from mainstay.engine.closing import outcome
from mainstay.engine.exchange import exchange
from mainstay.engine.progress import Ticket
from mainstay.gateway import status
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.asking import PLAIN, Asking, read_asking, refused
from mainstay.gateway.doors import Door, DoorKind, door, spoken
from mainstay.gateway.driver import Caller, Driver, Upstreams, defect
from mainstay.gateway.http.request import Request
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.metrics import METRICS_CONTENT_TYPE, Metrics
from mainstay.gateway.sink import Sink
from mainstay.model.call import Call
from mainstay.model.catalogue import Menu
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Dialect, Journal
from mainstay.model.records import ExchangeRecord

SIMULATED_NOTICE = "simulated provider, no real model answers; set ANTHROPIC_API_KEY or OPENAI_API_KEY"
CALL = DoorKind.CALL
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
MODEL_DOORS = frozenset({DoorKind.MODELS, DoorKind.MODEL})
REPORT_CHARACTERS_MAX = 2_000
FIRST_SERVER_ERROR = 500


class WatchedJournal(Journal, Protocol):
    """A journal that tells how it is."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot write now; `None` while all is well."""

    def status(self) -> status.JournalStatus:
        """For readiness and metrics."""


class Gateway:
    """Everything that one worker shares between its exchanges."""

    def __init__(  # noqa: PLR0913 - the composition root hands over everything real
        self,
        snapshot: Snapshot,
        dialects: Mapping[str, Dialect],
        upstreams: Upstreams,
        journal: WatchedJournal,
        metrics: Metrics,
        *,
        report: Callable[[str], None],
        next_id: Callable[[], str],
    ) -> None:
        """`report` takes one line for the operator's terminal; `next_id` makes exchange ids."""
        self.snapshot = snapshot
        self.board = Board()
        self.draining = False
        self._dialects = dialects
        self._upstreams = upstreams
        self._journal = journal
        self._metrics = metrics
        self._sink = Sink(journal, metrics)
        self._report = report
        self._next_id = next_id
        self._loop = asyncio.get_running_loop()
        self._alarms = Alarms(self._loop)
        self._notice = SIMULATED_NOTICE if snapshot.is_simulated else ""
        self._running = 0

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
        elif request.method != found.method and not (request.method == "HEAD" and found.method == "GET"):
            fault = refused(405, "method_not_allowed", f"use {found.method} for {request.path[:200]}")
            self._refuse(self._dialects[found.dialect], fault, caller, request, (("allow", found.method),))
        elif found.kind is CALL:
            self._call(self._dialects[found.dialect], request, caller)
        elif found.kind in MODEL_DOORS and (menu := self._pass_through(found)) is not None:
            dialect = self._dialects[found.dialect]
            self._start(dialect, dialect.models_call(request.path, request.query, request.headers), menu, PLAIN, caller)
        elif found.kind is DoorKind.MODEL and self.snapshot.menu(found.model, "default") is None:
            self._refuse(self._dialects[found.dialect], _unknown_model(found.model), caller, request)
        else:
            caller.reply(self._own(found))

    def refusal(self, path: str, code: int, name: str, message: str) -> Reply:
        """The answer to a request that the server refuses (the server's `Refuse`)."""
        dialect, identity = self._dialects[spoken(path, ())], self._next_id()
        # The server also answers for us with 500 and 503: then nobody else is to blame (law 7).
        fault = refused(code, name, message) if code < FIRST_SERVER_ERROR else _own_trouble(code, name, message)
        reply = self._error_reply(dialect, fault, identity)
        self._sink.write(_refusal_record(identity, self._wall_offset() + self._loop.time(), dialect, fault, reply))
        return reply

    def _call(self, dialect: Dialect, request: Request, caller: Caller) -> None:
        snapshot = self.snapshot
        call = dialect.read_call(request.path, request.query, request.headers, request.body)
        if isinstance(call, Fault):
            self._refuse(dialect, call, caller, request)
            return
        asking = read_asking(request.headers, snapshot.workloads)
        if isinstance(asking, Fault):
            self._refuse(dialect, asking, caller, request)
            return
        menu = snapshot.menu(call.model, asking.workload)
        fault = self._objection(menu, call)
        if menu is None or fault is not None:
            self._refuse(dialect, fault or _unknown_model(call.model), caller, request)
            return
        self._start(dialect, call, menu, asking, caller)

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
            return _unknown_model(call.model)
        if menu.workload.durable and self._journal.trouble:
            message = "this workload must be written down before it is served, and the journal cannot write now"
            return _own_trouble(503, "journal_unavailable", message)
        return None

    def _start(self, dialect: Dialect, call: Call, menu: Menu, asking: Asking, caller: Caller) -> None:
        identity = self._next_id()
        ticket = Ticket(
            identity,
            self._loop.time(),
            self._wall_offset(),
            SeededDice(identity),
            deadline_seconds=asking.deadline_seconds,
            simulated_notice=self._notice,
        )
        self._running += 1
        Driver(
            exchange(ticket, call, menu, dialect, self.board),
            caller,
            self._upstreams,
            self._sink,
            self._alarms,
            crashed=lambda error: self._crashed(dialect, ticket, call, menu, error),
            ended=self._ended,
        ).start(ticket.now)

    def _ended(self) -> None:
        self._running -= 1

    def _wall_offset(self) -> float:
        """What turns the loop's instants into seconds since 1970. Asked each time: wall clocks are set and drift."""
        return time.time() - self._loop.time()

    def _crashed(self, dialect: Dialect, ticket: Ticket, call: Call, menu: Menu, error: Exception) -> Reply:
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "?"
        self._report(f"defect in exchange {ticket.id}: {type(error).__name__} at {place}"[:REPORT_CHARACTERS_MAX])
        fault = defect(error)
        reply = self._error_reply(dialect, fault, ticket.id)
        record = _refusal_record(ticket.id, ticket.wall_offset + ticket.now, dialect, fault, reply)
        self._sink.write(
            msgspec.structs.replace(
                record,
                workload=menu.workload.name,
                kind=call.kind.value,
                stream=call.stream,
                model_asked=call.model,
                total_seconds=round(self._loop.time() - ticket.now, 6),
                bytes_received=len(call.body),
            )
        )
        return reply

    def _refuse(
        self,
        dialect: Dialect,
        fault: Fault,
        caller: Caller,
        request: Request,
        extra: Headers = (),
    ) -> None:
        identity = self._next_id()
        reply = self._error_reply(dialect, fault, identity, extra)
        caller.reply(reply)
        record = _refusal_record(identity, self._wall_offset() + request.at, dialect, fault, reply)
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

    def _own(self, found: Door) -> Reply:
        dialect = self._dialects[found.dialect]
        match found.kind:
            case DoorKind.MODELS:
                reply = dialect.models_reply(self.snapshot.model_names)
            case DoorKind.MODEL:
                reply = dialect.model_reply(found.model)
            case DoorKind.LIVE:
                reply = status.live()
            case DoorKind.METRICS:
                reply = self._metrics_reply()
            case _:
                reply = self._readiness()
        return self._noticed(reply)

    def _metrics_reply(self) -> Reply:
        text = self._metrics.render(running=self._running, journal=self._journal.status())
        return Reply(200, (("content-type", METRICS_CONTENT_TYPE),), text)

    def _readiness(self) -> Reply:
        breakers: dict[tuple[str, str, str], str] = {
            key: breaker.state.value for key, breaker in self.board.breakers().items()
        }
        return status.ready(
            version=__version__,
            draining=self.draining,
            journal=self._journal.status(),
            upstreams=status.upstream_states((one.name for one in self.snapshot.upstreams), breakers),
        )


def _own_trouble(code: int, name: str, message: str) -> Fault:
    return Fault(FaultKind.INTERNAL, message, status=code, code=name)


def _unknown_model(model: str) -> Fault:
    return refused(404, "not_found_error", f"no such model here: {model[:200]!r}; GET /v1/models lists them")


def _refusal_record(identity: str, at: float, dialect: Dialect, fault: Fault, reply: Reply) -> ExchangeRecord:
    """The record of a request that no exchange told about; `at` is in seconds since 1970."""
    return ExchangeRecord(
        id=identity,
        at=at,
        tenant="local",
        workload="",
        dialect=dialect.name,
        kind="",
        stream=False,
        model_asked="",
        outcome=outcome(fault),
        status=reply.status,
        fault=fault.kind.value,
        bytes_sent=len(reply.body),
    )
