"""One trial: the doctor's question to one candidate with one credential, by the engine and client that serve callers.

The candidate is alone on its menu and is asked once, on a health board of its own, so that no trial bears on another
and nothing is retried: what is proven is how it answers now.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.engine.board import Board
from mainstay.engine.exchange import exchange
from mainstay.engine.progress import Conversation, Ticket
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.doctor.question import HEADERS, PATHS, TOOL, Question, body_of
from mainstay.gateway.driver import Driver, UpstreamAttempt, Upstreams, defect
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.runs import Clock
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import UNLIMITED, Candidate, Credential, Menu, RecoveryMode, Retries, Workload
from mainstay.model.commands import Open
from mainstay.model.events import Event, Opened
from mainstay.model.fault import Fault
from mainstay.model.frame import FrameKind
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Dialect, Keys
from mainstay.model.rates import Told
from mainstay.model.records import AttemptRecord, Record
from mainstay.wire.crossing.passages import CallPassages, Speech
from mainstay.wire.rate_headers import read_told

BYTES_MAX: Final = 1_048_576
"""So short an answer is never larger; one that is ends the trial."""
TRIAL: Final = Workload("doctor", recovery=RecoveryMode.ERROR)
ONCE: Final = Retries(attempts_per_upstream=1)
CONTENT: Final = frozenset({FrameKind.TEXT, FrameKind.THINKING, FrameKind.TOOL, FrameKind.OPAQUE, FrameKind.WORKING})
CUT_SHORT: Final = frozenset({"max_tokens", "length", "max_output_tokens"})
"""Stop reasons, in the words of all dialects, of answers that took all the tokens that they may take."""
LISTING_PATH: Final = "/v1/models"


class Room(msgspec.Struct, frozen=True):
    """What all trials share. Each may take `seconds`."""

    speech: Speech
    upstreams: Upstreams
    keys: Keys
    alarms: Alarms
    clock: Clock
    next_id: Callable[[], str]
    seconds: float


class Subject(msgspec.Struct, frozen=True):
    """Who is asked. A candidate whose model is `*` stands for every name: it is asked which models it has."""

    candidate: Candidate
    credential: Credential | None

    @property
    def key(self) -> tuple[str, str, str]:
        """As in `findings.Proof`."""
        name = self.credential.name if self.credential else ""
        return self.candidate.upstream.name, self.candidate.model, name


class Seen(msgspec.Struct, frozen=True):
    """What came of a trial. `fault` is `None` for an answer; `problem` is what is wrong with one all the same. `told`
    is what the provider told of its limits."""

    question: Question
    fault: Fault | None
    problem: str = ""
    losses: tuple[str, ...] = ()
    told: Told | None = None
    first_content_seconds: float | None = None

    @property
    def is_good(self) -> bool:
        """Whether an answer came, and a sound one."""
        return self.fault is None and not self.problem


async def ask(room: Room, subject: Subject, question: Question, *, listing: bool = False) -> Seen:
    """Make a trial; `listing` asks for models, which costs nothing. Raises nothing but `CancelledError`."""
    dialect = room.speech.dialects[question.dialect]
    call = _call(dialect, subject.candidate, question, listing=listing)
    if isinstance(call, Fault):
        return Seen(question, call)
    ear = _Ear(room.upstreams)
    now = room.clock.time()
    wall = room.clock.wall()
    ticket = Ticket(room.next_id(), now, wall - now, SeededDice("doctor"), deadline_seconds=room.seconds)
    menu = Menu(call.model, TRIAL, (_alone(subject),))
    passages = CallPassages(room.speech, call, TRIAL, ticket.id, wall)
    conversation = exchange(ticket, call, menu, dialect, Board(), passages=passages, keys=room.keys)
    driver = Driver(ear.overhearing(conversation), ear, ear, ear, room.alarms, crashed=ear.crashed, ended=ear.ended.set)
    driver.start(now)
    try:
        await ear.ended.wait()
    finally:
        ear.leave()
    # Of an answer that is too long we took leave ourselves.
    fault = None if ear.is_too_long else ear.fault
    losses = passages.to(menu.candidates[0]).losses if fault is None else ()
    problem = _problem(dialect, call, ear, question) if fault is None else ""
    content = ear.attempt.first_content_seconds if ear.attempt else None
    return Seen(question, fault, problem, losses, read_told(ear.headers, wall), content)


def _call(dialect: Dialect, candidate: Candidate, question: Question, *, listing: bool) -> Call | Fault:
    if listing:
        return dialect.models_call(LISTING_PATH, "", HEADERS)
    return dialect.read_call(PATHS[question.dialect], "", HEADERS, body_of(question, candidate))


def _alone(subject: Subject) -> Candidate:
    """The candidate with this credential alone. How much it may be given is not the question here, and room that is
    kept for a workload must not keep the doctor out."""
    credentials = (subject.credential,) if subject.credential else ()
    upstream = msgspec.structs.replace(subject.candidate.upstream, credentials=credentials, limits=UNLIMITED)
    return msgspec.structs.replace(subject.candidate, upstream=upstream, retries=ONCE, substitute=False)


def _problem(dialect: Dialect, call: Call, ear: "_Ear", question: Question) -> str:
    """What is wrong with an answer as its caller got it; empty where nothing is."""
    data = bytes(ear.data)
    if ear.is_too_long:
        return f"the answer went on beyond {BYTES_MAX} bytes"
    if call.stream:
        reader = dialect.frames()
        frames = [*reader.feed(data), *reader.close()]
        kinds = {frame.kind for frame in frames}
        if FrameKind.END not in kinds or FrameKind.ERROR in kinds:
            return "the stream as its caller gets it has no proper end"
        # A model that reasons may have used all its tokens up before it said anything.
        if not kinds & CONTENT and not any(frame.stop_reason in CUT_SHORT for frame in frames):
            return "the stream as its caller gets it says nothing"
    else:
        fault = dialect.read_answer(call, ear.reply_headers, data).fault
        if fault is not None:
            return f"the answer as its caller gets it is no good: {fault.message}"
    if question.tool and call.kind is CallKind.ANSWER and TOOL.encode() not in data:
        return "it did not call the tool that it had to call"
    return ""


class _Ear:
    """Caller, way to the upstream and journal of one trial: hears everything, keeps little, writes nothing down."""

    def __init__(self, upstreams: Upstreams) -> None:
        self.on_left: Callable[[], None] | None = None
        self.on_pause: Callable[[], None] | None = None
        self.on_resume: Callable[[], None] | None = None
        self.ended = asyncio.Event()
        self.fault: Fault | None = None
        self.attempt: AttemptRecord | None = None
        self.headers: Headers = ()
        self.reply_headers: Headers = ()
        self.data = bytearray()
        self.is_too_long = False
        self._upstreams = upstreams

    def overhearing(self, conversation: Conversation) -> Conversation:
        """The conversation, of which the end is kept."""
        self.fault = yield from conversation
        return self.fault

    def leave(self) -> None:
        """Be gone before the end, if it has not come."""
        if self.on_left is not None:
            self.on_left()

    def crashed(self, error: Exception) -> Reply:
        """A defect of ours."""
        self.fault = defect(error)
        return Reply(self.fault.status, (), b"")

    def open(self, command: Open, deliver: Callable[[Event], None]) -> UpstreamAttempt:
        """See `driver.Upstreams`."""

        def heard(event: Event) -> None:
            if isinstance(event, Opened):
                self.headers = event.headers
            deliver(event)

        return self._upstreams.open(command, heard)

    def write(self, record: Record) -> None:
        """See `model.ports.Journal`."""
        if isinstance(record, AttemptRecord):
            self.attempt = record

    def reply(self, reply: Reply) -> None:
        """See `driver.Caller`."""
        self.reply_headers = reply.headers
        self.data += reply.body

    def begin(self, status: int, headers: Headers) -> None:  # noqa: ARG002 (a stream begins with 200)
        """See `driver.Caller`."""
        self.reply_headers = headers

    def send(self, data: bytes) -> None:
        """See `driver.Caller`."""
        if len(self.data) + len(data) <= BYTES_MAX:
            self.data += data
        elif not self.is_too_long:
            self.is_too_long = True
            self.leave()

    def finish(self) -> None:
        """See `driver.Caller`."""

    def fail(self, data: bytes) -> None:
        """See `driver.Caller`."""

    def abort(self) -> None:
        """See `driver.Caller`."""
