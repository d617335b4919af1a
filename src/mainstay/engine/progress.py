"""The state of one exchange between its hops: what was asked, what was tried, what the caller has been given."""

from collections.abc import Generator

import msgspec

from mainstay.engine.attempt import Bill
from mainstay.engine.board import Board
from mainstay.engine.demand import demand_of
from mainstay.engine.history import History
from mainstay.engine.policy import KEEP_ALIVE_SECONDS, RESERVE_SHARE, TEXT_CHARACTERS_MAX
from mainstay.engine.purse import Purse
from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Credential, Menu, Skipped
from mainstay.model.commands import Begin, Command, Listen, Send
from mainstay.model.dice import Dice
from mainstay.model.events import Event
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.ports import Dialect, Keys, Passages

Conversation = Generator[Command, Event | None, Fault | None]
"""Part of an exchange. It ends with `None` when the caller was served, else with the fault."""


class Ticket(msgspec.Struct, frozen=True):
    """Who asks, when, and with which dice. `wall_offset` turns the driver's instants into seconds since 1970."""

    id: str
    now: float
    wall_offset: float
    dice: Dice
    tenant: str = "local"
    deadline_seconds: float | None = None
    simulated_notice: str = ""
    """Said in a header of every answer while providers are simulated."""
    revival: int = 0
    """How many times this exchange was taken up again, after its caller or the gateway had gone."""

    token: str = ""
    """Id of the token that asked."""
    trouble: str = ""
    """What is wrong with the gateway itself, said in a header of every answer."""
    weight: float = 1.0
    """How much its tenant counts for beside others that wait for the same capacity."""
    trace: str = ""
    """The trace that its caller names, for the record; empty for none."""

    @property
    def record_id(self) -> str:
        """What its records are named by: each revival writes records of its own."""
        return f"{self.id}-r{self.revival}" if self.revival else self.id


class Progress:
    """Mutable, owned by one exchange."""

    __slots__ = (
        "_keys",
        "_text",
        "_text_size",
        "begun",
        "bills",
        "board",
        "bytes_sent",
        "call",
        "caller",
        "candidates",
        "committed",
        "deadline",
        "demand",
        "dialect",
        "estimated",
        "first_content_at",
        "history",
        "is_working",
        "menu",
        "now",
        "passages",
        "purse",
        "queued_seconds",
        "recovered",
        "reserve_seconds",
        "said_at",
        "served_by",
        "skipped",
        "status",
        "ticket",
        "workload",
    )

    def __init__(  # noqa: PLR0913 - everything that one exchange is made of
        self,
        ticket: Ticket,
        call: Call,
        menu: Menu,
        dialect: Dialect,
        board: Board,
        *,
        passages: Passages,
        keys: Keys,
        purse: Purse | None = None,
    ) -> None:
        """Begin an exchange at the ticket's instant. Without a purse, nothing bounds what it may spend."""
        self.ticket = ticket
        self.call = call
        self.menu = menu
        self.workload = menu.workload
        self.dialect = dialect
        self.board = board
        self.passages = passages
        self.candidates, skipped = passages.fitting(menu.candidates)
        self.skipped = menu.skipped + skipped
        self._keys = keys
        self.purse = purse
        self.history = History()
        self.now = ticket.now
        seconds = ticket.deadline_seconds or menu.workload.deadline_seconds
        self.deadline = ticket.now + seconds
        self.reserve_seconds = seconds * RESERVE_SHARE
        self.caller = dialect.caller_stream() if call.stream else None
        self.begun = False
        self.committed = False
        self.is_working = False
        """Whether some attempt at a stream has shown that the model works."""
        self.said_at = ticket.now
        self.bytes_sent = 0
        self.status = 0
        self.first_content_at: float | None = None
        self.recovered = 0
        self.estimated = False
        self.served_by: Candidate | None = None
        self.bills: list[Bill] = []
        self.queued_seconds = 0.0
        wall = ticket.wall_offset + ticket.now
        self.demand = demand_of(call, menu.workload, ticket.tenant, ticket.weight, ticket.id, wall)
        """What this exchange asks of whoever serves it."""
        self._text: list[str] = []
        self._text_size = 0

    @property
    def text(self) -> str:
        """All visible text that the caller has been given; empty when it grew too long to be continued."""
        return "" if self._text_size > TEXT_CHARACTERS_MAX else "".join(self._text)

    @property
    def resumable_id(self) -> str:
        """Under which the rest of this stream can be asked for; empty for an answer that comes whole."""
        return self.ticket.id if self.call.stream else ""

    def add_text(self, text: str) -> None:
        """Remember text that the caller has been given."""
        self._text_size += len(text)
        if self._text_size > TEXT_CHARACTERS_MAX:
            self._text.clear()
            return
        self._text.append(text)
        if len(self._text) >= 256:  # noqa: PLR2004 - many small strings cost more memory than their text
            self._text = ["".join(self._text)]

    def wall(self, now: float) -> float:
        """Seconds since 1970 for an instant of the driver."""
        return self.ticket.wall_offset + now

    def skip(self, candidate: Candidate, reason: str) -> None:
        """Leave a candidate out that turned out to be unable to serve this call."""
        self.history.bar(candidate)
        self.skipped += (Skipped(candidate.upstream.name, candidate.model, reason),)

    def is_crossing(self, candidate: Candidate) -> bool:
        """Whether this candidate speaks another dialect than the caller."""
        return candidate.upstream.dialect != self.call.dialect

    def living_key(self, candidate: Candidate, credential: Credential | None) -> str | None:
        """The secret to send now; `None` while there is none."""
        if credential is None:
            return ""
        if not credential.renewed:
            return credential.key
        return self._keys.living(candidate.upstream.name, credential, self.wall(self.now))

    def refusal(self, candidate: Candidate) -> Fault | None:
        """Why this exchange may not even begin, with this candidate. One that has begun, in whichever process, goes on:
        what its caller was given is paid for already."""
        if self.purse is None or self.history.attempts or self.ticket.revival:
            return None
        return self.purse.refusal(candidate, self.call, self.ticket.wall_offset + self.now)

    def close(self) -> None:
        """The exchange is over, however it ended: it holds no money any more."""
        if self.purse is not None:
            self.purse.close()

    def key_was_rejected(self, candidate: Candidate, credential: Credential | None) -> None:
        """The upstream refused the secret that was sent."""
        if credential is not None and credential.renewed:
            self._keys.rejected(candidate.upstream.name, credential)

    def attempt_limit(self, candidate: Candidate) -> float:
        """The instant at which an attempt must make room for the last untried candidate (law 4)."""
        limit = self.deadline - self.reserve_seconds
        if self.now >= limit or len(self.candidates) == 1:
            return self.deadline
        return limit if self.others_remain(candidate) else self.deadline

    def others_remain(self, current: Candidate) -> bool:
        """Whether another candidate, not tried yet, could take over from this one."""
        history = self.history
        # A loop, because each attempt asks, and a generator for `any` costs twice as much.
        for one in self.candidates:
            if one is not current and not history.tries_at(one) and not history.is_barred(one, ""):
                return True
        return False

    def keep_alive_due(self) -> float:
        """When the caller must hear something, lest a middle box cuts the stream."""
        return self.said_at + KEEP_ALIVE_SECONDS if self.call.stream else self.deadline

    def listen(self, until: float) -> Generator[Command, Event | None, Event]:
        """Wait for an event; the exchange's idea of now follows it."""
        event = yield Listen(until)
        assert event is not None, "a driver answers Listen with an event"  # noqa: S101 - the driver's contract
        self.now = event.at
        return event

    def begin(self, status: int, headers: Headers) -> Generator[Command, Event | None, None]:
        """Start the streamed response, once."""
        if not self.begun:
            self.begun = True
            self.status = status
            yield Begin(status, headers)

    def sending(self, data: bytes) -> Send:
        """The command that sends bytes of the begun response."""
        self.said_at = self.now
        self.bytes_sent += len(data)
        return Send(data)

    def send(self, data: bytes) -> Generator[Command, Event | None, None]:
        """Send bytes of the begun response."""
        yield self.sending(data)
