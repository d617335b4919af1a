"""How soon trouble is seen, and how surely it is let go of, in the world as gateways meet it."""

import pytest

from mainstay.model.incident import ComponentStatus, Impact
from mainstay.ops.detection.detector import Topology
from tests.scenarios.detection.places import HOUR, ONE, OPUS, TWO, WHOLE, steady
from tests.scenarios.detection.world import Trouble, World

BEGIN = 300.0
SUSPICION_SECONDS_MAX = 15.0
INCIDENT_SECONDS_MAX = 60.0


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("topology", "share"), [(ONE, 1.0), (ONE, 0.5), (ONE, 0.25), (TWO, 1.0)])
def test_an_outage_is_suspected_within_15_seconds_and_proven_within_60(
    topology: Topology, share: float, seed: int
) -> None:
    world = World(topology, steady(10.0), (Trouble(BEGIN, 9 * HOUR, "claude", share),), seed=seed).play(BEGIN + 70)
    assert BEGIN < world.first(OPUS, "suspected") <= BEGIN + SUSPICION_SECONDS_MAX
    assert world.first(OPUS, "ill") <= BEGIN + INCIDENT_SECONDS_MAX
    decision = next(one for _, one in world.decisions if (one.component, one.state) == (OPUS, "ill"))
    assert abs(decision.started_at - world.began - BEGIN) < 15
    assert decision.evidence[0].is_conclusive
    assert "attempts failed within" in decision.reason
    assert decision.status in {ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.MAJOR_OUTAGE}


def test_callers_who_are_answered_by_another_one_feel_little() -> None:
    world = World(TWO, steady(10.0), (Trouble(BEGIN, 9 * HOUR, "claude", 1.0),)).play(BEGIN + 120)
    assert [one.impact for _, one in world.decisions if one.state == "ill"] == [Impact.MINOR, Impact.MINOR]
    assert world.ill() == {WHOLE, OPUS}


def test_callers_whom_nobody_answers_are_ill_too_and_it_becomes_critical() -> None:
    world = World(ONE, steady(10.0), (Trouble(BEGIN, 9 * HOUR, "claude", 1.0),)).play(BEGIN + 120)
    assert world.ill() == {"model:smart", WHOLE, OPUS}
    assert {one.component: one.impact for _, one in world.decisions if one.state == "ill"} == {
        "model:smart": Impact.CRITICAL,
        WHOLE: Impact.CRITICAL,
        OPUS: Impact.CRITICAL,
    }
    assert {one.group for _, one in world.decisions if one.state == "ill"} == {WHOLE}


def test_an_outage_that_is_over_is_let_go_of_in_two_steps() -> None:
    world = World(TWO, steady(10.0), (Trouble(BEGIN, BEGIN + 300, "claude", 1.0),)).play(BEGIN + 1_200)
    assert world.changes(OPUS) == ["suspected", "ill", "recovering", "well"]
    assert world.changes(WHOLE) == ["suspected", "ill", "recovering", "well"]
    assert world.first(OPUS, "recovering") > BEGIN + 300 + 100
    assert world.first(OPUS, "well") >= world.first(OPUS, "recovering") + 300


def test_a_blip_is_suspected_at_most() -> None:
    blips = tuple(Trouble(at, at + 8, "claude", 1.0, "connect") for at in (300.0, 700.0))
    world = World(TWO, steady(10.0), blips).play(1_200)
    assert world.ill() == set()
    assert world.changes(OPUS)[-1:] == ["well"]


@pytest.mark.parametrize(("rate", "seed"), [(5.0, 1), (1.0, 1), (1.0, 2), (0.2, 1), (0.2, 2)])
def test_a_constant_tenth_of_errors_does_not_flap(rate: float, seed: int) -> None:
    """Shape M: 10 % for 31 minutes. It is what it is until it ends."""
    end = BEGIN + 31 * 60
    world = World(
        TWO, steady(rate), (Trouble(BEGIN, end, "claude", 0.1),), seed=seed, has_breakers=False, turn_seconds=3.0
    )
    world.play(end)
    assert world.changes(OPUS) in (["suspected"], ["suspected", "ill"])
    world.play(end + (HOUR if rate > 1 else 3 * HOUR))
    assert world.changes(OPUS)[-1] == "well"
    assert len(world.changes(OPUS)) <= 4


def test_slowness_is_suspected_then_proven_then_over() -> None:
    slow = Trouble(8 * HOUR, 9 * HOUR, "claude", 0.0, slowness=6.0)
    world = World(TWO, steady(0.2), (slow,), turn_seconds=5.0).play(10 * HOUR)
    assert world.changes(OPUS) == ["suspected", "ill", "recovering", "well"]
    assert 8 * HOUR < world.first(OPUS, "suspected") < 8 * HOUR + 240
    assert world.first(OPUS, "ill") < 8 * HOUR + 420
    assert {one.status for _, one in world.decisions if one.state == "ill"} == {ComponentStatus.DEGRADED}


def test_at_night_probes_prove_what_few_requests_cannot() -> None:
    outage = Trouble(3 * HOUR, 5 * HOUR, "claude", 1.0)
    alone = World(ONE, steady(1 / 600), (outage,), seed=4, turn_seconds=5.0).play(3 * HOUR + 1_500)
    probed = World(ONE, steady(1 / 600), (outage,), seed=4, probes_per_hour=60, turn_seconds=5.0).play(6.5 * HOUR)
    assert OPUS not in alone.ill()
    assert probed.first(OPUS, "ill") < 3 * HOUR + 1_500
    assert probed.changes(OPUS)[-2:] == ["recovering", "well"]
    assert probed.first(OPUS, "recovering") < 5 * HOUR + 1_200
