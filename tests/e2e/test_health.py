"""What the gateway learns from faults, as callers and operators see it: breakers, spare credentials, alerts."""

import anthropic
import openai
import pytest

from tests.e2e.callers import Question
from tests.e2e.lanes import DIALECTS, KEY, SPARE_KEY, LaneKind
from tests.e2e.process import Process
from tests.e2e.raw import get
from tests.e2e.world import World, seen

FAILURES_UNTIL_OPEN = 5
BOTH = pytest.mark.parametrize("dialect", DIALECTS)


@BOTH
def test_a_primary_that_keeps_failing_is_left_alone(dialect: str, world: World) -> None:
    lane = world.lane(dialect, LaneKind.OWN)
    for _ in range(FAILURES_UNTIL_OPEN):
        world.ask(dialect, Question(model=lane.model, faults="primary=server-error"))
    answer = world.ask(dialect, Question(model=lane.model))
    assert answer.headers["x-mainstay-degraded"] == f"{lane.primary}: not ready"
    assert answer.headers["x-mainstay-attempts"] == "1"
    assert len(seen(world.primary, lane)) == FAILURES_UNTIL_OPEN
    assert f'"{lane.primary}":"open"' in get(world.url, "/readyz").text
    assert f'"{lane.standby}":"closed"' in get(world.url, "/readyz").text
    state = f'mainstay_breaker_state{{credential="main",model="{lane.model}",upstream="{lane.primary}"}} 2.0'
    assert state in get(world.url, "/metrics").text


@BOTH
def test_the_last_one_left_is_never_refused(dialect: str, world: World) -> None:
    lane = world.lane(dialect, LaneKind.SOLO)
    failures = FAILURES_UNTIL_OPEN + 1  # two attempts per question
    world.primary.break_with("server-error", failures, model=lane.model)
    while len(seen(world.primary, lane)) < failures:
        with pytest.raises((anthropic.InternalServerError, openai.InternalServerError)):
            world.ask(dialect, Question(model=lane.model))
    assert f'"{lane.primary}":"open"' in get(world.url, "/readyz").text
    assert world.ask(dialect, Question(model=lane.model)).text


@pytest.mark.parametrize("fault", ["auth", "billing", "credit-balance", "insufficient-quota"])
@BOTH
def test_a_spare_credential_takes_over(fault: str, dialect: str, world: World) -> None:
    lane = world.lane(dialect, LaneKind.TWO_KEYS)
    world.primary.break_with(fault, key=KEY, model=lane.model)
    answer = world.ask(dialect, Question(model=lane.model))
    assert answer.said == world.ask_primary(dialect, Question(model="any")).said
    assert answer.headers["x-mainstay-attempts"] == "2"
    assert [one.request.key for one in seen(world.primary, lane)] == [KEY, SPARE_KEY]
    world.ask(dialect, Question(model=lane.model))
    assert [one.request.key for one in seen(world.primary, lane)] == [KEY, SPARE_KEY, SPARE_KEY]


def test_an_operator_is_told_about_a_credential(world: World) -> None:
    lane = world.lane("anthropic", LaneKind.TWO_KEYS)
    world.primary.break_with("credit-balance", key=KEY, model=lane.model)
    answer = world.ask("anthropic", Question(model=lane.model))
    world.gateway.until(lambda: '"pending":0' in get(world.url, "/readyz").text, "the journal is written")
    arguments = ["audit", "tail", "-c", str(world.gateway.file), "--exchange", answer.headers["x-mainstay-id"]]
    with Process(arguments, world.gateway.file.parent) as process:
        assert process.wait() == 0
    alert = next(line for line in process.output.splitlines() if "alert" in line and lane.model in line)
    assert f"billing  {lane.primary}/{lane.model}/main" in alert


def test_our_own_trouble_is_never_a_401_of_the_caller(world: World) -> None:
    lane = world.lane("anthropic", LaneKind.TWO_KEYS)
    world.primary.break_with("auth", model=lane.model)
    with pytest.raises(anthropic.InternalServerError, match="Ask the operator") as told:
        world.ask("anthropic", Question(model=lane.model))
    assert told.value.status_code == 503
