"""A rehearsal: seeded traffic and weather, the real exchanges, virtual time; out come outcomes and a ledger hash."""

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.engine.board import Board
from mainstay.engine.exchange import exchange
from mainstay.engine.keys import StaticKeys
from mainstay.engine.progress import Ticket
from mainstay.lab.provider.perform import perform
from mainstay.lab.virtual.driver import Heard, VirtualDriver
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.traffic import Arrival
from mainstay.lab.virtual.upstreams import Place, VirtualUpstreams, Weather
from mainstay.model.fault import Fault
from mainstay.model.records import Record
from mainstay.wire.crossing.passages import CallPassages, Speech

WALL_START = 1_772_448_540.0
"""2026-03-02 10:49:00 UTC, the morning that this product answers to. Virtual time starts there, so that two runs of one
seed write the same records."""
DIALECT_OF_PATH = {"/v1/messages": "anthropic", "/v1/chat/completions": "openai-chat"}


class Outcome(msgspec.Struct, frozen=True):
    """What one caller got."""

    number: int
    status: int
    upstream: str
    attempts: str
    degraded: str
    body: bytes
    finished: bool


class HashingJournal:
    """Counts and hashes records instead of keeping them."""

    def __init__(self, keep: Callable[[Record], None] | None = None) -> None:
        """`keep` also gets every record."""
        self.count = 0
        self._hash = hashlib.sha256()
        self._encoder = msgspec.json.Encoder()
        self._keep = keep

    def write(self, record: Record) -> None:
        """See `model.ports.Journal`."""
        self.count += 1
        self._hash.update(self._encoder.encode(record))
        if self._keep is not None:
            self._keep(record)

    @property
    def sha256(self) -> str:
        """Hash of all records in order."""
        return self._hash.hexdigest()


class Rehearsal:
    """One run of one seed."""

    def __init__(
        self,
        snapshot: Snapshot,
        speech: Speech,
        places: Mapping[str, Place],
        weather: Weather,
        seed: str,
        journal: HashingJournal,
    ) -> None:
        """`weather` decides which fault befalls which request."""
        self.timeline = Timeline()
        self.board = Board()
        self.world = VirtualUpstreams(self.timeline, places, weather, perform)
        self._snapshot = snapshot
        self._speech = speech
        self._seed = seed
        self._journal = journal

    def run(self, arrivals: Iterable[Arrival], told: Callable[[Outcome], None]) -> None:
        """Play everything; `told` gets each outcome when its exchange is over."""
        waiting = iter(arrivals)

        def next_one() -> None:
            arrival = next(waiting, None)
            if arrival is not None:
                self.timeline.at(arrival.at, lambda: begin(arrival))

        def begin(arrival: Arrival) -> None:
            self._ask(arrival, told)
            next_one()

        next_one()
        self.timeline.run()

    def run_in_turn(self, arrivals: Iterable[Arrival], told: Callable[[Outcome], None]) -> None:
        """Play one request after the other; each begins at the instant at which the one before it was answered."""
        waiting = iter(arrivals)

        def next_one() -> None:
            arrival = next(waiting, None)
            if arrival is not None:
                self._ask(arrival, answered)

        def answered(outcome: Outcome) -> None:
            told(outcome)
            self.timeline.at(self.timeline.now, next_one)

        next_one()
        self.timeline.run()

    def _ask(self, arrival: Arrival, told: Callable[[Outcome], None]) -> None:
        dialect = self._speech.dialects[DIALECT_OF_PATH[arrival.path]]
        heard = Heard()
        call = dialect.read_call(arrival.path, "", arrival.headers, arrival.body)
        menu = None if isinstance(call, Fault) else self._snapshot.menu(call.model, "default")
        if isinstance(call, Fault) or menu is None:
            told(Outcome(arrival.number, 400, "", "0", "", b"", finished=True))
            return
        identity = f"ex_{self._seed}_{arrival.number}"
        dice = random.Random(identity)  # noqa: S311 - jitter, no secret
        ticket = Ticket(identity, self.timeline.now, WALL_START, dice.random)
        passages = CallPassages(self._speech, call, menu.workload, identity, ticket.wall_offset + ticket.now)
        conversation = exchange(ticket, call, menu, dialect, self.board, passages=passages, keys=StaticKeys())
        ended = lambda: told(_outcome(arrival.number, heard))  # noqa: E731 - a callback of one line
        VirtualDriver(conversation, self.timeline, self.world, self._journal, heard, ended).start()


def _outcome(number: int, heard: Heard) -> Outcome:
    headers = dict(heard.headers)
    return Outcome(
        number,
        heard.status,
        headers.get("x-mainstay-upstream", ""),
        headers.get("x-mainstay-attempts", ""),
        headers.get("x-mainstay-degraded", ""),
        heard.body,
        heard.finished,
    )
