"""Gateways on many machines know what one of them has learned, and do without that when their Redis is gone."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.e2e.raw import get
from tests.e2e.replicas import HEARSAY, Replica, Replicas, ask, lane, measured, replicas

SOON_SECONDS = 5.0
"""Far more than it takes: slow machines change no outcome."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("replicas")) as running:
        yield running


def trip(world: Replicas, gateway: Replica, model: str) -> float:
    """Let a gateway learn that alpha is down for a model; when it opened the breaker, in seconds since 1970."""
    world.alpha.break_with("overloaded", model=model)
    while not gateway.breakers(model, "open"):
        assert {one.status for one in ask(gateway, model)} == {200}
        gateway.until(lambda: '"pending":0' in get(gateway.url, "/readyz").text, "the journal is written")
    return gateway.breakers(model, "open")[0].at


def heard_open(gateway: Replica, model: str) -> float:
    gateway.until(lambda: bool(gateway.breakers(model, "open")), "it hears that the breaker opened")
    (told,) = gateway.breakers(model, "open")
    assert told.reason == HEARSAY
    return told.at


def test_what_one_gateway_learned_the_other_need_not_learn(world: Replicas) -> None:
    first, second = world.gateways
    model = lane()
    opened_at = trip(world, first, model)
    delay = heard_open(second, model) - opened_at
    measured(f"breaker opened elsewhere after {delay * 1000:.0f} ms")
    assert delay < SOON_SECONDS
    before = len(world.seen(model))
    for heard in ask(second, model, 10):
        assert (heard.status, heard.header("x-mainstay-upstream")) == (200, "beta-anthropic")
    assert len(world.seen(model)) == before
    # The probe of one of them is enough for both.
    world.alpha.heal()
    second.until(
        lambda: bool(ask(second, model) and second.breakers(model, "closed")), "the second gateway's probe closes it"
    )
    first.until(lambda: bool(first.breakers(model, "closed", HEARSAY)), "the first gateway hears it")
    delay = first.breakers(model, "closed")[0].at - second.breakers(model, "closed")[0].at
    measured(f"breaker closed elsewhere after {delay * 1000:.0f} ms")
    assert delay < SOON_SECONDS


def test_a_throttled_credential_is_spared_by_all(world: Replicas) -> None:
    first, second = world.gateways
    model = lane()
    adopted = second.readiness.sharing.bus.adopted
    world.alpha.break_with("throttle:retry_after=60", model=model)
    assert ask(first, model)[0].header("x-mainstay-upstream") == "beta-anthropic"
    closed_at = time.monotonic()
    second.until(lambda: second.readiness.sharing.bus.adopted > adopted, "it hears that the gate closed")
    delay = time.monotonic() - closed_at
    measured(f"gate closed elsewhere within {delay * 1000:.0f} ms, looking included")
    assert delay < SOON_SECONDS
    before = len(world.seen(model))
    assert before == 1
    for heard in ask(second, model, 5):
        assert (heard.status, heard.header("x-mainstay-upstream")) == (200, "beta-anthropic")
    assert len(world.seen(model)) == before
    world.alpha.heal()


def says_alone(gateway: Replica) -> bool:
    return gateway.is_alone


def says_so_in_answers(gateway: Replica, model: str) -> bool:
    return "sharing" in ask(gateway, model)[0].header("x-mainstay-degraded")


@pytest.mark.parametrize("way", ["paused", "killed"])
def test_without_redis_each_goes_on_and_says_so_and_they_find_each_other_again(way: str, world: Replicas) -> None:
    first, second = world.gateways
    model, other = lane(), lane()
    if way == "paused":
        world.redis.pause()
    else:
        world.redis.kill()
    for one in world.gateways:
        one.until(partial(says_alone, one), "it says that it works alone")
        assert one.readiness.status == "degraded"
        assert "sharing: replicas" in get(one.url, "/readyz").text
        one.until(partial(says_so_in_answers, one, other), "answers say so")
        assert ask(one, other)[0].status == 200
        assert 'mainstay_part_trouble{part="sharing"} 1' in get(one.url, "/metrics").text
    opened_at = trip(world, first, model)
    assert second.breakers(model) == []
    before = time.monotonic()
    if way == "paused":
        world.redis.resume()
    else:
        world.redis.start()
    world.until_together()
    delay = heard_open(second, model) - opened_at
    measured(f"{way}: together again {time.monotonic() - before:.1f} s after Redis; the breaker {delay:.1f} s old")
    asked = len(world.seen(model))
    assert ask(second, model)[0].header("x-mainstay-upstream") == "beta-anthropic"
    assert len(world.seen(model)) == asked
    first.until(lambda: not says_so_in_answers(first, other), "answers do not say so any more")
    second.until(lambda: not says_so_in_answers(second, other), "answers do not say so any more")
    world.alpha.heal()
