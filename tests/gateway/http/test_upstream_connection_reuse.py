"""When a connection carries another request, and when it must not."""

import asyncio

import pytest

from mainstay.model.events import Breakage, Opened
from tests.gateway.http.conftest import Events, Run, Script, Visit, client, order, says, turns, until, upstream

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


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


class TestReuse:
    def test_one_connection_carries_many_requests(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client() as one:
                for _ in range(5):
                    events = Events()
                    one.open(order(up.url), events)
                    assert (await events.end()).body == b"hello"
                assert (up.visits, one.idle, one.connections) == (1, 1, 1)

        run(play())

    def test_the_next_request_may_be_opened_from_the_last_event(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client() as one:
                second = Events()

                def first(event: object) -> None:
                    if isinstance(event, Opened) and event.ended:
                        one.open(order(up.url), second)

                one.open(order(up.url), first)
                await second.end()
                assert (up.visits, second.body) == (1, b"hello")

        run(play())

    @pytest.mark.parametrize(
        "response",
        [
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            PLAIN + b"HTTP/1.1 200 OK\r\n",
        ],
    )
    def test_not_after_a_response_that_ends_it_or_says_too_much(self, run: Run, response: bytes) -> None:
        async def play() -> None:
            async with upstream(says(response)) as up, client() as one:
                for number in (1, 2):
                    events = Events()
                    one.open(order(up.url), events)
                    assert (await events.end()).body == b"hello"
                    assert (up.visits, one.idle) == (number, 0)

        run(play())

    def test_not_after_a_response_that_came_before_the_request_was_sent(self, run: Run) -> None:
        async def play() -> None:
            async def hasty(visit: Visit) -> None:
                await visit.reader.readuntil(b"\r\n\r\n")
                await visit.say(PLAIN)
                await visit.gone()

            async with upstream(hasty) as up, client() as one:
                events = Events()
                one.open(order(up.url, body=bytes(30_000_000)), events)
                await events.end()
                assert (events.kinds[-1], one.idle) == ("Ended", 0)

        run(play())

    def test_an_idle_connection_that_ends_drops_out(self, run: Run) -> None:
        async def play() -> None:
            events = Events()
            async with upstream(says_and_ends(PLAIN)) as up, client() as one:
                one.open(order(up.url), events)
                await events.end()
                await until(lambda: one.idle == 0 and one.connections == 0)

        run(play())

    def test_an_idle_connection_that_speaks_unasked_drops_out(self, run: Run) -> None:
        async def play() -> None:
            speak = asyncio.Event()

            async def talkative(visit: Visit) -> None:
                await visit.request()
                await visit.say(PLAIN)
                await speak.wait()
                await visit.say(PLAIN)
                await visit.gone()

            events = Events()
            async with upstream(talkative) as up, client() as one:
                one.open(order(up.url), events)
                await events.end()
                assert one.idle == 1
                speak.set()
                await until(lambda: one.idle == 0)
                assert events.kinds == ["Opened", "Chunk", "Ended"]

        run(play())


class TestStaleConnection:
    def script(self, requests: list[bytes], *, then: bytes, reset: bool = False) -> Script:
        """Answers the first request of the first connection; at its second request that connection says `then` and
        ends. Later connections answer."""

        async def upstream_with_a_stale_connection(visit: Visit) -> None:
            requests.append(await visit.request())
            await visit.say(PLAIN)
            requests.append(await visit.request())
            if visit.number == 1:
                await visit.say(then)
                if reset:
                    visit.reset()
            else:
                await visit.say(PLAIN)

        return upstream_with_a_stale_connection

    @pytest.mark.parametrize("reset", [False, True])
    def test_is_replaced_by_a_fresh_one_silently(self, run: Run, reset: bool) -> None:  # noqa: FBT001 - a table
        async def play() -> None:
            requests: list[bytes] = []
            async with upstream(self.script(requests, then=b"", reset=reset)) as up, client() as one:
                for _ in range(2):
                    events = Events()
                    one.open(order(up.url, body=b"{}"), events)
                    await events.end()
                    assert events.kinds == ["Opened", "Chunk", "Ended"]
                assert up.visits == 2
                assert len(requests) == 3
                assert len(set(requests)) == 1

        run(play())

    def test_is_not_replaced_once_a_byte_came(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(self.script([], then=b"H")) as up, client() as one:
                for how in (None, Breakage.CLOSED_EARLY):
                    events = Events()
                    one.open(order(up.url), events)
                    await events.end()
                    assert (events.broke.how if how else None) is how
                assert up.visits == 1

        run(play())

    def test_is_replaced_only_once(self, run: Run) -> None:
        async def play() -> None:
            async def good_once(visit: Visit) -> None:
                await visit.request()
                if visit.number == 1:
                    await visit.say(PLAIN)
                    await visit.request()

            async with upstream(good_once) as up, client() as one:
                first, second = Events(), Events()
                one.open(order(up.url), first)
                await first.end()
                one.open(order(up.url), second)
                await second.end()
                assert second.broke.how is Breakage.CLOSED_EARLY
                assert up.visits == 2

        run(play())

    def test_is_not_replaced_for_who_has_cancelled(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(self.script([], then=b"")) as up, client() as one:
                first, second = Events(), Events()
                one.open(order(up.url), first)
                await first.end()
                one.open(order(up.url), second).cancel()
                await until(lambda: one.connections == 0)
                assert (up.visits, second.all) == (1, [])

        run(play())
