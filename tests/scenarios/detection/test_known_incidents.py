"""The shapes of incidents that happened (letters as in the reference of incidents; shares of errors are assumed)."""

from mainstay.model.incident import ComponentStatus
from tests.scenarios.detection.places import (
    ADMIN_PART,
    HOUR,
    LOGIN,
    LOGIN_PART,
    ONE,
    OPUS,
    SHARED,
    THREE_MODELS,
    TWO,
    WHOLE,
    page_says,
    steady,
)
from tests.scenarios.detection.world import Trouble, World


def test_a_login_down_while_inference_is_up() -> None:
    """A: March 2."""
    login = (
        Trouble(HOUR, 5 * HOUR, "claude", 0.9, part="login"),
        Trouble(HOUR, 5 * HOUR, "claude", 0.9, part="admin"),
    )
    world = World(LOGIN, steady(0.1), login, probes_per_hour=60, turn_seconds=5.0).play(6 * HOUR)
    assert world.ill() == {LOGIN_PART, ADMIN_PART}
    assert world.first(LOGIN_PART, "ill") < HOUR + 720  # when the page of that day spoke
    assert world.changes(LOGIN_PART)[-2:] == ["recovering", "well"]
    assert not [
        one for _, one in world.decisions if one.component in {WHOLE, OPUS, "model:smart"} and one.state == "ill"
    ]


def test_a_page_that_confirms_a_failing_login_proves_it() -> None:
    """A, with the page: two probes that failed and the page are two classes of evidence."""
    trouble = (Trouble(HOUR, 2 * HOUR, "claude", 1.0, part="login"),)
    said = (page_says(HOUR + 420, LOGIN_PART, is_bad=True),)
    world = World(LOGIN, steady(0.1), trouble, said=said, probes_per_hour=12, turn_seconds=5.0).play(2 * HOUR)
    decision = next(one for _, one in world.decisions if (one.component, one.state) == (LOGIN_PART, "ill"))
    assert {one.kind for one in decision.evidence} == {"own", "page"}
    assert WHOLE not in world.ill()


def test_a_brownout_that_becomes_an_outage_is_told_twice_and_is_one() -> None:
    """C: 5 %, then 25 %."""
    troubles = (Trouble(HOUR, 2 * HOUR, "claude", 0.05), Trouble(2 * HOUR, 3 * HOUR, "claude", 0.25))
    world = World(TWO, steady(1.5), troubles, turn_seconds=3.0).play(4 * HOUR)
    assert world.changes(OPUS) == ["suspected", "ill", "recovering", "well"]
    ill = [(at, one.status) for at, one in world.decisions if one.component == OPUS and one.state == "ill"]
    assert ill[0][0] < HOUR + 1_500
    assert ill[0][1] is ComponentStatus.DEGRADED
    worse = next(at for at, status in ill if status is not ComponentStatus.DEGRADED)
    assert 2 * HOUR < worse < 2 * HOUR + 180


def test_models_that_recover_one_after_the_other() -> None:
    """F: total; models recover at +17, +75, +111 minutes."""
    ends = {"opus": 17 * 60, "sonnet": 75 * 60, "haiku": 111 * 60}
    troubles = tuple(Trouble(HOUR, HOUR + end, "claude", 1.0, model=model) for model, end in ends.items())
    world = World(THREE_MODELS, steady(1.0), troubles, turn_seconds=4.0).play(HOUR + 130 * 60)
    for model, end in ends.items():
        name = f"{WHOLE}/{model}"
        assert world.changes(name) == ["suspected", "ill", "recovering", "well"]
        # A breaker that is open for five minutes delays it.
        assert HOUR + end < world.first(name, "recovering") < HOUR + end + 600
    assert world.first(WHOLE, "recovering") > HOUR + ends["sonnet"]
    assert world.first(WHOLE, "recovering") < HOUR + ends["haiku"]
    assert {one.group for _, one in world.decisions if one.state != "well"} == {WHOLE}


def test_one_cause_that_comes_and_goes_is_one_incident() -> None:
    """G: two providers behind one network, up and down every five minutes."""
    troubles = tuple(
        Trouble(HOUR + 600 * phase, HOUR + 600 * phase + 300, upstream, 0.95, "malformed")
        for phase in range(8)
        for upstream in ("claude", "openai")
    )
    world = World(SHARED, steady(1.0), troubles, turn_seconds=4.0).play(4 * HOUR)
    providers = {WHOLE, OPUS, "upstream:openai", "upstream:openai/gpt"}
    assert world.ill() == {*providers, "model:gpt"}
    assert len({one.group for _, one in world.decisions if one.state == "ill"}) == 1
    second = next(one for _, one in world.decisions if one.component == WHOLE and one.state == "ill")
    assert second.cause == "cloudflare"
    for name in providers:
        changes = world.changes(name)
        assert changes[0] == "suspected"
        assert changes[-1] == "well"
        assert changes.count("well") == 1, "not well in between"
        assert changes.count("recovering") <= 4, "each time it must stay well for longer"


def test_valid_keys_that_are_rejected_are_trouble_of_the_login() -> None:
    """J: 20 % of 500, then 85 % of 401 for a key that is valid."""
    troubles = (Trouble(HOUR, HOUR + 900, "claude", 0.2), Trouble(HOUR + 900, HOUR + 2_400, "claude", 0.85, "auth"))
    world = World(ONE, steady(1.0), troubles, turn_seconds=3.0).play(2.5 * HOUR)
    assert HOUR + 900 < world.first(LOGIN_PART, "ill") < HOUR + 960
    decision = next(one for _, one in world.decisions if (one.component, one.state) == (LOGIN_PART, "ill"))
    assert "so they are valid" in decision.reason
    assert decision.group == WHOLE
    assert world.changes(LOGIN_PART)[-1] == "well"
