"""The end of a worker, step by step. A server and a gateway that only take notes; nobody waits for real."""

import asyncio

import pytest

from mainstay.gateway import draining
from mainstay.gateway.draining import IDLE_GRACE_SECONDS, drain


class Noting:
    """Server and gateway in one. The first `busy` waits end with connections still open; exchanges without a caller
    run until somebody has looked `looks` times."""

    def __init__(self, busy: int = 0, looks: int = 0) -> None:
        self.happened: list[str] = []
        self.seconds: list[float] = []
        self.looks = looks
        self._busy = busy

    async def stop_listening(self) -> None:
        self.happened.append("listens no more")

    def close_idle(self) -> None:
        self.happened.append("closes idle")

    async def emptied(self, seconds: float, hurry: asyncio.Event | None = None) -> bool:
        self.happened.append("waits")
        self.seconds.append(seconds)
        await asyncio.sleep(0)
        self._busy -= 1
        return self._busy < 0

    async def close(self) -> None:
        self.happened.append("cuts")

    @property
    def running(self) -> int:
        self.looks -= 1
        return int(self.looks >= 0)

    def end_running(self) -> None:
        self.happened.append("ends what runs")

    def count(self, what: str) -> int:
        return self.happened.count(what)


def drained(noting: Noting, seconds: float = 30.0, *, hurried: bool = False) -> Noting:
    async def run() -> None:
        hurry = asyncio.Event()
        if hurried:
            hurry.set()
        await drain(noting, noting, seconds, hurry)

    asyncio.run(run())
    return noting


def test_idle_connections_get_a_grace_and_running_ones_the_limit() -> None:
    noting = drained(Noting(busy=1))
    assert noting.happened[:4] == ["listens no more", "waits", "closes idle", "waits"]
    assert noting.seconds[0] == IDLE_GRACE_SECONDS
    assert IDLE_GRACE_SECONDS < noting.seconds[1] <= 30.0
    assert noting.happened[-1] == "cuts"


def test_the_grace_is_never_longer_than_the_limit() -> None:
    assert drained(Noting(busy=2), seconds=0.5).seconds[0] == 0.5


def test_what_outlasts_the_limit_is_ended_before_it_is_cut() -> None:
    noting = drained(Noting(busy=2), seconds=0.0)
    assert noting.happened.index("ends what runs") < noting.happened.index("cuts")
    assert noting.count("ends what runs") == 1


def test_a_request_that_slipped_in_meanwhile_is_ended_too() -> None:
    assert drained(Noting(busy=4), seconds=0.0).count("ends what runs") == 3


def test_a_connection_that_takes_no_last_words_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "LAST_WORDS_SECONDS", 0.0)
    noting = drained(Noting(busy=1_000_000), seconds=0.0)
    assert noting.happened[-1] == "cuts"


def test_exchanges_without_a_caller_get_the_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "GLANCE_SECONDS", 0.0)
    noting = drained(Noting(looks=5))
    assert noting.looks < 0
    assert noting.count("ends what runs") == 1


def test_who_is_in_a_hurry_waits_for_nobody() -> None:
    noting = drained(Noting(busy=2, looks=1_000_000), seconds=600.0, hurried=True)
    assert noting.count("ends what runs") == 1
    assert noting.looks > 999_000
