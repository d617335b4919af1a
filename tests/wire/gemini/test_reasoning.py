import pytest

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import Effort, Reasoning
from mainstay.wire.gemini.reasoning import thinking_config
from mainstay.wire.gemini.shape import ThinkingConfig
from mainstay.wire.notes import WritingNotes


def config(wish: Reasoning, model: str, capabilities: Capabilities = ABLE) -> tuple[ThinkingConfig | None, list[str]]:
    notes = WritingNotes(capabilities)
    return thinking_config(wish, model, notes), list(notes.losses)


@pytest.mark.parametrize(
    ("effort", "level", "losses"),
    [
        (Effort.NONE, "MINIMAL", ["reasoning switched off"]),
        (Effort.MINIMAL, "MINIMAL", []),
        (Effort.LOW, "LOW", []),
        (Effort.MEDIUM, "MEDIUM", []),
        (Effort.HIGH, "HIGH", []),
        (Effort.XHIGH, "HIGH", ["reasoning effort xhigh"]),
        (Effort.MAX, "HIGH", ["reasoning effort max"]),
    ],
)
def test_new_models_think_in_levels(effort: Effort, level: str, losses: list[str]) -> None:
    assert config(Reasoning(effort), "gemini-3-pro") == (ThinkingConfig(thinking_level=level), losses)


@pytest.mark.parametrize(
    ("effort", "budget", "losses"),
    [
        (Effort.NONE, 0, []),
        (Effort.LOW, 1_024, []),
        (Effort.MEDIUM, 8_192, []),
        (Effort.HIGH, 24_576, []),
        (Effort.MAX, 24_576, ["reasoning effort max"]),
    ],
)
def test_old_models_think_in_budgets(effort: Effort, budget: int, losses: list[str]) -> None:
    assert config(Reasoning(effort), "gemini-2.5-flash") == (ThinkingConfig(thinking_budget=budget), losses)


def test_an_old_pro_cannot_stop_thinking() -> None:
    wanted = (ThinkingConfig(thinking_budget=128), ["reasoning switched off"])
    assert config(Reasoning(Effort.NONE), "gemini-2.5-pro") == wanted


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-pro"])
def test_a_budget_goes_before_an_effort_and_is_bounded(model: str) -> None:
    assert config(Reasoning(Effort.LOW, 5_000), model) == (ThinkingConfig(thinking_budget=5_000), [])
    bounded = (ThinkingConfig(thinking_budget=24_576), ["reasoning budget beyond 24576 tokens"])
    assert config(Reasoning(budget_tokens=60_000), model) == bounded


@pytest.mark.parametrize(
    ("wish", "limit", "budget"),
    [
        (Reasoning(Effort.MEDIUM), 1_001, 500),
        (Reasoning(Effort.MEDIUM), 16_384, 8_192),
        (Reasoning(Effort.MEDIUM), 60_000, 8_192),
        (Reasoning(budget_tokens=5_000), 8_000, 4_000),
        (Reasoning(budget_tokens=5_000), 1, 0),
        (Reasoning(Effort.NONE), 8_000, 0),
    ],
)
def test_half_of_the_output_is_left_to_the_answer(wish: Reasoning, limit: int, budget: int) -> None:
    notes = WritingNotes(ABLE)
    made = thinking_config(wish, "gemini-2.5-flash", notes, limit)
    assert (made, notes.losses) == (ThinkingConfig(thinking_budget=budget), ())


@pytest.mark.parametrize(("limit", "budget"), [(1, 128), (256, 128), (258, 129)])
def test_a_model_that_always_thinks_gets_its_least_in_any_case(limit: int, budget: int) -> None:
    made = thinking_config(Reasoning(Effort.HIGH), "gemini-2.5-pro", WritingNotes(ABLE), limit)
    assert made == ThinkingConfig(thinking_budget=budget)


def test_levels_know_no_limit() -> None:
    made = thinking_config(Reasoning(Effort.HIGH, visible=True), "gemini-3-pro", WritingNotes(ABLE), 10)
    assert made == ThinkingConfig(thinking_level="HIGH", include_thoughts=True)


def test_thoughts_are_shown_where_they_are_wished_for() -> None:
    assert config(Reasoning(visible=True), "gemini-3-pro") == (ThinkingConfig(include_thoughts=True), [])
    assert config(Reasoning(visible=False), "gemini-3-pro") == (None, [])


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    unable = Capabilities(thinking=False)
    assert config(Reasoning(Effort.HIGH), "gemini-2.0-flash", unable) == (None, ["reasoning"])
    assert config(Reasoning(Effort.NONE), "gemini-2.0-flash", unable) == (None, [])
