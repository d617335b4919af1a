import pytest

from mainstay.model.conversation import Effort, Reasoning
from mainstay.wire.bedrock.claude import (
    ThinkingField,
    Thinks,
    is_adaptive,
    takes_one_of_both,
    takes_sampling,
    thinking,
    version_of,
)


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("anthropic.claude-v2:1", (2, 1)),
        ("anthropic.claude-instant-v1", (1, 0)),
        ("anthropic.claude-3-sonnet-20240229-v1:0", (3, 0)),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", (3, 7)),
        ("anthropic.claude-sonnet-4-20250514-v1:0", (4, 0)),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", (4, 5)),
        ("global.anthropic.claude-opus-4-6-v1", (4, 6)),
        ("anthropic.claude-sonnet-4-6", (4, 6)),
        ("anthropic.claude-opus-4-7", (4, 7)),
        ("anthropic.claude-opus-5", (5, 0)),
        ("anthropic.claude-fable-5-1", (5, 1)),
        ("anthropic.claude-mythos-preview", (99, 0)),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0", (4, 5)),
        ("amazon.nova-pro-v1:0", None),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2", None),
    ],
)
def test_versions(model: str, version: tuple[int, int] | None) -> None:
    assert version_of(model) == version


def test_what_each_version_takes() -> None:
    assert [takes_sampling(version) for version in (None, (3, 0), (4, 6), (4, 7), (5, 0))] == [True] * 3 + [False] * 2
    assert [takes_one_of_both(version) for version in (None, (3, 7), (4, 0), (4, 1))] == [False, False, False, True]
    assert [is_adaptive(version) for version in ((4, 5), (4, 6))] == [False, True]


@pytest.mark.parametrize(
    ("wish", "limit", "budget"),
    [
        (Reasoning(budget_tokens=5000), None, 5000),
        (Reasoning(budget_tokens=5000), 3000, 2999),
        (Reasoning(budget_tokens=100), None, 1024),
        (Reasoning(Effort.LOW), None, 2048),
        (Reasoning(Effort.HIGH), 10_000, 5000),
        (Reasoning(), None, 8192),
    ],
)
def test_budgets_stay_below_the_limit(wish: Reasoning, limit: int | None, budget: int) -> None:
    assert thinking(wish, (4, 5), limit) == Thinks(ThinkingField("enabled", budget))


def test_there_must_be_room_to_think() -> None:
    assert thinking(Reasoning(Effort.HIGH), (4, 5), 2000) is None
    assert thinking(Reasoning(budget_tokens=4000), (4, 5), 1024) is None
    assert thinking(Reasoning(Effort.HIGH), (3, 5), None) is None


def test_adaptive_reasoning() -> None:
    adaptive = ThinkingField("adaptive")
    assert thinking(Reasoning(Effort.MINIMAL), (4, 6), 10) == Thinks(adaptive, "low")
    assert thinking(Reasoning(Effort.XHIGH), (4, 6), None) == Thinks(adaptive, "high", "reasoning effort xhigh")
    assert thinking(Reasoning(Effort.XHIGH), (4, 7), None) == Thinks(adaptive, "xhigh")
    assert thinking(Reasoning(budget_tokens=5000), (5, 0), None) == Thinks(adaptive, loss="reasoning budget")
    assert thinking(Reasoning(visible=True), (4, 7), None) == Thinks(ThinkingField("adaptive", display="summarized"))
    assert thinking(Reasoning(visible=True), (4, 6), None) == Thinks(adaptive)
