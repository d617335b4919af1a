"""Upstreams in virtual time: fake providers whose steps become events at their instants."""

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from mainstay.lab.provider.fault import OK, FaultSpec, parse_fault
from mainstay.lab.provider.fault_table import FaultGroup
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.steps import Body, Cut, End, Hang, Head, Pause, RefuseConnection, Reset, Step
from mainstay.lab.virtual.rate_headers import told_headers
from mainstay.lab.virtual.station import Job, Station, Strength
from mainstay.lab.virtual.timeline import Timeline
from mainstay.model.commands import Open
from mainstay.model.dice import Dice
from mainstay.model.events import Breakage, Broke, Chunk, Ended, Event, Opened
from mainstay.model.http import Headers

Perform = Callable[[ProviderRequest, FaultSpec, Personality], list[Step]]
"""The fake provider's pure half."""
Weather = Callable[[str, float, ProviderRequest], FaultSpec]
"""Which fault befalls an upstream's request at an instant."""

FRAMING = frozenset({"transfer-encoding", "connection"})
"""Fields that the client keeps to itself."""
PACKING = frozenset({"content-encoding", "content-length"})
"""Fields that are no longer true of an unpacked body."""
WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
GZIP_WINDOW_BITS = 31


OVERLOADED = parse_fault("overloaded")


class Place(msgspec.Struct, frozen=True):
    """One upstream of the virtual world."""

    personality: Personality
    latency_seconds: float = 0.02
    strength: Strength | None = None
    """What it can do; `None`: everything at once."""
    tells_rates: bool = False
    """Whether its answers say how much of its rate is left."""
    repeats_itself: bool = False
    """Whether it says the same to everybody, which takes hardly any time to play. No text for continuations."""


class VirtualUpstreams:
    """Opens attempts at fake providers, in virtual time."""

    def __init__(
        self,
        timeline: Timeline,
        places: Mapping[str, Place],
        weather: Weather,
        perform: Perform,
        dice: Dice = lambda: 0.5,
    ) -> None:
        """`weather` decides about faults; `perform` gives a provider's steps; `dice` how long a request takes where
        strength is limited."""
        self._timeline = timeline
        self._places = places
        self._weather = weather
        self._perform = perform
        self.opened = 0
        self.opened_at: Counter[str] = Counter()
        """Attempts per upstream."""
        self.stations = {
            name: Station(place.strength, timeline, dice)
            for name, place in places.items()
            if place.strength is not None
        }
        self._said: dict[tuple[str, str, bool, FaultSpec], list[Step]] = {}

    def open(self, command: Open, deliver: Callable[[Event], None]) -> "VirtualAttempt | Visit":
        """Start an attempt."""
        self.opened += 1
        self.opened_at[command.upstream] += 1
        place = self._places[command.upstream]
        url = urlsplit(command.url)
        request = ProviderRequest("POST", url.path, url.query, command.headers, command.body, at=self._timeline.now)
        fault = self._weather(command.upstream, self._timeline.now, request)
        station = self.stations.get(command.upstream)
        arrives_at = self._timeline.now + place.latency_seconds
        if station is None or fault != OK:
            steps = self._steps(request, fault, command.upstream)
            attempt = VirtualAttempt(self._timeline, command, _unhurried(steps), deliver)
            self._timeline.at(arrives_at, attempt.play)
            return attempt
        visit = Visit(
            self._timeline,
            command,
            station,
            lambda fault: self._steps(request, fault, command.upstream),
            lambda: self._weather(command.upstream, self._timeline.now, request),
            deliver,
        )
        visit.tells_rates = place.tells_rates
        self._timeline.at(arrives_at, visit.arrive)
        return visit

    def _steps(self, request: ProviderRequest, fault: FaultSpec, upstream: str) -> list[Step]:
        place = self._places[upstream]
        if not place.repeats_itself:
            return self._perform(request, fault, place.personality)
        subject = (upstream, request.path, b'"stream":true' in request.body, fault)
        known = self._said.get(subject)
        if known is None:
            known = self._said[subject] = self._perform(request, fault, place.personality)
        return known


class Visit:
    """One attempt at a place of limited strength: it is worked on, or turned away."""

    def __init__(
        self,
        timeline: Timeline,
        command: Open,
        station: Station,
        steps: Callable[[FaultSpec], list[Step]],
        weather: Callable[[], FaultSpec],
        deliver: Callable[[Event], None],
    ) -> None:
        """`steps` gives what the provider says under a fault; `weather` the fault of this instant."""
        self.tells_rates = False
        self._timeline = timeline
        self._command = command
        self._station = station
        self._steps = steps
        self._weather = weather
        self._deliver = deliver
        self._job: Job | None = None
        self._attempt: VirtualAttempt | None = None
        self._over = False

    def arrive(self) -> None:
        """The request is here."""
        if self._over:
            return
        station = self._station
        wait = station.rate_wait_seconds
        if wait > 0:
            station.turned_away += 1
            self._play(parse_fault(f"throttle:retry_after={max(1, math.ceil(wait))}"))
        elif station.is_full():
            station.turned_away += 1
            self._play(OVERLOADED)
        else:
            self._job = station.work_on(self._finish)

    def cancel(self) -> None:
        """Deliver nothing more."""
        self._over = True
        if self._attempt is not None:
            self._attempt.cancel()
        elif self._job is not None:
            self._station.abandon(self._job)

    def _finish(self) -> None:
        """The work is done. Whether the answer gets through is another matter: who loses his connections loses those
        under way as well."""
        fault = self._weather()
        self._play(fault if fault.group is FaultGroup.CONNECTION else OK)

    def _play(self, fault: FaultSpec) -> None:
        fields = told_headers(self._station, self._timeline.now) if self.tells_rates else ()
        steps = [_with_rates(one, fields) if isinstance(one, Head) else one for one in self._steps(fault)]
        self._attempt = VirtualAttempt(self._timeline, self._command, _unhurried(steps), self._deliver)
        self._attempt.play()


class VirtualAttempt:
    """One attempt's playback. It tells what a client on a real socket would tell of the same steps."""

    def __init__(
        self, timeline: Timeline, command: Open, steps: Iterator[Step], deliver: Callable[[Event], None]
    ) -> None:
        """Play `steps` from the first `play` on."""
        self._timeline = timeline
        self._opened_at = timeline.now
        self._command = command
        self._steps = steps
        self._deliver = deliver
        self._over = False
        self._body: _Body | None = None

    def cancel(self) -> None:
        """Deliver nothing more."""
        self._over = True

    def play(self) -> None:
        """Play on until a pause or the end."""
        while not self._over:
            step = next(self._steps, None)
            if step is None:
                return
            if isinstance(step, Pause):
                self._timeline.at(self._timeline.now + step.seconds, self.play)
                return
            self._take(step)

    def _take(self, step: Step) -> None:
        number, now = self._command.attempt, self._timeline.now
        match step:
            case Head():
                body = self._body = _Body(step)
                self._deliver(Opened(number, now, step.status, body.headers))
                self._end_if_complete(body)
            case Body(data) if self._body is not None:
                unpacked = self._body.take(data)
                if unpacked:
                    self._deliver(Chunk(number, now, unpacked))
                self._end_if_complete(self._body)
            case Hang(connecting=True):
                self._timeline.at(self._opened_at + self._command.connect_seconds, self._give_up_connecting)
            case RefuseConnection():
                self._last(Broke(number, now, Breakage.REFUSED))
            case Cut() | Reset():
                self._last(Broke(number, now, Breakage.CLOSED_EARLY if self._body is None else Breakage.CUT))
            case End() if self._body is not None and self._body.missing is None:
                self._end(self._body)
            case _:
                pass  # silence: it hangs, or the connection stands and the rest of the body never comes

    def _end_if_complete(self, body: "_Body") -> None:
        if body.missing == 0 and not self._over:
            self._end(body)

    def _end(self, body: "_Body") -> None:
        number, now = self._command.attempt, self._timeline.now
        self._last(Ended(number, now) if body.is_whole else Broke(number, now, Breakage.CUT))

    def _give_up_connecting(self) -> None:
        if not self._over:
            self._last(Broke(self._command.attempt, self._timeline.now, Breakage.CONNECT_TIMEOUT))

    def _last(self, event: Event) -> None:
        self._over = True
        self._deliver(event)


def _with_rates(head: Head, fields: Headers) -> Head:
    """The place's own rate headers in the place of those that the fake provider makes up."""
    others = tuple([field for field in head.headers if not field[0].startswith("anthropic-ratelimit-")])
    return replace(head, headers=others + fields)


class _Body:
    """What HTTP makes of a response body: a length in bytes, or chunks until the last one; perhaps packed."""

    def __init__(self, head: Head) -> None:
        fields = dict(head.headers)
        length = fields.get("content-length")
        self.missing = None if length is None else int(length)
        """Bytes to come; `None` where only the last chunk will tell."""
        if head.status in WITHOUT_BODY:
            self.missing = 0
        self._unpacker = zlib.decompressobj(GZIP_WINDOW_BITS) if fields.get("content-encoding") == "gzip" else None
        dropped = FRAMING if self._unpacker is None else FRAMING | PACKING
        self.headers = tuple(field for field in head.headers if field[0] not in dropped)

    def take(self, data: bytes) -> bytes:
        """Unpack what belongs to the body. What comes behind its length does not."""
        if self.missing is not None:
            data = data[: self.missing]
            self.missing -= len(data)
        return data if self._unpacker is None else self._unpacker.decompress(data)

    @property
    def is_whole(self) -> bool:
        """Whether the packing, too, has come to its end."""
        return self._unpacker is None or self._unpacker.eof


def _unhurried(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, with the time that a dribbled head takes in front of it: it is there with its last byte."""
    for step in steps:
        if isinstance(step, Head) and step.seconds > 0:
            yield Pause(step.seconds)
        yield step
