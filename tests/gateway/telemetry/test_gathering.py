"""Attempts wait for the end of their exchange, not for ever."""

import pytest

from mainstay.gateway.telemetry import gathering as module
from mainstay.gateway.telemetry.gathering import Gathered, Gathering
from tests.ledger.conftest import alert, attempt, exchange


def test_an_exchange_comes_with_its_attempts() -> None:
    gathering = Gathering()
    assert gathering.add(attempt(1)) is None
    assert gathering.add(attempt(1, "ex_2")) is None
    assert gathering.add(attempt(2)) is None
    assert gathering.add(alert()) is None
    assert gathering.add(exchange()) == Gathered(exchange(), (attempt(1), attempt(2)))
    assert gathering.add(exchange()) == Gathered(exchange(), ())
    assert gathering.forgotten == 0


def test_too_many_exchanges_forget_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXCHANGES_MAX", 2)
    gathering = Gathering()
    for number in range(1, 4):
        gathering.add(attempt(1, f"ex_{number}"))
    assert gathering.forgotten == 1
    assert gathering.add(exchange("ex_1")) == Gathered(exchange("ex_1"), ())
    assert gathering.add(exchange("ex_3")) == Gathered(exchange("ex_3"), (attempt(1, "ex_3"),))


def test_too_many_attempts_of_one_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS_MAX", 2)
    gathering = Gathering()
    for number in range(1, 5):
        gathering.add(attempt(number))
    assert gathering.forgotten == 2
    assert gathering.add(exchange()) == Gathered(exchange(), (attempt(1), attempt(2)))
