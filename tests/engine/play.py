"""Scripts for exchanges: commands that we expect, events that we send, in the order in which they happen.

    play = Play(candidates("alpha", "beta"))
    play.expect_open("alpha")
    play.answers(503)
    play.expect_open("beta")
    play.says("text:hello", "finish:", "end:")
    play.ends_well()

Time stands still but for `after(seconds)`, which lets the instant come that the exchange waits for, or a later event.
"""

from collections.abc import Callable, Sequence

from mainstay.engine.board import Board
from mainstay.engine.exchange import exchange
from mainstay.engine.keys import StaticKeys
from mainstay.engine.progress import Ticket
from mainstay.engine.purse import Purse
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Capabilities, Credential, Menu, Price, Timeouts, Upstream, Workload
from mainstay.model.commands import Answer, Begin, Cancel, Command, Fail, Finish, Listen, Open, Queue, Send, Write
from mainstay.model.events import Breakage, Broke, Called, CallerLeft, Chunk, Drained, Ended, Event, Opened, Woke
from mainstay.model.fault import Fault
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Dialect, Keys
from mainstay.model.records import AlertRecord, AttemptRecord, BreakerRecord, ExchangeRecord, Record
from tests.engine.toy_passages import ToyPassages

DEFAULT_TIMEOUTS = Timeouts()
DEFAULT_WORKLOAD = Workload()


def candidate(  # noqa: PLR0913 - a script may set anything
    name: str,
    model: str = "m",
    *,
    substitute: bool = False,
    keys: tuple[str, ...] = (),
    prefill: bool = False,
    dialect: str = "toy",
    context_tokens: int | None = None,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    price: Price | None = None,
) -> Candidate:
    """A candidate at an upstream of the toy dialect."""
    credentials = tuple(Credential(key, f"secret-{key}") for key in keys)
    upstream = Upstream(name, dialect, f"http://{name}", credentials=credentials)
    able = Capabilities(prefill=prefill, context_tokens=context_tokens)
    return Candidate(upstream, model, substitute=substitute, timeouts=timeouts, capabilities=able, price=price)


class Play:
    """One exchange, command by command."""

    def __init__(  # noqa: PLR0913 - a script may set anything
        self,
        dialect: Dialect,
        *candidates: Candidate,
        stream: bool = True,
        workload: Workload = DEFAULT_WORKLOAD,
        board: Board | None = None,
        now: float = 1000.0,
        dice: Callable[[], float] = lambda: 0.5,
        must_not_continue: bool = False,
        has_tools: bool = False,
        kind: CallKind = CallKind.ANSWER,
        keys: Keys | None = None,
        unfit: dict[str, str] | None = None,
        mute: dict[str, str] | None = None,
        losses: dict[str, tuple[str, ...]] | None = None,
        purse: Purse | None = None,
        input_tokens: int = 0,
        max_output_tokens: int | None = None,
    ) -> None:
        self.now = now
        self.board = board or Board()
        self._call = Call(
            "toy",
            kind,
            "/ask",
            "m",
            stream=stream,
            headers=(),
            body=b"question",
            must_not_continue=must_not_continue,
            has_tools=has_tools,
            max_output_tokens=max_output_tokens,
            estimated_input_tokens=input_tokens,
        )
        self._dialect = dialect
        self._dice = dice
        self._keys = keys or StaticKeys()
        self._purse = purse
        self._passages = ToyPassages(dialect, self._call, unfit=unfit, mute=mute, losses=losses)
        self.result: Fault | None = None
        self.over = False
        self.status = 0
        self.headers: Headers = ()
        self.heard = b""
        self.finished = False
        self.reply: Reply | None = None
        self.records: list[Record] = []
        self.opened: list[Open] = []
        self.cancelled: list[int] = []
        self.rings = 0
        self.until = 0.0
        self._expected = 0
        self.start(candidates, workload, self.board)
        self._run(None)

    def start(self, candidates: Sequence[Candidate], workload: Workload, board: Board) -> None:
        """Make the exchange."""
        ticket = Ticket("ex_1", self.now, 0.0, self._dice, token="tk_1")
        menu = Menu("m", workload, tuple(candidates))
        self._exchange = exchange(
            ticket,
            self._call,
            menu,
            self._dialect,
            board,
            passages=self._passages,
            keys=self._keys,
            purse=self._purse,
        )

    def expect_open(self, upstream: str) -> Open:
        """The next attempt went to this upstream."""
        assert len(self.opened) > self._expected, f"no attempt at {upstream}; result {self.result}"
        opened = self.opened[self._expected]
        self._expected += 1
        assert opened.upstream == upstream
        return opened

    def expect_no_open(self) -> None:
        """No attempt was made beyond those expected so far."""
        assert len(self.opened) == self._expected, self.opened[self._expected :]

    def says(self, *lines: str) -> None:
        """The current attempt streams these lines (after a 200, if it has not answered yet)."""
        self.opens()
        self.sends(*lines)

    def opens(
        self, status: int = 200, headers: Headers = (("content-type", "text/event-stream"),), data: bytes = b""
    ) -> None:
        """The current attempt's response header arrives."""
        self._run(Opened(self._number, self.now, status, headers, data))

    def sends(self, *lines: str) -> None:
        """Lines of the current attempt's stream arrive, in one chunk."""
        self._run(Chunk(self._number, self.now, "".join(line + "\n" for line in lines).encode()))

    def answers(self, status: int, body: bytes = b"words of the provider", headers: Headers = ()) -> None:
        """The current attempt answers whole."""
        self._run(Opened(self._number, self.now, status, headers))
        self._run(Chunk(self._number, self.now, body))
        self.ends()

    def ends(self) -> None:
        """The current attempt's body is complete."""
        self._run(Ended(self._number, self.now))

    def breaks(self, how: Breakage = Breakage.CUT) -> None:
        """The current attempt's connection breaks."""
        self._run(Broke(self._number, self.now, how))

    def leaves(self) -> None:
        """The caller leaves."""
        self._run(CallerLeft(self.now))

    def is_called(self) -> None:
        """The driver tells that the bell rang."""
        assert self.rings, "nobody rang"
        self.rings = 0
        self._run(Called(self.now))

    def closes(self) -> None:
        """The driver gives up on the exchange."""
        self._exchange.close()

    def drains(self) -> None:
        """The gateway stops and can wait no longer."""
        self._run(Drained(self.now))

    def after(self, seconds: float) -> None:
        """Time passes; the exchange wakes whenever it asked to."""
        end = self.now + seconds
        while not self.over and self.until <= end:
            self.now = max(self.now, self.until)
            self._run(Woke(self.now))
        self.now = end

    @property
    def exchange_record(self) -> ExchangeRecord:
        """The record of the exchange."""
        return next(record for record in self.records if isinstance(record, ExchangeRecord))

    @property
    def attempt_records(self) -> list[AttemptRecord]:
        """The records of all attempts."""
        return [record for record in self.records if isinstance(record, AttemptRecord)]

    @property
    def alerts(self) -> list[AlertRecord]:
        """The alerts raised."""
        return [record for record in self.records if isinstance(record, AlertRecord)]

    @property
    def breaker_records(self) -> list[BreakerRecord]:
        """The breaker changes."""
        return [record for record in self.records if isinstance(record, BreakerRecord)]

    @property
    def text(self) -> str:
        """The text that the caller has heard."""
        lines = self.heard.decode().splitlines()
        return "".join(line.removeprefix("text:") for line in lines if line.startswith("text:"))

    @property
    def lines(self) -> list[str]:
        """What the caller has heard, comments left out."""
        return [line for line in self.heard.decode().splitlines() if not line.startswith("#")]

    @property
    def _number(self) -> int:
        return len(self.opened)

    def _run(self, event: Event | None) -> None:
        assert not self.over, f"the exchange is over: {self.result}"
        try:
            command = self._exchange.send(event)
            while not isinstance(command, Listen):
                self._perform(command)
                command = self._exchange.send(None)
            self.until = command.until
            assert self.until >= self.now - 1e-9, "an exchange never waits for the past"
        except StopIteration as stop:
            self.over, self.result = True, stop.value

    def _rung(self) -> None:
        self.rings += 1

    def _perform(self, command: Command) -> None:
        match command:
            case Open():
                self.opened.append(command)
            case Begin(status, headers):
                assert (self.reply, self.status) == (None, 0), "a response begins once"
                self.status, self.headers = status, headers
            case Send(data):
                assert self.status, "bytes go into a begun response"
                assert not self.finished, "nothing is said after the end"
                self.heard += data
            case Finish():
                self.finished = True
            case Fail(data):
                assert self.status, "bytes go into a begun response"
                self.heard += data
                self.finished = True
            case Answer(reply):
                assert not self.status, "a response is whole or streamed, not both"
                self.reply, self.status, self.headers = reply, reply.status, reply.headers
            case Cancel(attempt):
                self.cancelled.append(attempt)
            case Write(record):
                self.records.append(record)
            case Queue(place):
                place.bell = self._rung
            case _:
                raise AssertionError(command)
