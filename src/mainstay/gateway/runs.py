"""Runs: exchanges that are under way, with or without a draft. Starts them, takes them up again, ends them."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec

from mainstay.engine.board import Board
from mainstay.engine.caching.slot import CacheSlot
from mainstay.engine.exchange import exchange
from mainstay.engine.progress import Conversation, Ticket
from mainstay.engine.purse import Purse
from mainstay.engine.revival import Kept as Seen
from mainstay.engine.revival import revived
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.drafts.draft import Draft
from mainstay.gateway.drafts.entries import Opening
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.drafts.wishes import Wish, WishKind
from mainstay.gateway.driver import Caller, Driver, Upstreams
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.kept_caller import CANCELLED, KeptCaller, Settled, at_once
from mainstay.gateway.telemetry.telemetry import Telemetry
from mainstay.model.call import Call
from mainstay.model.catalogue import Menu
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.ports import Dialect, Journal, Keys
from mainstay.wire.crossing.passages import CallPassages, Speech

RUNS_MAX = 10_000
"""Exchanges that may run on without their caller, in all (law 12)."""


class Job(msgspec.Struct, frozen=True):
    """One call that is to be served. `background` and durable jobs run on without their caller; `remembered` ones
    can be asked for later by the id of their response."""

    dialect: Dialect
    call: Call
    menu: Menu
    deadline_seconds: float | None = None
    background: bool = False
    remembered: bool = False
    identity: Identity = LOCAL
    """Who asks."""
    purse: Purse | None = None
    """What it may spend; `None` where nothing bounds it."""
    exchange_id: str = ""
    """Given beforehand, to a job that is kept so that it can be repeated; empty: a new one."""
    weight: float = 1.0
    """How much its tenant counts for beside others that wait."""
    slot: CacheSlot | None = None
    """What it has to do with the cache; `None`: nothing."""

    @property
    def durable(self) -> bool:
        """Whether it is written down before it is dispatched."""
        return self.background or self.menu.workload.durable

    @property
    def is_kept(self) -> bool:
        """Whether it has a draft. A plain answer that nobody may ask for again needs none."""
        return self.call.stream or self.durable or self.remembered or bool(self.exchange_id)


class Run(msgspec.Struct):
    """One exchange with a draft, while it runs."""

    job: Job
    draft: Draft
    caller: KeptCaller
    revivals: int = 0
    """How many times it was taken up again."""


Told = Callable[[Run | Fault], None]


class Clock(Protocol):
    """Time of two kinds."""

    def time(self) -> float:
        """The event loop's."""

    def wall(self) -> float:
        """Seconds since 1970."""


class Surroundings(msgspec.Struct, frozen=True):
    """What all exchanges of a worker share. `crashed` writes the reply for a defect of ours; `begun` and `ended`
    count exchanges; `trouble` says what is wrong with the gateway itself (empty: nothing); `settled` tells when
    the journal has on disk what it was given."""

    speech: Speech
    upstreams: Upstreams
    board: Board
    keys: Keys
    journal: Journal
    alarms: Alarms
    clock: Clock
    next_id: Callable[[], str]
    notice: Callable[[], str]
    trouble: Callable[[], str]
    crashed: Callable[[Ticket, Job, Exception], Reply]
    begun: Callable[[], None]
    ended: Callable[[], None]
    settled: Settled = at_once
    telemetry: Telemetry | None = None
    """`None`: no traces are made."""


class Runs:
    """Mutable; one event loop."""

    def __init__(self, surroundings: Surroundings, drafts: DraftStore | None) -> None:
        """Without `drafts` nothing is kept."""
        self.drafts = drafts
        self._around = surroundings
        self._kept: dict[str, Run] = {}
        if drafts is not None:
            drafts.on_wish = self._wished

    @property
    def around(self) -> Surroundings:
        """What all exchanges share."""
        return self._around

    def get(self, identity: str) -> Run | None:
        """The kept exchange of this id, while it runs."""
        return self._kept.get(identity)

    @property
    def unattended(self) -> int:
        """Kept exchanges that run although nobody listens."""
        return sum(not run.caller.is_attended for run in self._kept.values())

    def start(self, job: Job, caller: Caller | None, told: Told | None = None) -> None:
        """Serve a job. A durable one is written down first; `told` hears of its run, or why there is none (then nobody
        has answered the caller). Without `told` the caller gets the fault."""
        drafts = self.drafts
        identity = job.exchange_id or self._around.next_id()
        if drafts is None or not job.is_kept:
            assert caller is not None, "only kept exchanges run without a caller"  # noqa: S101 - told apart by the door
            ticket = self._ticket(job, identity)
            self._drive(self._fresh(job, ticket), ticket, job, caller, self._around.ended)
            return
        if job.background:
            job = msgspec.structs.replace(job, call=_with_answer_id(job.call, identity))
        opening = _opening(job, identity, self._around.clock.wall(), drafts.owner.token)
        if not job.durable:
            self._run(self._made(job, drafts.open(opening), caller), told)
            return
        made: list[Run] = []
        # The draft tells when it is on disk, which is never before `open` has returned.
        draft = drafts.open(opening, written=lambda written: self._opened(made[0], told, written=written))
        made.append(self._made(job, draft, caller))
        self._kept[identity] = made[0]

    def revive(self, job: Job, kept: Kept) -> Run:
        """Go on with a kept exchange that nobody runs. Raises `ValueError` where its draft does not allow that."""
        drafts = self.drafts
        assert drafts is not None, "what was kept was read from drafts"  # noqa: S101 - told apart by the door
        made: list[Run] = []
        draft = drafts.resume(kept, self._around.clock.wall(), written=lambda _: self._go_on(made[0], kept))
        run = self._made(job, draft, None)
        made.append(run)
        run.caller.begun, run.revivals = kept.begun, len(kept.picked_up) + 1
        if job.remembered:
            self._link(job, draft, kept.data)
        self._kept[draft.id] = run
        return run

    def drain(self) -> None:
        """The gateway stops and can wait no longer: end everything that runs, and leave its drafts open."""
        for run in self._kept.values():
            run.caller.drain()
        self._around.alarms.drain()

    def later(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call after so many seconds."""
        self._around.alarms.call_at(self._around.clock.time() + seconds, callback)

    def _wished(self, wish: Wish) -> None:
        """A caller who came to another process takes an exchange back."""
        run = self._kept.get(wish.exchange_id)
        if run is not None:
            run.caller.cancel(CANCELLED)
        if wish.kind is WishKind.DELETE and self.drafts is not None:
            self.drafts.delete(wish.exchange_id, lambda _: None)

    def _opened(self, run: Run, told: Told | None, *, written: bool) -> None:
        if written:
            self._run(run, told)
            return
        self._kept.pop(run.draft.id, None)
        fault = not_written()
        if told is not None:
            run.caller.release()
            told(fault)
        else:
            run.caller.reply(run.job.dialect.error_reply(fault, run.draft.id))

    def _go_on(self, run: Run, kept: Kept) -> None:
        """Now that it is on disk that somebody goes on with it. Sooner, and a process that dies could be followed by
        one that counts this revival once more, and gives other records the same ids."""
        identity = run.draft.id
        if run.caller.is_over:
            self._kept.pop(identity, None)
            return
        ticket = self._ticket(run.job, identity, run.revivals)
        self._drive(self._again(run.job, ticket, kept), ticket, run.job, run.caller, partial(self._over, identity))
        run.caller.unattended()

    def _run(self, run: Run, told: Told | None) -> None:
        identity = run.draft.id
        self._kept[identity] = run
        if told is not None:
            told(run)
        ticket = self._ticket(run.job, identity)
        self._drive(self._fresh(run.job, ticket), ticket, run.job, run.caller, partial(self._over, identity))

    def _made(self, job: Job, draft: Draft, caller: Caller | None) -> Run:
        kept = KeptCaller(
            caller,
            draft,
            durable=job.durable,
            wall=self._around.clock.wall,
            on_first_bytes=partial(self._link, job, draft) if job.remembered else None,
            settled=self._around.settled,
        )
        return Run(job, draft, kept)

    def _drive(
        self, conversation: Conversation, ticket: Ticket, job: Job, caller: Caller, ended: Callable[[], None]
    ) -> None:
        around = self._around
        around.begun()
        upstreams = around.upstreams
        if around.telemetry is not None:
            upstreams = around.telemetry.upstreams(upstreams, ticket.record_id, job.call.headers, ticket.trace)
        Driver(
            conversation,
            caller,
            upstreams,
            around.journal,
            around.alarms,
            crashed=partial(around.crashed, ticket, job),
            ended=ended,
        ).start(ticket.now)

    def _fresh(self, job: Job, ticket: Ticket) -> Conversation:
        around, passages = self._around, self._passages(job, ticket)
        return exchange(
            ticket,
            job.call,
            job.menu,
            job.dialect,
            around.board,
            passages=passages,
            keys=around.keys,
            purse=job.purse,
            slot=job.slot,
        )

    def _again(self, job: Job, ticket: Ticket, kept: Kept) -> Conversation:
        around, passages = self._around, self._passages(job, ticket)
        return revived(
            seen(job.dialect, kept),
            ticket,
            job.call,
            job.menu,
            job.dialect,
            around.board,
            passages=passages,
            keys=around.keys,
            purse=job.purse,
        )

    def _passages(self, job: Job, ticket: Ticket) -> CallPassages:
        wall = ticket.wall_offset + ticket.now
        return CallPassages(self._around.speech, job.call, job.menu.workload, ticket.id, wall)

    def _ticket(self, job: Job, identity: str, revival: int = 0) -> Ticket:
        around = self._around
        clock = around.clock
        now = clock.time()
        # By position, in the order of the fields: by name it would cost several times as much.
        return Ticket(
            identity,
            now,
            clock.wall() - now,
            SeededDice(f"{identity}-{revival}" if revival else identity),
            job.identity.tenant,
            job.deadline_seconds,
            around.notice(),
            revival,
            job.identity.token,
            around.trouble(),
            job.weight,
            "" if around.telemetry is None else around.telemetry.traceparent(job.call.headers),
        )

    def _over(self, identity: str) -> None:
        self._kept.pop(identity, None)
        self._around.ended()

    def _link(self, job: Job, draft: Draft, data: bytes) -> bool:
        """Remember which exchange gave this response; whether its id is known now. A keep-alive holds none."""
        response_id = job.call.answer_id or job.dialect.answer_id(data)
        if response_id and self.drafts is not None:
            self.drafts.link(response_id, draft)
        return bool(response_id)


def seen(dialect: Dialect, kept: Kept) -> Seen:
    """What the caller of a kept exchange had been given."""
    reader = dialect.frames()
    frames = [*reader.feed(kept.data), *reader.close()]
    served = dict(kept.begun.headers) if kept.begun is not None else {}
    return Seen(
        begun=kept.begun is not None,
        frames=frames,
        upstream=served.get("x-mainstay-upstream", ""),
        model=served.get("x-mainstay-model", ""),
    )


def call_of(dialect: Dialect, opening: Opening) -> Call | Fault:
    """The call that a draft was opened with."""
    path, _, query = opening.path.partition("?")
    call = dialect.read_call(path, query, opening.headers, opening.body)
    if isinstance(call, Fault):
        return call
    return msgspec.structs.replace(call, answer_id=opening.response_id)


def not_written() -> Fault:
    """A job that must be written down before it is served, and could not be."""
    message = "this request must be written down before it is served, and the disk does not take it now"
    return Fault(FaultKind.INTERNAL, message, status=503, code="draft_unavailable")


def _with_answer_id(call: Call, identity: str) -> Call:
    """A call whose answer has an id of ours, known before anybody answers."""
    return msgspec.structs.replace(call, answer_id=f"resp_{identity.removeprefix('ex_')}")


def _opening(job: Job, identity: str, wall: float, owner: str) -> Opening:
    call, workload = job.call, job.menu.workload
    return Opening(
        exchange_id=identity,
        at=wall,
        deadline=wall + (job.deadline_seconds or workload.deadline_seconds),
        tenant=job.identity.tenant,
        workload=workload.name,
        durable=job.durable,
        dialect=job.dialect.name,
        path=call.path,
        headers=call.headers,
        body=call.body,
        model=call.model,
        kind=call.kind.value,
        stream=call.stream,
        background=job.background,
        response_id=call.answer_id,
        remembered=job.remembered,
        token=job.identity.token,
        owner=owner,
    )
