from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.topology import Topology, UpstreamPlace
from mainstay.ops.detection.watches import COMPONENTS_MAX, Watches
from tests.ops.detection.samples import NOW, OPUS, TOPOLOGY, WHOLE, watches


def test_what_is_configured_is_watched_from_the_beginning() -> None:
    found = watches()
    assert {one.component for one in found} == set(TOPOLOGY.components())
    assert found.gateway.component == GATEWAY
    assert found.find(OPUS) is found.of(OPUS) is found.inference("claude", "opus")
    assert [one.name for one in found.children("claude")] == ["upstream:claude/opus", "upstream:claude/haiku"]
    assert [one.name for one in found.callers_of(WHOLE)] == ["model:smart", "model:fast"]
    assert found.is_declared(OPUS)


def test_models_that_pass_through_are_watched_when_they_come() -> None:
    found = watches()
    assert found.find(Component("claude", "new")) is None
    assert found.inference("claude", "new") is not None
    assert [one.component.model for one in found.children("claude")] == ["opus", "haiku", "new"]
    assert not found.is_declared(Component("claude", "new"))


def test_strangers_are_not_watched() -> None:
    found = watches()
    assert found.inference("nobody", "opus") is None
    assert found.of(Component("nobody", part="login")) is None
    assert found.children("nobody") == []


def test_names_that_anybody_may_make_up_take_turns() -> None:
    found = watches()
    ill = found.inference("claude", "ill")
    assert ill is not None
    ill.condition.state = "ill"
    for number in range(3 * COMPONENTS_MAX):
        one = found.of(Component(model=f"made-up-{number}"))
        assert one is not None
        one.series.last_at = NOW + number
    assert len(list(found)) == COMPONENTS_MAX
    assert found.find(OPUS) is not None
    assert found.find(ill.component) is ill
    assert found.find(Component(model=f"made-up-{3 * COMPONENTS_MAX - 1}")) is not None
    assert found.find(Component(model="made-up-0")) is None


def test_where_all_are_in_trouble_nobody_new_is_watched() -> None:
    found = watches()
    for number in range(2 * COMPONENTS_MAX):
        one = found.of(Component(model=f"made-up-{number}"))
        if one is not None:
            one.condition.state = "ill"
    assert len(list(found)) == COMPONENTS_MAX


def test_another_configuration_keeps_what_it_names_and_returns_the_rest() -> None:
    found = watches()
    opus, fresh = found.of(OPUS), found.inference("claude", "new")
    found.of(Component(model="asked"))
    gone = found.arrange(Topology((UpstreamPlace("claude", ("opus", "sonnet")),), ()))
    assert {one.name for one in gone} == {
        "model:smart",
        "model:fast",
        "upstream:claude#login",
        "upstream:claude/haiku",
        "upstream:openai",
        "upstream:openai#admin",
        "upstream:openai/gpt",
    }
    assert found.of(OPUS) is opus
    assert found.inference("claude", "new") is fresh
    assert [one.component.model for one in found.children("claude")] == ["opus", "new", "sonnet"]
    assert found.children("openai") == []
    assert found.inference("openai", "gpt") is None
    assert found.find(Component(model="asked")) is not None


def test_nothing_may_be_configured() -> None:
    assert [one.component for one in Watches(Topology())] == [GATEWAY]
