"""Runs, resumption and responses around a real draft store, between doubles. Time stands still; the disk is real."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.engine.board import Board
from mainstay.engine.keys import StaticKeys
from mainstay.engine.progress import Ticket
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.doors import door
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.http.request import Request
from mainstay.gateway.idempotency import Idempotency
from mainstay.gateway.orders.guide import Guide
from mainstay.gateway.orders.port import NoOrders
from mainstay.gateway.responses import Responses
from mainstay.gateway.resumption import Resumption
from mainstay.gateway.runs import Job, Run, Runs, Surroundings
from mainstay.gateway.standing import Standing
from mainstay.model.call import Call
from mainstay.model.events import Breakage, Broke, Chunk, Ended, Opened
from mainstay.model.fault import Fault
from mainstay.model.http import Headers, Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.ports import Dialect
from mainstay.model.records import ExchangeRecord
from mainstay.wire.registry import SPEECH
from tests.gateway.doubles import FakeAttempt, FakeClock, FakeUpstreams, KeptRecords
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, World
from tests.gateway.listener import Listener
from tests.gateway.rig import ANSWER, JSON, ask, snapshot
from tests.gateway.talk import WHOLE

KEPT_YAML = """
upstreams:
  alpha: {dialect: anthropic, base_url: "http://alpha", capabilities: {prefill: true}}
  gamma: {dialect: openai-responses, base_url: "http://gamma/v1"}
models:
  claude: {candidates: [{upstream: alpha}]}
  gpt: {candidates: [{upstream: gamma}]}
  both: {candidates: [{upstream: gamma}, {upstream: alpha, model: claude}]}
workloads:
  must: {durable: true}
  stubborn: {recovery: error}
"""
SIMULATED = "simulated"
ANTHROPIC, RESPONSES = SPEECH.dialects["anthropic"], SPEECH.dialects["openai-responses"]
EVENT_STREAM: Headers = (("content-type", "text/event-stream"),)


class Clock(FakeClock):
    """Both kinds of time."""

    def wall(self) -> float:
        return self.now + 1_000_000.0


class KeptRig:
    """One worker process after another on the same folder."""

    def __init__(
        self,
        state: Path,
        yaml: str = KEPT_YAML,
        *,
        keeps: bool = True,
        worker: int = 0,
        gateway: str = "here",
        cloud: Cloud | None = None,
    ) -> None:
        self.world = World(state, worker=worker, gateway=gateway, cloud=cloud)
        self.world.store.start()
        self._prefix = "ex" if (worker, gateway) == (0, "here") else f"ex_{gateway}{worker}"
        self.clock = Clock()
        self.upstreams = FakeUpstreams([])
        self.journal = KeptRecords()
        self.config: Snapshot = snapshot(yaml)
        self.orders = NoOrders()
        self.running = 0
        self.crashes: list[Exception] = []
        self._keeps = keeps
        self._numbers = count(1)
        self.boot()

    def boot(self) -> None:
        """Begin with what is on disk."""
        self.running = 0
        around = Surroundings(
            speech=SPEECH,
            upstreams=self.upstreams,
            board=Board(),
            keys=StaticKeys(),
            journal=self.journal,
            alarms=Alarms(self.clock),
            clock=self.clock,
            next_id=lambda: f"{self._prefix}_{next(self._numbers)}",
            notice=lambda: SIMULATED,
            trouble=lambda: "",
            crashed=self._crashed,
            begun=self._begun,
            ended=self._ended,
        )
        self.runs = Runs(around, self.world.store if self._keeps else None)
        guide = Guide(self.orders, around.next_id, self.clock.wall)
        self.resumption = Resumption(self.runs, SPEECH.dialects, lambda: self.config, guide=guide)
        self.responses = Responses(self.runs, self.resumption, RESPONSES)
        self.idempotency = Idempotency(self.runs, self.resumption, self.responses)

    def die(self) -> None:
        """The process is gone, and another takes its place. What was handed to the disk is there."""
        self.settle()
        self.upstreams.attempts.clear()
        self.world.restart()
        self.boot()

    def be_killed(self) -> None:
        """The process is gone, and nobody takes its place yet."""
        self.settle()
        self.upstreams.attempts.clear()
        self.world.die()

    def be_born(self) -> None:
        """Another process in its place."""
        self.world.be_born()
        self.boot()

    def pass_seconds(self, seconds: float) -> None:
        """Time passes for this worker, a quarter of a second at a time, with what the disk says to it."""
        for _ in range(max(1, round(seconds * 4))):
            self.world.loop.pass_seconds(0.25)
            self.settle()
            self.clock.advance(0.25)
            self.settle()

    def settle(self) -> None:
        """Wait for the disk, and for what its answers lead to."""
        for _ in range(8):
            self.world.loop.turn()
            self.world.settle()
        self.world.loop.turn()

    @contextmanager
    def disk_hanging(self) -> Iterator[None]:
        """Nothing new is created on the disk meanwhile."""
        with self.world.disk_hanging():
            yield
        self.settle()

    # -- callers

    def job(self, *, stream: bool = True, workload: str = "default", model: str = "claude") -> Job:
        """Somebody asks for a message."""
        body = msgspec.json.encode({**msgspec.json.decode(ask(model)), "stream": stream})
        call = ANTHROPIC.read_call("/v1/messages", "beta=true", (("anthropic-version", "2023-06-01"),), body)
        return self._job(ANTHROPIC, call, workload)

    def response_job(self, workload: str = "default", /, **fields: object) -> Job:
        """Somebody asks for a response."""
        body = msgspec.json.encode({"model": "gpt", "input": "Hi", **fields})
        return self._job(RESPONSES, RESPONSES.read_call("/v1/responses", "", (), body), workload)

    def _job(self, dialect: Dialect, call: Call | Fault, workload: str) -> Job:
        assert isinstance(call, Call), call
        menu = self.config.menu(call.model, workload)
        assert menu is not None
        return Job(dialect, call, menu)

    def start(self, job: Job | None = None) -> Listener:
        """A caller with a request; what the disk has to say about it is waited for."""
        caller = Listener()
        self.runs.start(job or self.job(), caller)
        self.settle()
        return caller

    def respond(self, workload: str = "default", /, **fields: object) -> Listener:
        """`POST /v1/responses`."""
        caller = Listener()
        self.responses.serve(self.response_job(workload, **fields), caller, caller.refuse)
        self.settle()
        return caller

    def visit(self, method: str, path: str, asker: Identity = LOCAL) -> Listener:
        """A door below `/v1/responses`, and what the disk has to say about it."""
        caller = self.knock(method, path, asker)
        self.settle()
        return caller

    def knock(self, method: str, path: str, asker: Identity = LOCAL) -> Listener:
        """A door below `/v1/responses`."""
        caller = Listener()
        path, _, query = path.partition("?")
        found = door(path, ())
        assert found is not None
        request = Request(method, path, query, (), b"", self.clock.now, "127.0.0.1")
        self.responses.come_back(found, request, caller, caller.refuse, asker)
        return caller

    def come_back(self, after: int = 0, identity: str = "ex_1", asker: Identity = LOCAL) -> Listener:
        """A caller who asks for the rest."""
        caller = Listener()
        self.resumption.stream(identity, after, caller, caller.refuse, asker)
        self.settle()
        return caller

    def asks_how(self, identity: str = "ex_1", asker: Identity = LOCAL) -> Listener:
        """A caller who asks where an exchange stands."""
        caller = Listener()
        self.resumption.standing(identity, caller, caller.refuse, asker)
        self.settle()
        return caller

    def standing(self, identity: str = "ex_1") -> Standing:
        caller = Listener()
        self.resumption.standing(identity, caller, caller.refuse)
        self.settle()
        return msgspec.json.decode(caller.answer.body, type=Standing)

    def run(self, identity: str = "ex_1") -> Run:
        run = self.runs.get(identity)
        assert run is not None, "it does not run"
        return run

    def kept(self, identity: str = "ex_1") -> Kept:
        return self.world.kept(identity)

    def outcome(self, identity: str = "ex_1") -> str:
        """How its draft says that it ended; empty where it has not."""
        ended = self.kept(identity).ended
        return ended.outcome if ended is not None else ""

    # -- upstreams

    @property
    def attempts(self) -> list[FakeAttempt]:
        return self.upstreams.attempts

    @property
    def attempt(self) -> FakeAttempt:
        """The one that was opened last."""
        return self.attempts[-1]

    def streams(self, *parts: bytes, opened: bool = False) -> None:
        """The last attempt streams."""
        attempt, now = self.attempt, self.clock.now
        number = attempt.command.attempt
        if not opened:
            attempt.deliver(Opened(number, now, 200, EVENT_STREAM))
        for part in parts:
            attempt.deliver(Chunk(number, now, part))
        self.settle()

    def goes_on(self, *parts: bytes) -> None:
        """The last attempt, which streams already, says more."""
        self.streams(*parts, opened=True)

    def replies(self, status: int = 200, body: bytes = ANSWER) -> None:
        """The last attempt answers whole."""
        attempt, now = self.attempt, self.clock.now
        number = attempt.command.attempt
        for event in (Opened(number, now, status, JSON), Chunk(number, now, body), Ended(number, now)):
            attempt.deliver(event)
        self.settle()

    def closes(self, attempt: FakeAttempt | None = None) -> None:
        """The body of the last attempt, or of this one, is over."""
        attempt = attempt or self.attempt
        attempt.deliver(Ended(attempt.command.attempt, self.clock.now))
        self.settle()

    def breaks(self) -> None:
        """The last attempt's connection fails."""
        self.attempt.deliver(Broke(self.attempt.command.attempt, self.clock.now, Breakage.CUT))
        self.settle()

    @property
    def exchanges(self) -> list[ExchangeRecord]:
        return [record for record in self.journal.records if isinstance(record, ExchangeRecord)]

    def _begun(self) -> None:
        self.running += 1

    def _ended(self) -> None:
        self.running -= 1

    def _crashed(self, ticket: Ticket, job: Job, error: Exception) -> Reply:
        self.crashes.append(error)
        return Reply(500, (), f"{ticket.id} {job.dialect.name}".encode())


def interrupted(rig: KeptRig, *, workload: str = "default") -> bytes:
    """An exchange of which its caller had three events when it left, or its process died; gives them."""
    caller = rig.start(rig.job(workload=workload))
    rig.streams(*WHOLE[:2])
    if workload == "must":
        rig.die()
    else:
        caller.leave()
        rig.settle()
    rig.attempts.clear()
    return caller.body


def answered(rig: KeptRig) -> bytes:
    """An exchange whose caller has everything; gives it."""
    caller = rig.start()
    rig.streams(*WHOLE)
    rig.closes()
    return caller.body


def kept_rig(
    state: Path,
    yaml: str = KEPT_YAML,
    *,
    keeps: bool = True,
    worker: int = 0,
    gateway: str = "here",
    cloud: Cloud | None = None,
) -> Iterator[KeptRig]:
    rig = KeptRig(state, yaml, keeps=keeps, worker=worker, gateway=gateway, cloud=cloud)
    yield rig
    assert rig.crashes == []
    assert [line for line in rig.world.told if "defect" in line] == []
    assert rig.world.store.close(PATIENCE_SECONDS)
