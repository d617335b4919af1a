import asyncio
import socket

import pytest

from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.proxies import Proxies
from mainstay.model.events import Breakage, Chunk, Event, Opened
from tests.gateway.http.conftest import Events, Run, Visit, client, order, says, until, upstream

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class TestRequest:
    async def heard(
        self, path: str, body: bytes, headers: tuple[tuple[str, str], ...] = (), method: str = "POST"
    ) -> bytes:
        """What the upstream hears, with its own port called PORT."""
        requests: list[bytes] = []

        async def note(visit: Visit) -> None:
            requests.append(await visit.request())
            await visit.say(PLAIN)

        async with upstream(note) as up, client() as one:
            events = Events()
            one.open(order(up.url + path, body, headers, method=method), events)
            await events.end()
            return requests[0].replace(str(up.port).encode(), b"PORT")

    def test_of_an_answer_is_a_post(self, run: Run) -> None:
        async def play() -> None:
            headers = (("content-type", "application/json"), ("x-api-key", "k"))
            assert await self.heard("/v1/messages?beta=true", b"{}", headers) == (
                b"POST /v1/messages?beta=true HTTP/1.1\r\ncontent-type: application/json\r\nx-api-key: k\r\n"
                b"host: 127.0.0.1:PORT\r\naccept-encoding: identity\r\ncontent-length: 2\r\n\r\n{}"
            )

        run(play())

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_without_one_says_nothing_of_its_length(self, run: Run, method: str) -> None:
        async def play() -> None:
            heard = await self.heard("/v1/models", b"", method=method)
            head = f"{method} /v1/models HTTP/1.1\r\nhost: 127.0.0.1:PORT\r\naccept-encoding: identity\r\n\r\n"
            assert heard == head.encode()

        run(play())

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_that_usually_has_a_body_says_when_it_has_none(self, run: Run, method: str) -> None:
        async def play() -> None:
            heard = await self.heard("/token", b"", method=method)
            assert heard.startswith(f"{method} /token HTTP/1.1\r\n".encode())
            assert heard.endswith(b"\r\ncontent-length: 0\r\n\r\n")

        run(play())

    @pytest.mark.parametrize(
        "name", ["host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect"]
    )
    def test_says_itself_what_concerns_the_connection(self, run: Run, name: str) -> None:
        async def play() -> None:
            heard = await self.heard("/", b"{}", ((name, "evil"),))
            assert b"evil" not in heard

        run(play())

    def test_cannot_be_split_by_a_header(self, run: Run) -> None:
        async def play() -> None:
            heard = await self.heard("/", b"{}", (("x-a", "b\r\nevil: 1"),))
            assert b"\r\nx-a: b  evil: 1\r\n" in heard

        run(play())

    def test_of_many_megabytes_arrives_whole(self, run: Run) -> None:
        async def play() -> None:
            assert (await self.heard("/", bytes(20_000_000))).endswith(b"\r\n\r\n" + bytes(20_000_000))

        run(play())

    def test_has_the_head_of_its_own_whatever_was_sent_before(self, run: Run) -> None:
        heard: list[bytes] = []

        async def note(visit: Visit) -> None:
            for _ in range(5):
                heard.append(await visit.request())
                await visit.say(PLAIN)

        async def play() -> None:
            some, others = (("x-a", "1"),), (("x-a", "2"),)
            async with upstream(note) as up, client() as one:
                for method, headers, body in (
                    ("POST", some, b"a"),
                    ("POST", some, b"bcd"),
                    ("GET", some, b""),
                    ("POST", others, b"e"),
                    ("POST", some, b"f"),
                ):
                    events = Events()
                    one.open(order(up.url + "/", body, headers, method=method), events)
                    await events.end()

        run(play())
        starts = [request.split(b" ")[0] + request.partition(b"\r\n")[2][:6] for request in heard]
        assert starts == [b"POSTx-a: 1", b"POSTx-a: 1", b"GETx-a: 1", b"POSTx-a: 2", b"POSTx-a: 1"]
        assert [request.partition(b"content-length: ")[2] for request in heard] == [
            b"1\r\n\r\na",
            b"3\r\n\r\nbcd",
            b"",
            b"1\r\n\r\ne",
            b"1\r\n\r\nf",
        ]


class TestNoConnection:
    async def broke(self, url: str, connect_seconds: float = 10.0) -> Breakage:
        async with client() as one:
            events = Events()
            one.open(order(url, connect_seconds=connect_seconds), events)
            assert events.all == []
            await events.end()
            assert events.kinds == ["Broke"]
            assert one.connections == 0
            return events.broke.how

    def test_refused(self, run: Run) -> None:
        async def play() -> None:
            assert await self.broke(f"http://127.0.0.1:{closed_port()}/") is Breakage.REFUSED

        run(play())

    def test_no_such_name(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        async def no_such_name(*_: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")

        async def play() -> None:
            monkeypatch.setattr("mainstay.gateway.http.resolver.Resolver.addresses", no_such_name)
            assert await self.broke("http://nowhere.invalid/") is Breakage.REFUSED

        run(play())

    @pytest.mark.parametrize("url", ["ftp://a/", "nonsense", "http://a:99999/", f"http://{'a' * 70}.invalid/"])
    def test_no_url(self, run: Run, url: str) -> None:
        async def play() -> None:
            assert await self.broke(url) is Breakage.REFUSED

        run(play())

    def test_no_tls(self, run: Run) -> None:
        async def plain(visit: Visit) -> None:
            await visit.reader.read(1)
            await visit.say(b"no TLS here\r\n")

        async def play() -> None:
            async with upstream(plain) as up:
                assert await self.broke(f"https://127.0.0.1:{up.port}/") is Breakage.REFUSED

        run(play())

    def test_in_time(self, run: Run) -> None:
        async def silent(visit: Visit) -> None:
            await visit.gone()

        async def play() -> None:
            async with upstream(silent) as up:
                how = await self.broke(f"https://127.0.0.1:{up.port}/", connect_seconds=0.05)
                assert how is Breakage.CONNECT_TIMEOUT

        run(play())


class TestCancel:
    """Closes the upstream connection at once, and nothing more is told."""

    @pytest.mark.parametrize("when", [None, Opened, Chunk])
    def test_before_and_after_the_head(self, run: Run, when: type[Event] | None) -> None:
        async def play() -> None:
            asked, gone = asyncio.Event(), asyncio.Event()

            async def endless(visit: Visit) -> None:
                await visit.request()
                asked.set()
                if when is not None:
                    await visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                if when is Chunk:
                    await visit.say(b"1\r\nx\r\n")
                await visit.gone()
                gone.set()

            events = Events()
            async with upstream(endless) as up, client() as one:
                attempt = one.open(order(up.url), events)
                if when is not None:
                    await events.wait_for(when)
                await asked.wait()
                told = list(events.kinds)
                attempt.cancel()
                await gone.wait()
                assert events.kinds == told
                assert one.connections == 0

        run(play())

    @pytest.mark.parametrize("kind", [Opened, Chunk])
    def test_from_within_an_event(self, run: Run, kind: type[Event]) -> None:
        async def play() -> None:
            told: list[str] = []

            def cancel_at(event: Event) -> None:
                told.append(type(event).__name__)
                if isinstance(event, kind):
                    attempt.cancel()

            async def in_pieces(visit: Visit) -> None:
                await visit.request()
                await visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                await until(lambda: "Opened" in told)
                await visit.say(b"1\r\nx\r\n")
                await visit.gone()

            async with upstream(in_pieces) as up, client() as one:
                attempt = one.open(order(up.url), cancel_at)
                await until(lambda: kind.__name__ in told and one.connections == 0)
                assert told[-1] == kind.__name__
                assert one.idle == 0

        run(play())

    def test_while_connecting(self, run: Run) -> None:
        async def play() -> None:
            gone = asyncio.Event()

            async def silent(visit: Visit) -> None:
                await visit.gone()
                gone.set()

            events = Events()
            async with upstream(silent) as up, client() as one:
                attempt = one.open(order(f"https://127.0.0.1:{up.port}/"), events)
                await until(lambda: up.visits == 1)
                attempt.cancel()
                await gone.wait()
                await until(lambda: one.connections == 0)
                assert events.all == []

        run(play())

    def test_at_any_moment_of_connecting_leaves_no_connection_open(self, run: Run) -> None:
        async def play() -> None:
            open_now = 0

            async def count(visit: Visit) -> None:
                nonlocal open_now
                open_now += 1
                await visit.gone()
                open_now -= 1

            async with upstream(count) as up, client() as one:
                for turns in range(12):
                    attempt = one.open(order(up.url), Events())
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    attempt.cancel()
                    await until(lambda: one.connections == 0 and open_now == 0)

        run(play())

    def test_of_an_attempt_that_is_over_touches_nobody_else(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client() as one:
                first, second = Events(), Events()
                attempt = one.open(order(up.url), first)
                await first.end()
                one.open(order(up.url), second)
                attempt.cancel()
                attempt.pause()
                assert (await second.end()).body == b"hello"
                assert up.visits == 1

        run(play())


class TestIdle:
    def test_connections_are_kept_per_origin_up_to_a_limit(self, run: Run) -> None:
        async def play() -> None:
            limits = ClientLimits(idle_connections=2)
            async with upstream(says(PLAIN)) as one_up, upstream(says(PLAIN)) as other_up, client(limits) as one:
                several = [Events() for _ in range(8)]
                for number, events in enumerate(several):
                    one.open(order((one_up if number % 2 else other_up).url), events)
                for events in several:
                    await events.end()
                assert one.idle == 4

        run(play())

    def test_they_are_closed_after_a_while(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client() as one:
                events = Events()
                one.open(order(up.url), events)
                await events.end()
                now = asyncio.get_running_loop().time()
                one.sweep(now + 50)
                assert one.idle == 1
                one.sweep(now + 56)
                assert one.idle == 0
                await until(lambda: one.connections == 0)

        run(play())

    def test_and_the_client_sees_to_that_itself(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client(ClientLimits(idle_seconds=0, sweep_seconds=0.001)) as one:
                for _ in range(2):
                    events = Events()
                    one.open(order(up.url), events)
                    await events.end()
                    await until(lambda: one.idle == 0)

        run(play())


class TestClose:
    def test_ends_everything_without_another_event(self, run: Run) -> None:
        async def play() -> None:
            async def silent(visit: Visit) -> None:
                await visit.gone()

            async with upstream(silent) as up, client() as one:
                running, connecting = Events(), Events()
                one.open(order(up.url), running)
                one.open(order(f"https://127.0.0.1:{up.port}/"), connecting)
                await until(lambda: up.visits == 2)
                await one.close()
                await until(lambda: one.connections == 0)
                assert (running.all, connecting.all) == ([], [])

        run(play())

    def test_makes_later_attempts_fail(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(says(PLAIN)) as up, client() as one:
                await one.close()
                events = Events()
                one.open(order(up.url), events)
                assert (await events.end()).broke.how is Breakage.REFUSED

        run(play())


def test_a_proxy_for_http_is_given_the_whole_url(run: Run) -> None:
    async def play() -> None:
        requests: list[bytes] = []

        async def proxy(visit: Visit) -> None:
            requests.append(await visit.request())
            await visit.say(PLAIN)

        async with upstream(proxy) as up:
            proxies = Proxies({"http": f"http://user:pass@127.0.0.1:{up.port}"})
            async with client(proxies=proxies) as one:
                events = Events()
                one.open(order("http://api.example.com:8000/v1/models", b"", method="GET"), events)
                assert (await events.end()).body == b"hello"
        assert b"".join(requests) == (
            b"GET http://api.example.com:8000/v1/models HTTP/1.1\r\nhost: api.example.com:8000\r\n"
            b"accept-encoding: identity\r\nproxy-authorization: Basic dXNlcjpwYXNz\r\n\r\n"
        )

    run(play())


def test_urls_remembered_are_bounded(run: Run) -> None:
    async def play() -> None:
        async with upstream(says(PLAIN)) as up, client() as one:
            for number in range(1_100):
                one.open(order(f"nonsense {number}"), Events())
            events = Events()
            one.open(order(up.url), events)
            assert (await events.end()).body == b"hello"
            assert len(one._destinations) <= 1_024

    run(play())
