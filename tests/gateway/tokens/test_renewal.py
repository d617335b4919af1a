"""Over real sockets: each identity service here listens on loopback, and time is a fake clock's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import msgspec
import pytest

from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.google_external import CredentialSource, ExternalAccountFile, external_account
from mainstay.gateway.tokens.google_metadata import GoogleMetadata
from mainstay.gateway.tokens.renewal import BODY_BYTES_MAX, REQUEST_SECONDS, REQUESTS_MAX, Outcome, Renewal
from mainstay.gateway.tokens.source import Asking, Source, Token, Trouble
from mainstay.gateway.tokens.sources import source_for
from mainstay.model.catalogue import Platform
from mainstay.model.http import Outgoing
from tests.gateway.doubles import FakeClock, FakeUpstreams
from tests.gateway.http.conftest import PATIENCE_SECONDS, Script, Visit, says, turns, until, upstream
from tests.gateway.tokens.identity import SOON, WALL, FakeServices, files, said, service_account_text

TOKEN = Token("ya29.token", WALL + 3599)


def ok(body: object) -> bytes:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data


ANSWER = ok({"access_token": "ya29.token", "expires_in": 3599})


class Try:
    """One renewal and its outcomes, of which there should be at most one."""

    def __init__(self, source: Source, client: IdentityClient, clock: FakeClock) -> None:
        self.outcomes: list[Outcome] = []
        texts = files(**{"/token": "subject"})
        self.renewal = Renewal(source.ask(WALL, texts), "vertex", client, clock, self.outcomes.append)
        self.renewal.start()

    async def outcome(self) -> Outcome:
        await until(lambda: bool(self.outcomes))
        (one,) = self.outcomes
        return one


@asynccontextmanager
async def identity_client() -> AsyncIterator[IdentityClient]:
    client = IdentityClient(FakeUpstreams([]))
    try:
        yield client
    finally:
        await client.close()


def play(coroutine: Coroutine[object, object, None]) -> None:
    async def patiently() -> None:
        await asyncio.wait_for(coroutine, PATIENCE_SECONDS)

    asyncio.run(patiently())


def outcome_of(script: Script, make: Callable[[str], Source] = GoogleMetadata) -> Outcome:
    """What comes of one renewal against this service."""
    outcomes: list[Outcome] = []

    async def run() -> None:
        async with upstream(script) as service, identity_client() as client:
            one = Try(make(f"127.0.0.1:{service.port}"), client, FakeClock())
            outcomes.append(await one.outcome())

    play(run())
    return outcomes[0]


class TestAnswers:
    def test_a_token_is_taken(self) -> None:
        assert outcome_of(says(ANSWER)) == TOKEN

    def test_a_slow_service_is_waited_for(self) -> None:
        async def byte_by_byte(visit: Visit) -> None:
            await visit.request()
            for byte in ANSWER:
                await visit.say(bytes((byte,)))
                await asyncio.sleep(0)

        assert outcome_of(byte_by_byte) == TOKEN

    @pytest.mark.parametrize(
        ("answer", "trouble"),
        [
            (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "the identity service answered 500: no reason given"),
            (b"HTTP/1.1 302 Found\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n", "the identity service answ"),
            (ok(b"<html>"), "the identity service answered 200 without a token that can be read"),
            (ok({"access_token": "t", "expires_in": 0}), "the identity service gave a token that has already expired"),
            (ok({"access_token": "t", "expires_in": -5}), "the identity service gave a token that has already expired"),
            (ok(b"x" * (BODY_BYTES_MAX + 1)), f"the identity service answered with more than {BODY_BYTES_MAX} bytes"),
            (b"SSH-2.0-OpenSSH\r\n", "the identity service cannot be reached: protocol"),
        ],
    )
    def test_anything_else_is_trouble_in_words(self, answer: bytes, trouble: str) -> None:
        outcome = outcome_of(says(answer))
        assert isinstance(outcome, Trouble)
        assert outcome.text.startswith(trouble)

    def test_a_token_that_does_not_say_how_long_it_lives_is_taken_for_a_short_one(self) -> None:
        assert outcome_of(says(ok({"access_token": "t"}))) == Token("t", WALL + 300)

    def test_a_connection_that_ends_early_is_trouble(self) -> None:
        async def hang_up(visit: Visit) -> None:
            await visit.request()

        async def half(visit: Visit) -> None:
            await visit.request()
            await visit.say(ANSWER[:-10])

        for script, how in ((hang_up, "closed-early"), (half, "cut")):
            outcome = outcome_of(script)
            assert isinstance(outcome, Trouble)
            assert outcome.text.startswith(f"the identity service cannot be reached: {how}")

    def test_a_service_that_is_not_there_is_trouble(self) -> None:
        async def run() -> None:
            async with upstream(says()) as service:
                port = service.port
            async with identity_client() as client:
                outcome = await Try(GoogleMetadata(f"127.0.0.1:{port}"), client, FakeClock()).outcome()
            assert isinstance(outcome, Trouble)
            assert outcome.text.startswith("the identity service cannot be reached: refused")

        play(run())


class TestConversations:
    def test_a_service_account_asks_its_token_endpoint(self) -> None:
        def account(host: str) -> Source:
            source = source_for(Platform.VERTEX, service_account_text(f"http://{host}/token"), {})
            assert not isinstance(source, str), source
            return source

        assert outcome_of(says(ANSWER), account) == TOKEN

    def test_a_federated_identity_asks_two_services(self) -> None:
        async def both(visit: Visit) -> None:
            while True:
                request = await visit.request()
                exchange = request.startswith(b"POST /sts ")
                await visit.say(ANSWER if exchange else ok({"accessToken": "robot", "expireTime": SOON}))

        def account(host: str) -> Source:
            source = external_account(
                ExternalAccountFile(
                    "aud",
                    "jwt",
                    CredentialSource(file="/token"),
                    token_url=f"http://{host}/sts",
                    service_account_impersonation_url=f"http://{host}/robot:generateAccessToken",
                )
            )
            assert not isinstance(source, Trouble), source
            return source

        assert outcome_of(both, account) == Token("robot", WALL + 3600)

    def test_an_instance_opens_its_session_with_a_put(self) -> None:
        keys = {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": SOON}
        answers = {b"PUT /latest/api/token ": b"session", b"GET /latest/meta-data/iam/security-credentials/ ": b"role"}

        async def metadata(visit: Visit) -> None:
            while True:
                line = (await visit.request()).partition(b"HTTP/")[0]
                await visit.say(ok(answers.get(line, keys)))

        def instance(host: str) -> Source:
            source = source_for(Platform.BEDROCK, "", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{host}"})
            assert not isinstance(source, str), source
            return source

        assert outcome_of(metadata, instance) == Token("A:s:t", WALL + 3600)


class TestBounds:
    @pytest.mark.parametrize("said_before", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"])
    def test_a_service_that_hangs_is_left_after_its_time(self, said_before: bytes) -> None:
        async def run() -> None:
            waiting, gone = asyncio.Event(), asyncio.Event()

            async def hang(visit: Visit) -> None:
                await visit.request()
                await visit.say(said_before)
                waiting.set()
                await visit.gone()
                gone.set()

            clock = FakeClock()
            async with upstream(hang) as service, identity_client() as client:
                one = Try(GoogleMetadata(f"127.0.0.1:{service.port}"), client, clock)
                await waiting.wait()
                clock.advance(REQUEST_SECONDS - 0.1)
                assert one.outcomes == []
                clock.advance(0.1)
                assert one.outcomes == [Trouble("the identity service did not answer within 20 seconds")]
                await gone.wait()
            assert clock.due == []

        play(run())

    def test_a_cancelled_renewal_leaves_at_once_and_tells_nothing(self) -> None:
        async def run() -> None:
            waiting, gone = asyncio.Event(), asyncio.Event()

            async def hang(visit: Visit) -> None:
                await visit.request()
                waiting.set()
                await visit.gone()
                gone.set()

            clock = FakeClock()
            async with upstream(hang) as service, identity_client() as client:
                one = Try(GoogleMetadata(f"127.0.0.1:{service.port}"), client, clock)
                await waiting.wait()
                one.renewal.cancel()
                await gone.wait()
                await turns()
            assert one.outcomes == []
            assert clock.due == []

        play(run())

    def test_a_source_that_never_ends_is_ended(self) -> None:
        def endless() -> Asking:
            while True:
                yield Outgoing("https://identity/", (), b"")

        clock, outcomes = FakeClock(), list[Outcome]()
        services = FakeServices(clock, lambda _: said({}))
        Renewal(endless(), "vertex", services, clock, outcomes.append).start()
        clock.advance(1)
        assert outcomes == [Trouble("too many requests for one token")]
        assert len(services.asked_at) == REQUESTS_MAX

    def test_a_defect_in_a_source_is_trouble_without_its_text(self) -> None:
        def broken() -> Asking:
            yield Outgoing("https://identity/", (), b"")
            raise KeyError("secret")

        clock, outcomes = FakeClock(), list[Outcome]()
        Renewal(broken(), "vertex", FakeServices(clock, lambda _: said({})), clock, outcomes.append).start()
        clock.advance(1)
        assert outcomes == [Trouble("a defect of ours: KeyError")]
