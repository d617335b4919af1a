from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.cause import TOGETHER_SECONDS, Trouble, cause_of, group_of
from mainstay.ops.detection.topology import LogicalModel, Relations, Topology, UpstreamPlace
from tests.ops.detection.samples import NOW

RELATIONS = Relations(
    Topology(
        (
            UpstreamPlace("claude", ("opus",), ("aws", "cloudflare")),
            UpstreamPlace("openai", ("gpt",), ("cloudflare",)),
            UpstreamPlace("bedrock", ("opus",), ("aws",)),
            UpstreamPlace("mirror", ("opus",), ("aws",)),
            UpstreamPlace("vertex", ("gemini",)),
        ),
        (LogicalModel("smart", (("claude", "opus"), ("vertex", "gemini"))),),
    )
)


def trouble(component: Component, at: float = NOW, *, group: str = "", cause: str = "") -> Trouble:
    return Trouble(component, at, is_settled=bool(group), group=group, cause=cause)


CLAUDE = trouble(Component("claude"))


def test_a_dependency_that_others_in_trouble_share_is_the_cause() -> None:
    assert cause_of(CLAUDE, [trouble(Component("openai"), NOW - 60)], RELATIONS) == "cloudflare"
    assert cause_of(CLAUDE, [trouble(Component("vertex"))], RELATIONS) == ""
    assert cause_of(CLAUDE, [trouble(Component("claude", "opus"))], RELATIONS) == ""
    assert cause_of(CLAUDE, [], RELATIONS) == ""


def test_the_one_that_most_share_is_the_cause() -> None:
    others = [trouble(Component("openai")), trouble(Component("bedrock")), trouble(Component("mirror"))]
    assert cause_of(CLAUDE, others, RELATIONS) == "aws"
    assert cause_of(CLAUDE, others[:2], RELATIONS) == "aws", "the first by name, of as many"


def test_trouble_of_another_time_has_another_cause() -> None:
    late = trouble(Component("openai"), NOW + TOGETHER_SECONDS + 1)
    assert cause_of(CLAUDE, [late], RELATIONS) == ""
    assert group_of(CLAUDE, "cloudflare", [late], RELATIONS) == "upstream:claude"


def test_callers_suffer_from_the_cause_of_who_serves_them() -> None:
    smart = trouble(Component(model="smart"))
    ill = trouble(Component("claude", "opus"), group="upstream:openai", cause="cloudflare")
    assert cause_of(smart, [ill], RELATIONS) == "cloudflare"
    assert cause_of(smart, [trouble(Component("openai"), cause="cloudflare")], RELATIONS) == ""


def test_parts_of_a_provider_are_of_one_group() -> None:
    login = trouble(Component("claude", part="login"), NOW + 9_000)
    assert group_of(login, "", [], RELATIONS) == "upstream:claude"
    settled = trouble(Component("claude", "opus"), group="upstream:openai")
    assert group_of(login, "", [settled], RELATIONS) == "upstream:openai"


def test_those_with_one_cause_are_of_the_group_that_is_settled_first() -> None:
    others = [
        trouble(Component("openai"), NOW - 30, group="upstream:openai"),
        trouble(Component("openai", "gpt"), NOW - 60, group="upstream:bedrock"),
        trouble(Component("claude", "opus"), NOW - 90),
    ]
    assert group_of(CLAUDE, "cloudflare", others, RELATIONS) == "upstream:bedrock"
    assert group_of(CLAUDE, "", others, RELATIONS) == "upstream:claude"


def test_callers_are_of_the_group_of_who_serves_them() -> None:
    smart = trouble(Component(model="smart"))
    assert group_of(smart, "", [CLAUDE], RELATIONS) == "upstream:claude"
    assert group_of(smart, "", [trouble(Component("claude"), group="upstream:openai")], RELATIONS) == "upstream:openai"
    assert group_of(smart, "", [trouble(Component("openai"))], RELATIONS) == "model:smart"
    assert group_of(trouble(GATEWAY), "", [CLAUDE, smart], RELATIONS) == "gateway"
    settled = trouble(Component(model="smart"), group="model:smart")
    assert group_of(CLAUDE, "", [settled], RELATIONS) == "model:smart"
