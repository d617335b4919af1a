"""What an attempt is told, whatever the upstream does."""

import asyncio
import gzip

import pytest

from mainstay.model.events import Breakage, Broke, Chunk, Event, Opened
from tests.gateway.http.conftest import Events, Run, Script, Visit, client, order, says, turns, until, upstream

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def events_of(script: Script) -> Events:
    """What an attempt at an upstream with this script delivers."""
    events = Events()
    async with upstream(script) as up, client() as one:
        one.open(order(up.url), events)
        await events.end()
    return events


def says_and_ends(*parts: bytes, reset: bool = False) -> Script:
    """A script that answers one request with these packets and ends the connection."""

    async def script(visit: Visit) -> None:
        await visit.request()
        for part in parts:
            await visit.say(part)
            await turns()
        if reset:
            visit.reset()

    return script


def test_a_whole_response_in_one_packet_is_one_event(run: Run) -> None:
    async def play() -> None:
        (opened,) = (await events_of(says(PLAIN))).all
        assert isinstance(opened, Opened)
        assert opened.status == 200
        assert opened.headers == (("content-type", "text/plain"), ("content-length", "5"))
        assert opened.data == b"hello"
        assert opened.ended
        assert opened.attempt == 1
        assert opened.connected_at is not None
        assert opened.connected_at <= opened.at

    run(play())


def test_all_that_one_packet_brings_is_one_chunk(run: Run) -> None:
    async def play() -> None:
        parts = STREAM_HEAD + chunk(b"one ") + chunk(b"two ") + chunk(b"three") + b"0\r\n\r\n"
        events = await events_of(says(parts))
        assert events.kinds == ["Opened", "Chunk", "Ended"]
        assert events.body == b"one two three"

    run(play())


def test_each_packet_of_a_stream_is_told_when_it_comes(run: Run) -> None:
    async def play() -> None:
        step = asyncio.Event()

        async def stepwise(visit: Visit) -> None:
            await visit.request()
            for part in (STREAM_HEAD, chunk(b"one"), chunk(b"two")[:4], chunk(b"two")[4:], b"0\r\n\r\n"):
                await visit.say(part)
                await step.wait()
                step.clear()

        events = Events()
        async with upstream(stepwise) as up, client() as one:
            one.open(order(up.url), events)
            for body in (b"", b"one", b"onet", b"onetwo"):
                await until(lambda body=body: "Opened" in events.kinds and events.body == body)  # type: ignore[misc]
                step.set()
            await events.end()
            assert events.kinds[-1] == "Ended"
            step.set()

    run(play())


class TestBreakage:
    @pytest.mark.parametrize(
        ("parts", "how", "body"),
        [
            ((), Breakage.CLOSED_EARLY, b""),
            ((b"HTTP/1.1 200 OK\r\nContent-",), Breakage.CLOSED_EARLY, b""),
            ((b"HTTP/1.1 100 Continue\r\n\r\n",), Breakage.CLOSED_EARLY, b""),
            ((PLAIN[:-2],), Breakage.CUT, b"hel"),
            ((STREAM_HEAD,), Breakage.CUT, b""),
            ((STREAM_HEAD + chunk(b"one"), chunk(b"two")), Breakage.CUT, b"onetwo"),
            ((STREAM_HEAD + chunk(b"one") + b"0\r\n",), Breakage.CUT, b"one"),
            ((b"SSH-2.0-OpenSSH_9.2\r\n",), Breakage.PROTOCOL, b""),
            ((STREAM_HEAD + chunk(b"one") + b"zz\r\n",), Breakage.PROTOCOL, b"one"),
            ((b"HTTP/1.1 200 OK\r\nX: " + b"a" * 66_000 + b"\r\n\r\n",), Breakage.PROTOCOL, b""),
            ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 201 + b"\r\n",), Breakage.PROTOCOL, b""),
        ],
    )
    def test_is_told_by_phase_after_every_byte_that_came(
        self, run: Run, parts: tuple[bytes, ...], how: Breakage, body: bytes
    ) -> None:
        async def play() -> None:
            events = await events_of(says_and_ends(*parts))
            assert (events.broke.how, events.body) == (how, body)
            assert ("Opened" in events.kinds) is (how is Breakage.CUT or bool(body))

        run(play())

    @pytest.mark.parametrize(
        ("parts", "how"),
        [
            ((), Breakage.CLOSED_EARLY),
            ((b"HTTP/1.1 200",), Breakage.CLOSED_EARLY),
            ((STREAM_HEAD + chunk(b"one"),), Breakage.CUT),
            ((b"HTTP/1.0 200 OK\r\n\r\nhello",), Breakage.CUT),
        ],
    )
    def test_by_a_reset_is_the_same(self, run: Run, parts: tuple[bytes, ...], how: Breakage) -> None:
        async def play() -> None:
            assert (await events_of(says_and_ends(*parts, reset=True))).broke.how is how

        run(play())

    def test_closes_the_connection(self, run: Run) -> None:
        async def play() -> None:
            gone = asyncio.Event()

            async def nonsense(visit: Visit) -> None:
                await visit.request()
                await visit.say(b"NONSENSE\r\n\r\n")
                await visit.gone()
                gone.set()

            events = Events()
            async with upstream(nonsense) as up, client() as one:
                one.open(order(up.url), events)
                await gone.wait()
                assert isinstance(events.all[-1], Broke)
                assert one.connections == 0

        run(play())


def test_a_body_that_only_the_end_delimits_ends_with_it(run: Run) -> None:
    async def play() -> None:
        events = await events_of(says_and_ends(b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo"))
        assert (events.kinds[-1], events.body) == ("Ended", b"hello")

    run(play())


def test_interim_responses_are_not_told(run: Run) -> None:
    async def play() -> None:
        events = await events_of(says(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN))
        assert events.kinds == ["Opened", "Chunk", "Ended"]
        assert events.opened.status == 200

    run(play())


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body_ends_with_its_head(run: Run, status: int) -> None:
    async def play() -> None:
        assert (await events_of(says(b"HTTP/1.1 %d X\r\n\r\n" % status))).kinds == ["Opened", "Ended"]

    run(play())


class TestPacked:
    def test_a_packed_stream_is_unpacked_as_it_comes(self, run: Run) -> None:
        packed = gzip.compress(b"hello there")
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"

        async def play() -> None:
            events = await events_of(says(head, chunk(packed[:12]), chunk(packed[12:]) + b"0\r\n\r\n"))
            assert (events.kinds[-1], events.body) == ("Ended", b"hello there")
            assert dict(events.opened.headers) == {"x-a": "b", "transfer-encoding": "chunked"}

        run(play())

    @pytest.mark.parametrize(
        ("packed", "how"),
        [(gzip.compress(bytes(50_000_000)), Breakage.PROTOCOL), (gzip.compress(b"hello")[:-5], Breakage.CUT)],
    )
    def test_a_bomb_or_half_a_body_breaks(self, run: Run, packed: bytes, how: Breakage) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)

        async def play() -> None:
            assert (await events_of(says(head + packed))).broke.how is how

        run(play())


class TestBackpressure:
    def test_a_paused_attempt_hears_nothing_until_it_is_resumed(self, run: Run) -> None:
        async def play() -> None:
            more = asyncio.Event()

            async def waiting(visit: Visit) -> None:
                await visit.request()
                await visit.say(STREAM_HEAD + chunk(b"one"))
                await more.wait()
                await visit.say(chunk(b"two") + b"0\r\n\r\n")

            events = Events()
            async with upstream(waiting) as up, client() as one:
                attempt = one.open(order(up.url), events)
                await events.wait_for(Chunk)
                attempt.pause()
                more.set()
                await turns()
                assert events.body == b"one"
                attempt.resume()
                await events.end()
                assert events.body == b"onetwo"

        run(play())

    def test_one_paused_before_it_is_connected_hears_nothing_either(self, run: Run) -> None:
        async def play() -> None:
            events = Events()
            async with upstream(says(PLAIN)) as up, client() as one:
                attempt = one.open(order(up.url), events)
                attempt.pause()
                await until(lambda: up.visits == 1)
                await turns()
                assert events.all == []
                attempt.resume()
                assert (await events.end()).body == b"hello"

        run(play())

    def test_a_connection_paused_by_one_attempt_reads_for_the_next(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client() as one:
                first, second = Events(), Events()

                def pause_at_each(event: Event) -> None:
                    attempt.pause()
                    first(event)

                attempt = one.open(order(up.url), pause_at_each)
                await first.end()
                one.open(order(up.url), second)
                assert (await second.end()).body == b"hello"
                assert up.visits == 1

        run(play())
