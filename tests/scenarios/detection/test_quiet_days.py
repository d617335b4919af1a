"""Thirty quiet days of realistic noise: nobody is woken."""

from random import Random

import pytest

from mainstay.ops.detection.detector import LogicalModel, Topology, UpstreamPlace
from tests.scenarios.detection.places import HOUR
from tests.scenarios.detection.world import Trouble, World

DAYS = 30
DAY_SECONDS = 24 * HOUR
SUSPICIONS_MAX = 30
TOPOLOGY = Topology(
    (UpstreamPlace("claude", ("opus", "haiku")), UpstreamPlace("bedrock", ("opus-b",))),
    (
        LogicalModel("smart", (("claude", "opus"), ("bedrock", "opus-b"))),
        LogicalModel("fast", (("claude", "haiku"),)),
    ),
)


def rate(at: float) -> float:
    """Requests per second: one in ten minutes at night, two a minute by day, one a second in the busy quarter."""
    hour = (at / HOUR + 12) % 24
    if hour < 5:
        return 1 / 600
    return 1.0 if 9 <= hour < 9.25 else 0.03


def noise(seed: int) -> tuple[Trouble, ...]:
    """What happens on any day: throttling, a deployment that drops connections, an hour with more errors, slowness."""
    dice = Random(seed)  # noqa: S311 - a play, not a secret
    found = []
    for day in range(DAYS):
        for seconds, trouble in (
            (20 + 60 * dice.random(), Trouble(0, 0, "claude", 0.7, "throttle")),
            (20 + 60 * dice.random(), Trouble(0, 0, "claude", 0.7, "throttle")),
            (3 + 9 * dice.random(), Trouble(0, 0, "claude", 0.8, "connect")),
            (HOUR, Trouble(0, 0, "claude", 0.01, "overload")),
            (120.0, Trouble(0, 0, "claude", 0.0, slowness=3.0)),
        ):
            at = day * DAY_SECONDS + dice.random() * DAY_SECONDS
            found.append(Trouble(at, at + seconds, "claude", trouble.share, trouble.kind, slowness=trouble.slowness))
    return tuple(found)


@pytest.mark.parametrize("seed", [1])
def test_thirty_quiet_days_open_no_incident(seed: int) -> None:
    world = World(TOPOLOGY, rate, noise(seed), seed=seed, turn_seconds=10.0)
    world.play(DAYS * DAY_SECONDS)
    assert world.number > 200_000, "there was traffic"
    assert world.ill() == set()
    assert len([one for _, one in world.decisions if one.state == "suspected"]) <= SUSPICIONS_MAX
    # It still sees.
    start = DAYS * DAY_SECONDS
    world.troubles = (Trouble(start, start + HOUR, "claude", 1.0),)
    world.play(start + HOUR)
    assert "upstream:claude" in world.ill()
