"""Identity services played by hand: answers for sources, and services in virtual time for whoever renews."""

from collections.abc import Callable, Mapping
from functools import cache

import msgspec
from joserfc.jwk import RSAKey

from mainstay.gateway.tokens.google_accounts import TOKEN_URL
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.gateway.tokens.source import Asking, ReadFile, Response, Source, Token, Trouble
from mainstay.model.commands import Open
from mainstay.model.events import Breakage, Broke, Event, Opened
from mainstay.model.http import Outgoing
from tests.gateway.doubles import FakeAttempt, FakeClock

WALL = 1_772_448_540.0
SOON = "2026-03-02T11:49:00Z"
"""An hour after `WALL`."""


@cache
def rsa_key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=False)


def private_pem() -> str:
    return rsa_key().as_pem(private=True).decode()


def public_pem() -> str:
    return rsa_key().as_pem(private=False).decode()


def service_account_text(token_uri: str = TOKEN_URL) -> str:
    return msgspec.json.encode(
        {
            "type": "service_account",
            "project_id": "p",
            "private_key_id": "key-1",
            "private_key": private_pem(),
            "client_email": "robot@p.iam.gserviceaccount.com",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }
    ).decode()


def said(body: object, status: int = 200) -> Response:
    """A response with this JSON, or with these bytes as they are."""
    return Response(status, (), body if isinstance(body, bytes) else msgspec.json.encode(body))


def files(**texts: str) -> Callable[[str], str | Trouble]:
    """A `ReadFile` over these files."""
    return lambda path: texts.get(path, Trouble(f"file {path} cannot be read: No such file"))


class Told:
    """What a source asked for, and what came of it."""

    def __init__(self, source: Source, *responses: Response, texts: Mapping[str, str] | None = None) -> None:
        self.requests: list[Outgoing] = []
        asking = source.ask(WALL, files(**(texts or {})))
        waiting = list(responses)
        try:
            self.requests.append(next(asking))
            while True:
                self.requests.append(asking.send(waiting.pop(0)))
        except StopIteration as end:
            self.outcome: Token | Trouble = end.value
        assert waiting == [], "every response was asked for"

    @property
    def token(self) -> Token:
        assert isinstance(self.outcome, Token), self.outcome
        return self.outcome

    @property
    def trouble(self) -> str:
        assert isinstance(self.outcome, Trouble), self.outcome
        return self.outcome.text


class FakeServices:
    """Identity services in virtual time. `answer` is asked for each request; `None` from it hangs."""

    def __init__(self, clock: FakeClock, answer: Callable[[Open], Response | Breakage | None]) -> None:
        self.answer = answer
        self.asked_at: list[float] = []
        self.running: list[FakeAttempt] = []
        self.running_most = 0
        self.closed = False
        self.delay_seconds = 0.0
        self._clock = clock

    def open(self, command: Open, deliver: Callable[[Event], None]) -> FakeAttempt:
        self.asked_at.append(self._clock.now)
        attempt = FakeAttempt(command, deliver, [])
        self.running = [one for one in self.running if not one.cancelled] + [attempt]
        self.running_most = max(self.running_most, len(self.running))
        self._clock.call_at(self._clock.now + self.delay_seconds, lambda: self._tell(attempt))
        return attempt

    def _tell(self, attempt: FakeAttempt) -> None:
        if attempt.cancelled:
            return
        number, now = attempt.command.attempt, self._clock.now
        match self.answer(attempt.command):
            case Response(status=status, headers=headers, body=body):
                self.running.remove(attempt)
                attempt.deliver(Opened(number, now, status, headers, body, ended=True))
            case Breakage() as how:
                self.running.remove(attempt)
                attempt.deliver(Broke(number, now, how, "no route"))
            case None:
                pass

    async def close(self) -> None:
        self.closed = True


class OneRequest:
    """A source with one request, whose answer is the token: `VALUE SECONDS`."""

    identity = "one request"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        return _one_request(wall)


def _one_request(wall: float) -> Asking:
    response = yield Outgoing("https://identity/token", (), b"please")
    if response.status != 200:
        return Trouble(f"answered {response.status}")
    value, seconds = response.body.decode().split()
    return Token(value, wall + float(seconds))


def surroundings(clock: FakeClock, services: FakeServices, *, dice: float = 0.0) -> Surroundings:
    """Everything virtual: the wall clock keeps pace with the other one."""
    start = clock.now
    return Surroundings(services, clock, lambda: WALL + clock.now - start, lambda: dice, files())
