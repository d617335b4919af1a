"""A rehearsal: seeded traffic and weather, the real exchanges, virtual time; out come outcomes and a ledger hash."""

import hashlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.lab.provider.perform import perform
from mainstay.lab.virtual.driver import Heard
from mainstay.lab.virtual.process import Surroundings, VirtualProcess
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.traffic import Arrival
from mainstay.lab.virtual.upstreams import Place, VirtualUpstreams, Weather
from mainstay.model.records import Record
from mainstay.wire.crossing.passages import Speech


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
        self.world = VirtualUpstreams(self.timeline, places, weather, perform)
        self._process = VirtualProcess(Surroundings(self.timeline, self.world, snapshot, speech, journal), seed)

    def run(self, arrivals: Iterable[Arrival], told: Callable[[Outcome], None]) -> None:
        """Play everything; `told` gets each outcome when its exchange is over."""
        waiting = iter(arrivals)

        def next_one() -> None:
            arrival = next(waiting, None)
            if arrival is not None:
                self.timeline.at(arrival.at, lambda: begin(arrival))

        def begin(arrival: Arrival) -> None:
            self._process.ask(arrival, lambda heard: told(_outcome(arrival.number, heard)))
            next_one()

        next_one()
        self.timeline.run()

    def run_in_turn(self, arrivals: Iterable[Arrival], told: Callable[[Outcome], None]) -> None:
        """Play one request after the other; each begins at the instant at which the one before it was answered."""
        waiting = iter(arrivals)

        def next_one() -> None:
            arrival = next(waiting, None)
            if arrival is not None:
                self._process.ask(arrival, lambda heard: answered(_outcome(arrival.number, heard)))

        def answered(outcome: Outcome) -> None:
            told(outcome)
            self.timeline.at(self.timeline.now, next_one)

        next_one()
        self.timeline.run()


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
