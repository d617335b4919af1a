import pytest

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import Effort, Prompt, Reasoning, ToolChoice, ToolMode
from mainstay.wire.anthropic.body import Thinking
from mainstay.wire.anthropic.thinking_writer import Wish, write_thinking
from mainstay.wire.notes import WritingNotes
from tests.wire.anthropic.neutral import prompt

E = Effort
OLD = "claude-sonnet-4-5-20250929"
NEW = "claude-opus-4-6"


def wish(
    asked: Prompt,
    model: str = NEW,
    *,
    max_tokens: int = 8192,
    may_think: bool = True,
    able: Capabilities = ABLE,
) -> tuple[Wish, tuple[str, ...]]:
    notes = WritingNotes(able)
    return write_thinking(asked, model, max_tokens, may_think=may_think, notes=notes), notes.losses


@pytest.mark.parametrize("reasoning", [None, Reasoning(E.NONE), Reasoning(E.NONE, 5000)])
def test_nobody_thinks_unasked(reasoning: Reasoning | None) -> None:
    assert wish(prompt(reasoning=reasoning)) == (Wish(8192), ())


@pytest.mark.parametrize(
    ("reasoning", "thinking", "effort"),
    [
        (Reasoning(), Thinking("adaptive"), None),
        (Reasoning(E.MINIMAL), Thinking("adaptive"), "low"),
        (Reasoning(E.XHIGH, visible=True), Thinking("adaptive", display="summarized"), "xhigh"),
        (Reasoning(E.MAX, visible=False), Thinking("adaptive", display="omitted"), "max"),
        (Reasoning(budget_tokens=2000), Thinking("adaptive"), "low"),
        (Reasoning(budget_tokens=9000), Thinking("adaptive"), "medium"),
        (Reasoning(budget_tokens=30000), Thinking("adaptive"), "high"),
    ],
)
def test_later_models_think_by_effort(reasoning: Reasoning, thinking: Thinking, effort: str | None) -> None:
    assert wish(prompt(reasoning=reasoning)) == (Wish(8192, thinking, effort), ())


@pytest.mark.parametrize(
    "model",
    [
        "claude-3-7-sonnet-20250219",
        "claude-sonnet-4-20250514",
        "claude-opus-4-1",
        "claude-haiku-4-5",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-opus-4-5@20251101",
        "kimi-k2",
    ],
)
def test_earlier_models_and_other_makers_think_within_a_budget(model: str) -> None:
    asked = prompt(reasoning=Reasoning(E.LOW), max_output_tokens=8192)
    assert wish(asked, model) == (Wish(8192, Thinking("enabled", 2048)), ())


@pytest.mark.parametrize(
    "model", ["claude-opus-4-6", "claude-sonnet-4-6-20260101", "claude-opus-4-10", "claude-fable-5"]
)
def test_models_that_think_by_effort(model: str) -> None:
    assert wish(prompt(reasoning=Reasoning(E.LOW)), model)[0].effort == "low"


def test_a_budget_stays_below_the_callers_limit() -> None:
    high = prompt(reasoning=Reasoning(E.HIGH), max_output_tokens=8000)
    assert wish(high, OLD, max_tokens=8000) == (Wish(8000, Thinking("enabled", 6000)), ())
    exact = prompt(reasoning=Reasoning(budget_tokens=5000), max_output_tokens=8000)
    assert wish(exact, OLD, max_tokens=8000) == (Wish(8000, Thinking("enabled", 5000)), ())


def test_a_limit_of_our_own_grows_by_the_budget() -> None:
    asked = prompt(reasoning=Reasoning(E.HIGH))
    assert wish(asked, OLD) == (Wish(8192 + 16384, Thinking("enabled", 16384)), ())
    assert wish(asked, OLD, able=Capabilities(output_tokens=12000)) == (Wish(12000, Thinking("enabled", 9000)), ())


def test_a_limit_too_small_to_think_in() -> None:
    asked = prompt(reasoning=Reasoning(E.LOW), max_output_tokens=1000)
    assert wish(asked, OLD, max_tokens=1000) == (Wish(1000), ("reasoning",))


@pytest.mark.parametrize("mode", [ToolMode.REQUIRED, ToolMode.NAMED])
def test_a_forced_tool_leaves_no_time_to_think(mode: ToolMode) -> None:
    asked = prompt(reasoning=Reasoning(E.LOW), tool_choice=ToolChoice(mode, "weather"))
    assert wish(asked) == (Wish(8192), ("reasoning",))


def test_neither_does_a_prefill_nor_a_history_without_thinking() -> None:
    assert wish(prompt(reasoning=Reasoning(E.LOW), prefill=True)) == (Wish(8192), ("reasoning",))
    assert wish(prompt(reasoning=Reasoning(E.LOW)), may_think=False) == (Wish(8192), ("reasoning",))


@pytest.mark.parametrize("model", ["claude-3-5-sonnet-20241022", "claude-3-haiku-20240307", "claude-2.1"])
def test_models_that_cannot_think(model: str) -> None:
    asked = prompt(reasoning=Reasoning(E.LOW))
    assert wish(asked, model) == (Wish(8192), ("reasoning",))
    assert wish(asked, model, able=Capabilities(thinking=True))[1] == ()
    assert wish(asked, NEW, able=Capabilities(thinking=False)) == (Wish(8192), ("reasoning",))
