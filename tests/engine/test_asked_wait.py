"""A provider that asks for a week, or in words: clamped, and a record tells."""

import pytest

from mainstay.engine.asked_wait import TOO_LONG, UNREADABLE, doubt_of
from mainstay.engine.policy import WAIT_SECONDS_MAX
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.model.records import CapacityRecord
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

ALPHA, BETA = candidate("alpha"), candidate("beta")


def told(play: Play) -> list[CapacityRecord]:
    return [one for one in play.records if isinstance(one, CapacityRecord)]


def throttled(wait_seconds: float | None) -> Fault:
    return Fault(FaultKind.THROTTLE, "slow down", 429, wait_seconds=wait_seconds)


@pytest.mark.parametrize("seconds", [0.0, 1.0, WAIT_SECONDS_MAX - 1])
def test_what_can_be_believed_is_no_matter_for_a_record(seconds: float) -> None:
    assert doubt_of(throttled(seconds), (("retry-after", str(seconds)),)) is None


@pytest.mark.parametrize("seconds", [WAIT_SECONDS_MAX, 7 * 86_400.0])
def test_a_week_is_not_believed(seconds: float) -> None:
    assert doubt_of(throttled(seconds), ()) == TOO_LONG


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_garbage_is_told_of(name: str) -> None:
    assert doubt_of(throttled(None), (("content-type", "text/html"), (name, "a while"))) == UNREADABLE


@pytest.mark.parametrize("headers", [(), (("content-type", "text/html"),)])
def test_silence_is_no_garbage(headers: Headers) -> None:
    assert doubt_of(throttled(None), headers) is None


def test_an_exchange_records_it_once_and_asks_again_after_an_hour() -> None:
    play = Play(ToyDialect(), ALPHA, BETA)
    play.answers(429, headers=(("retry-after", str(7 * 86_400)),))
    (record,) = told(play)
    assert (record.what, record.upstream, record.state, record.exchange) == ("wait", "alpha", "3600", "ex_1")
    assert record.reason == TOO_LONG.reason
    gates = play.board.gates(play.now + WAIT_SECONDS_MAX)
    assert all(gate.until <= play.now + 1.2 * WAIT_SECONDS_MAX for gate in gates.values())


def test_an_exchange_records_nothing_of_what_is_usual() -> None:
    play = Play(ToyDialect(), ALPHA, BETA)
    play.answers(429, headers=(("retry-after", "30"),))
    assert told(play) == []
