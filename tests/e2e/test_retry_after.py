"""Providers that ask for time: they get it where the deadline allows, and the next caller knows of it."""

import time
from email.utils import parsedate_to_datetime

import anthropic
import openai
import pytest

from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import DIALECTS, LaneKind
from tests.e2e.raw import Heard, post
from tests.e2e.world import World, seen

FORMS = ("seconds", "milliseconds", "date", "nonsense", "none")
WAIT_FIELDS = ("retry-after", "retry-after-ms")
BOTH = pytest.mark.parametrize("dialect", DIALECTS)
OPEN_AGAIN_SECONDS_MAX = 20.0


def wait_fields(heard: Heard) -> dict[str, str]:
    return {name: value for name, value in heard.headers if name in WAIT_FIELDS}


def is_date(value: str) -> bool:
    return value.endswith("GMT")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@BOTH
def test_the_standby_serves_at_once_and_the_next_caller_does_not_even_ask(
    form: str, dialect: str, *, stream: bool, world: World
) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, stream=stream, faults=f"primary=throttle:retry_after=60,form={form}")
    begun = time.monotonic()
    first = world.ask(dialect, asked)
    assert time.monotonic() - begun < 60
    assert first.headers["x-mainstay-degraded"] == f"{lane.primary}: throttle"
    second = world.ask(dialect, Question(model=lane.model, stream=stream))
    assert second.said == first.said
    assert second.headers["x-mainstay-degraded"] == f"{lane.primary}: not ready"
    assert second.headers["x-mainstay-attempts"] == "1"
    assert len(seen(world.primary, lane)) == 1


@BOTH
def test_a_gate_opens_when_its_time_has_come(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    throttled = Question(model=lane.model, faults="primary=throttle:retry_after=0.3,form=milliseconds")
    assert world.ask(dialect, throttled).headers["x-mainstay-upstream"] == lane.standby
    deadline = time.monotonic() + OPEN_AGAIN_SECONDS_MAX
    while world.ask(dialect, Question(model=lane.model)).headers["x-mainstay-upstream"] != lane.primary:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("form", "seconds", "at_least"), [("seconds", 0.3, 0.3), ("milliseconds", 0.3, 0.3), ("date", 1.2, 0.0)]
)
@BOTH
def test_a_short_wait_is_kept_on_the_only_candidate(
    form: str, seconds: float, at_least: float, dialect: str, world: World
) -> None:
    lane = world.lane(dialect, LaneKind.SOLO)
    world.primary.break_with(f"throttle:retry_after={seconds},form={form}", 1, model=lane.model)
    begun = time.monotonic()
    answer = world.ask(dialect, Question(model=lane.model))
    assert time.monotonic() - begun >= at_least
    assert answer.said == world.ask_primary(dialect, Question(model="any")).said
    assert answer.headers["x-mainstay-attempts"] == "2"
    first, second = (one.started for one in seen(world.primary, lane))
    assert second - first >= at_least


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@BOTH
def test_a_wait_beyond_the_deadline_is_the_callers_to_decide(
    form: str, dialect: str, *, stream: bool, world: World
) -> None:
    lane = world.lane(dialect, LaneKind.SOLO)
    fault = f"primary=throttle:retry_after=100,form={form}"
    asked = Question(model=lane.model, stream=stream, faults=fault, workload="brief")
    through = post(world.url, PATHS[dialect], asked.body(dialect), asked.headers)
    direct = post(world.primary.url, PATHS[dialect], asked.body(dialect), asked.headers)
    assert (through.status, through.body) == (429, direct.body)
    told, meant = wait_fields(through), wait_fields(direct)
    assert told.keys() == meant.keys()
    for name, value in meant.items():
        if is_date(value):
            assert abs((parsedate_to_datetime(told[name]) - parsedate_to_datetime(value)).total_seconds()) < 30
        else:
            assert told[name] == value
    assert through.header("x-should-retry") == "false"
    assert len(seen(world.primary, lane)) == 2  # the direct one is the second


@BOTH
def test_while_everybody_asks_for_time_callers_are_told_how_long(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    faults = "primary=throttle:retry_after=50; standby=throttle:retry_after=30"
    expected = anthropic.RateLimitError if dialect == "anthropic" else openai.RateLimitError
    with pytest.raises(expected):
        world.ask(dialect, Question(model=lane.model, faults=faults, workload="brief"))
    asked = Question(model=lane.model, workload="brief")
    heard = post(world.url, PATHS[dialect], asked.body(dialect), asked.headers)
    assert heard.status == 429
    assert 1 <= int(heard.header("retry-after")) <= 36
    assert heard.header("x-mainstay-attempts") == "0"
    assert (len(seen(world.primary, lane)), len(seen(world.standby, lane))) == (1, 1)
