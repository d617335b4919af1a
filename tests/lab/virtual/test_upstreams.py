"""Upstreams in virtual time, and that they tell what a client tells of the same provider on a real socket."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.proxies import Proxies
from mainstay.lab.provider.fault import OK, parse_fault
from mainstay.lab.provider.fault_table import FAULTS
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.server import FakeProvider
from mainstay.lab.provider.steps import Body, Cut, End, Hang, Head, Pause, Step
from mainstay.lab.virtual.station import Strength
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.upstreams import Place, VirtualUpstreams
from mainstay.model.commands import Open
from mainstay.model.events import Breakage, Broke, Chunk, Ended, Event, Opened

LATENCY_SECONDS = 0.25
CONNECT_SECONDS = 5.0
PATIENCE_SECONDS = 20.0
CHUNKED = (("transfer-encoding", "chunked"),)

# Faults that take time or never end are shown below, without a real socket.
TAKE_TIME = {"stall", "pings-only", "slow", "dribble-headers"}
VARIANTS = (
    "wrong-length:by=-10",
    "wrong-length:by=0",
    "wrong-length:by=-1000000",
    "cut:phase=headers",
    "cut:phase=preamble",
    "cut:phase=before-end",
    "cut:torn=true",
    "cut:after=100,clean=true",
    "inband-error:at=start",
    "empty:what=choices",
    "split:bytes=7",
    "status:code=204",
    "status:code=304",
)
SAME = [*(name for name in FAULTS if name not in TAKE_TIME), *VARIANTS]


def question(path: str, *, stream: bool) -> bytes:
    messages = [{"role": "user", "content": "Why do bridges hum?"}]
    return msgspec.json.encode({"model": "m", "max_tokens": 100, "stream": stream, "messages": messages, "path": path})


def order(url: str, body: bytes = b"{}") -> Open:
    return Open(1, "alpha", url, (("content-type", "application/json"),), body, CONNECT_SECONDS)


class World:
    """One upstream, `alpha`, that plays these steps or this fault."""

    def __init__(self, steps: list[Step] | None = None, fault: str = "ok") -> None:
        self.timeline = Timeline()
        weather = lambda *_: parse_fault(fault)  # noqa: E731 - a callback of one line
        places = {"alpha": Place(Personality(), LATENCY_SECONDS)}
        plays = perform if steps is None else lambda *_: steps
        self.upstreams = VirtualUpstreams(self.timeline, places, weather, plays)
        self.events: list[Event] = []

    def ask(self, command: Open | None = None) -> list[Event]:
        self.upstreams.open(command or order("http://alpha/v1/messages"), self.events.append)
        self.timeline.run()
        return self.events


def told(events: list[Event]) -> tuple[int, bytes, str]:
    """Status, body, and how it ended: what an exchange can know, whatever the packets."""
    status = next((event.status for event in events if isinstance(event, Opened)), 0)
    body = b"".join(event.data for event in events if isinstance(event, Chunk | Opened))
    last = events[-1]
    return status, body, last.how.value if isinstance(last, Broke) else "ended" if is_last(last) else "open"


def is_last(event: Event) -> bool:
    return isinstance(event, Ended | Broke) or (isinstance(event, Opened) and event.ended)


async def told_by_real_ones(path: str, *, stream: bool) -> dict[str, tuple[int, bytes, str]]:
    client = UpstreamClient(proxies=Proxies({}))
    found = {}
    async with asyncio.timeout(PATIENCE_SECONDS), FakeProvider() as provider:
        for fault in SAME:
            provider.heal()
            provider.break_with(fault)
            events: list[Event] = []
            over = asyncio.Event()

            def deliver(event: Event, events: list[Event] = events, over: asyncio.Event = over) -> None:
                events.append(event)
                if is_last(event):
                    over.set()

            client.open(order(provider.url + path, question(path, stream=stream)), deliver)
            await over.wait()
            found[fault] = told(events)
        await client.close()
    return found


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_virtual_and_real_providers_tell_the_same(path: str, stream: bool) -> None:  # noqa: FBT001 - parametrised
    real = asyncio.run(told_by_real_ones(path, stream=stream))
    command = order(f"http://alpha{path}", question(path, stream=stream))
    virtual = {fault: told(World(fault=fault).ask(command)) for fault in SAME}
    assert virtual == real


def test_an_answer_comes_after_the_latency_and_its_pauses() -> None:
    events = World([Pause(2.0), Head(200, CHUNKED), Body(b"a"), Pause(3.0), Body(b"b"), End()]).ask()
    assert events == [
        Opened(1, 2.25, 200, ()),
        Chunk(1, 2.25, b"a"),
        Chunk(1, 5.25, b"b"),
        Ended(1, 5.25),
    ]


def test_a_dribbled_header_is_there_with_its_last_byte() -> None:
    events = World([Head(200, CHUNKED, seconds=4.0), Body(b"a"), End()]).ask()
    assert [event.at for event in events] == [4.25, 4.25, 4.25]


def test_what_comes_behind_the_length_does_not_belong_to_the_body() -> None:
    events = World([Head(200, (("content-length", "3"),)), Body(b"ab"), Pause(1.0), Body(b"cdef"), Cut()]).ask()
    assert events[1:] == [Chunk(1, 0.25, b"ab"), Chunk(1, 1.25, b"c"), Ended(1, 1.25)]


def test_a_body_of_no_length_ends_with_its_header() -> None:
    events = World([Head(200, (("content-length", "0"),)), Pause(9.0), Cut()]).ask()
    assert events[1:] == [Ended(1, 0.25)]


def test_a_body_that_is_too_short_is_cut() -> None:
    assert told(World([Head(200, (("content-length", "3"),)), Body(b"ab"), Cut()]).ask()) == (200, b"ab", "cut")


def test_a_connection_on_which_the_rest_never_comes_stays_silent() -> None:
    too_short: list[Step] = [Head(200, (("content-length", "3"),)), Body(b"ab"), End()]
    endless: list[Step] = [Head(200, CHUNKED), Body(b"ab"), Hang()]
    for steps in (too_short, endless):
        assert [type(event) for event in World(steps).ask()] == [Opened, Chunk]
    assert World([Hang()]).ask() == []


def test_a_packed_body_that_ends_early_is_cut() -> None:
    packed = (("content-encoding", "gzip"), *CHUNKED)
    assert told(World([Head(200, packed), Body(b"\x1f\x8b"), End()]).ask()) == (200, b"", "cut")


def test_a_connection_that_never_comes_about_times_out() -> None:
    assert World([Hang(connecting=True)]).ask() == [Broke(1, CONNECT_SECONDS, Breakage.CONNECT_TIMEOUT)]


def test_faults_that_take_time_take_it() -> None:
    command = order("http://alpha/v1/messages", question("", stream=True))
    assert World(fault="dribble-headers:seconds=7").ask(command)[0].at == 7.25
    assert World(fault="pings-only:seconds=30,interval=1").ask(command)[-1].at == pytest.approx(30.25)
    assert World(fault="stall:phase=connect").ask(command)[-1].at == CONNECT_SECONDS
    assert not isinstance(World(fault="stall:phase=content").ask(command)[-1], Ended | Broke)
    assert World(fault="slow:chars_per_second=1").ask(command)[-1].at > 60


@pytest.mark.parametrize("steps", [[Hang(connecting=True)], [Pause(1.0), Head(200, CHUNKED), End()]])
def test_a_cancelled_attempt_delivers_nothing_more(steps: list[Step]) -> None:
    world = World(steps)
    attempt = world.upstreams.open(order("http://alpha/v1/messages"), world.events.append)
    world.timeline.at(0.5, attempt.cancel)
    world.timeline.run()
    assert world.events == []


@pytest.mark.parametrize("last", [Opened, Chunk])
def test_an_attempt_may_be_cancelled_by_who_is_told(last: type[Event]) -> None:
    world = World([Head(200, (("content-length", "2"),)), Body(b"ab"), End()])
    stop: list[Callable[[], None]] = []

    def deliver(event: Event) -> None:
        world.events.append(event)
        if isinstance(event, last):
            stop[0]()

    stop.append(world.upstreams.open(order("http://alpha/v1/messages"), deliver).cancel)
    world.timeline.run()
    assert isinstance(world.events[-1], last)


def test_attempts_are_counted() -> None:
    world = World()
    world.ask()
    world.ask()
    assert world.upstreams.opened == 2


class Busy:
    """One place of limited strength, asked several times."""

    def __init__(self, strength: Strength, *, tells_rates: bool = False) -> None:
        self.timeline = Timeline()
        self.fault = OK
        place = Place(Personality(), LATENCY_SECONDS, strength, tells_rates=tells_rates, repeats_itself=True)
        self.upstreams = VirtualUpstreams(self.timeline, {"alpha": place}, lambda *_: self.fault, perform)

    def ask(self, at: float = 0.0) -> list[Event]:
        events: list[Event] = []
        body = question("/v1/messages", stream=False)

        def begin() -> None:
            self.upstreams.open(order("http://alpha/v1/messages", body), events.append)

        self.timeline.at(at, begin)
        return events


ONE_AT_A_TIME = Strength(concurrency=1, service_seconds=3.0, spread=0.0)


def test_a_place_of_limited_strength_works_on_as_many_as_it_can_and_refuses_the_others() -> None:
    busy = Busy(ONE_AT_A_TIME)
    served, refused = busy.ask(), busy.ask()
    busy.timeline.run()
    assert (told(served)[0], served[0].at) == (200, LATENCY_SECONDS + 3.0)
    assert (told(refused)[0], refused[0].at) == (529, LATENCY_SECONDS)
    assert busy.upstreams.opened_at == {"alpha": 2}


def test_beyond_its_rate_it_throttles_and_says_what_is_left() -> None:
    strength = Strength(concurrency=9, service_seconds=1.0, requests_per_minute=60, burst_seconds=1.0)
    busy = Busy(strength, tells_rates=True)
    served, throttled = busy.ask(), busy.ask()
    busy.timeline.run()
    assert (told(served)[0], told(throttled)[0]) == (200, 429)
    (opened,) = (one for one in throttled if isinstance(one, Opened))
    fields = dict(opened.headers)
    assert fields["retry-after"] == "1"
    assert fields["anthropic-ratelimit-requests-remaining"] == "0"
    assert len(fields) == len(opened.headers), "each field once"


def test_a_request_that_was_given_up_is_worked_on_no_longer() -> None:
    busy = Busy(ONE_AT_A_TIME)
    events: list[Event] = []
    visit = busy.upstreams.open(order("http://alpha/v1/messages"), events.append)
    busy.timeline.at(1.0, visit.cancel)
    served = busy.ask(at=2.0)
    busy.timeline.run()
    assert events == []
    assert told(served)[0] == 200


def test_a_request_that_was_given_up_on_its_way_never_arrives() -> None:
    busy = Busy(ONE_AT_A_TIME)
    visit = busy.upstreams.open(order("http://alpha/v1/messages"), lambda _: None)
    visit.cancel()
    busy.timeline.run()
    assert busy.upstreams.stations["alpha"].completed == 0


@pytest.mark.parametrize(("fault", "ending"), [("refuse", "refused"), ("server-error", "ended")])
def test_who_loses_its_connections_loses_those_under_way(fault: str, ending: str) -> None:
    busy = Busy(ONE_AT_A_TIME)
    events = busy.ask()
    busy.timeline.at(1.0, lambda: setattr(busy, "fault", parse_fault(fault)))
    busy.timeline.run()
    assert told(events)[2] == ending
