"""Steady callers: the official SDKs, at a fixed rate, each answer compared word for word with what it must be."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Condition, Event, Lock
from time import monotonic
from typing import Self
from uuid import uuid4

import httpx2
import msgspec
from anthropic import Anthropic
from anthropic import APIStatusError as AnthropicStatusError
from openai import APIStatusError as OpenaiStatusError
from openai import OpenAI

from mainstay.lab.provider.prose import prose
from tests.chaos.balancer import Balancer
from tests.e2e.callers import CALLER_KEY, AnthropicCaller, Caller, OpenaiCaller, Question

WORDS = 24
CHARS_PER_SECOND = 400
"""At which providers speak: an answer lasts a third of a second."""
TIMEOUT_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS_MAX = 120.0
BASE_URL = "http://replica.invalid"
"""The balancer puts a replica's address in its place."""
MODELS = {"anthropic": "claude", "openai-chat": "gpt"}
MANNERS = ("ordinary", "keyed", "durable")
"""Without a promise; with an idempotency key; with a key and under a durable workload."""


class Kind(msgspec.Struct, frozen=True):
    """What a caller asks for. Those of one kind take equally long."""

    dialect: str
    stream: bool
    manner: str


KINDS = tuple(Kind(dialect, stream, manner) for manner in MANNERS for dialect in MODELS for stream in (True, False))


class Sample(msgspec.Struct, frozen=True):
    """One request. Instants are those of the caller's monotonic clock. `trouble` is empty where the answer was right,
    and tells the error's body where it was one."""

    kind: Kind
    home: int
    began: float
    ended: float
    trouble: str = ""
    status: int = 0
    spoken_seconds: float = 0.0
    """How long the provider speaks."""
    exchanges: tuple[tuple[str, int], ...] = ()
    moved: int = 0
    resumed: int = 0

    @property
    def seconds(self) -> float:
        """How long it took beside the time in which the provider spoke."""
        return self.ended - self.began - self.spoken_seconds


class Load:
    """The `with` block is a time of steady requests."""

    def __init__(self, replicas: Sequence[str], token: str, per_second: float, callers: int = len(KINDS)) -> None:
        """All callers together begin so many requests a second."""
        self.token = token
        """With which the next request is made."""
        self.moves_on: Callable[[int, bytes], bool] = lambda _status, _body: False
        """Which error answers make callers ask the other replica; none as a rule."""
        self._urls = [httpx2.URL(url) for url in replicas]
        self._samples: list[Sample] = []
        self._in_flight: dict[int, float] = {}
        self._heard = Condition(Lock())
        self._over = Event()
        self._began = monotonic()
        period = callers / per_second
        self._threads = [
            threading.Thread(target=self._call, args=(number, period, number * period / callers), daemon=True)
            for number in range(callers)
        ]

    def samples(self, since: float = 0.0, until: float = float("inf")) -> list[Sample]:
        """Requests that ended in this time, in the order of their ends."""
        with self._heard:
            return [one for one in self._samples if since <= one.ended < until]

    def hear(self, answers: int) -> None:
        """Wait until so many more requests have ended."""
        with self._heard:
            enough = len(self._samples) + answers
            heard = self._heard.wait_for(lambda: len(self._samples) >= enough, PATIENCE_SECONDS)
        assert heard, f"callers did not get {answers} answers in {PATIENCE_SECONDS:g} s"

    def hear_until(self, condition: Callable[[Sequence[Sample]], bool], what: str) -> None:
        """Wait until the requests that ended since this call are so."""
        with self._heard:
            first = len(self._samples)
            heard = self._heard.wait_for(lambda: condition(self._samples[first:]), PATIENCE_SECONDS)
        assert heard, f"not within {PATIENCE_SECONDS:g} s: {what}"

    def settle(self) -> None:
        """Wait until every request that is under way has ended."""
        now = monotonic()
        with self._heard:
            ended = self._heard.wait_for(
                lambda: all(began > now for began in self._in_flight.values()), SETTLE_SECONDS_MAX
            )
        assert ended, f"a request has been under way for {SETTLE_SECONDS_MAX:g} s"

    def told(self) -> Counter[str]:
        """What went wrong, and how often."""
        return Counter(one.trouble for one in self.samples() if one.trouble)

    def __enter__(self) -> Self:
        self._began = monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _moves_on(self, status: int, body: bytes) -> bool:
        return self.moves_on(status, body)

    def _call(self, number: int, period: float, offset: float) -> None:
        kind = KINDS[number % len(KINDS)]
        # So that both homes have callers of each dialect, of each manner, with and without streams.
        home = number.bit_count() % len(self._urls)
        asker = Asker(kind, Balancer(self._urls, home, self._moves_on))
        due = self._began + offset
        turn = 0
        while not self._over.wait(max(0.0, due - monotonic())):
            # Who was kept waiting does not catch up: the rate never rises above the usual one.
            due = max(due + period, monotonic())
            turn += 1
            with self._heard:
                self._in_flight[number] = monotonic()
            sample = asker.ask(f"Why do bridges hum ({number}.{turn})? Say it in {WORDS} words.", self.token, home)
            with self._heard:
                del self._in_flight[number]
                self._samples.append(sample)
                self._heard.notify_all()
        asker.close()


class Asker:
    """One SDK."""

    def __init__(self, kind: Kind, balancer: Balancer) -> None:
        """It tries nothing again by itself."""
        self._kind = kind
        self._balancer = balancer
        client = httpx2.Client(transport=balancer)
        self._caller: Caller
        self._sdk: Anthropic | OpenAI
        if kind.dialect == "anthropic":
            self._sdk = Anthropic(
                base_url=BASE_URL, http_client=client, api_key=CALLER_KEY, max_retries=0, timeout=TIMEOUT_SECONDS
            )
            self._caller = AnthropicCaller(self._sdk)
        else:
            self._sdk = OpenAI(
                base_url=f"{BASE_URL}/v1",
                http_client=client,
                api_key=CALLER_KEY,
                max_retries=0,
                timeout=TIMEOUT_SECONDS,
            )
            self._caller = OpenaiCaller(self._sdk)

    def ask(self, prompt: str, token: str, home: int) -> Sample:
        """Ask, and compare the answer."""
        kind, balancer = self._kind, self._balancer
        self._sdk.api_key = token
        balancer.key = "" if kind.manner == "ordinary" else uuid4().hex
        workload = "durable" if kind.manner == "durable" else ""
        question = Question(model=MODELS[kind.dialect], prompt=prompt, stream=kind.stream, workload=workload)
        expected, trouble, status = prose(prompt, WORDS), "", 0
        began = monotonic()
        try:
            text = self._caller.ask(question).text
            if text != expected:
                trouble = f"another text: {text!r}"
        except (AnthropicStatusError, OpenaiStatusError) as error:
            status, trouble = error.status_code, f"{error.status_code}: {error.body}"
        except Exception as error:  # noqa: BLE001 - whatever an SDK raises is a failure here
            trouble = f"{type(error).__name__}: {error}; {error.__cause__!r}"
        ended, spoken, trail = monotonic(), len(expected) / CHARS_PER_SECOND, balancer.trail
        return Sample(
            kind, home, began, ended, trouble, status, spoken, tuple(trail.exchanges), trail.moved, trail.resumed
        )

    def close(self) -> None:
        """Close its connections."""
        self._sdk.close()
