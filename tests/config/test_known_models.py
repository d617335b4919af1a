"""What is known of well-known models, however a provider or cloud spells their names."""

import pytest

from mainstay.config.known_models import known_capabilities
from mainstay.model.catalogue import ABLE


@pytest.mark.parametrize(
    "model",
    [
        "claude-3-5-sonnet-20241022",
        "claude-3-haiku-20240307",
        "claude-sonnet-4-20250514",
        "claude-sonnet-4-0",
        "claude-opus-4-1",
        "claude-haiku-4-5-20251001",
        "claude-haiku-4-5@20251001",
        "anthropic/claude-3.5-sonnet",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "CLAUDE-SONNET-4-5",
    ],
)
def test_claude_up_to_4_5_goes_on_from_a_prefill(model: str) -> None:
    known = known_capabilities(model)
    assert (known.prefill, known.context_tokens, known.tools, known.sampling) == (True, 200_000, True, None)


@pytest.mark.parametrize(
    "model",
    [
        "claude-sonnet-4-6",
        "claude-opus-4-6-20260101",
        "eu.anthropic.claude-sonnet-4-6-v1",
        "claude-opus-4-7",
        "claude-sonnet-5",
        "anthropic/claude-opus-5-20270101",
    ],
)
def test_later_ones_do_not(model: str) -> None:
    known = known_capabilities(model)
    assert (known.prefill, known.context_tokens, known.images, known.documents) == (False, 200_000, True, True)


@pytest.mark.parametrize(
    ("model", "sampling"),
    [
        ("claude-sonnet-4-6", None),
        ("claude-opus-4-7", False),
        ("claude-opus-4-9@1", False),
        ("claude-fable-5", False),
    ],
)
def test_from_4_7_on_the_caller_may_not_set_chance(model: str, *, sampling: bool | None) -> None:
    assert known_capabilities(model).sampling is sampling


@pytest.mark.parametrize(("model", "window"), [("gpt-4", 8_192), ("gpt-4-0613", 8_192), ("gpt-3.5-turbo-0125", 16_385)])
def test_the_old_gpts_are_small_and_blind(model: str, window: int) -> None:
    known = known_capabilities(model)
    assert (known.context_tokens, known.images, known.documents) == (window, False, False)


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5.1-codex", "o1", "o1-mini", "o3", "o3-mini", "o4-mini-2025-04-16"])
def test_those_that_reason_leave_chance_to_themselves(model: str) -> None:
    assert known_capabilities(model).sampling is False


@pytest.mark.parametrize(
    ("model", "images"),
    [
        ("o1", True),
        ("o3", True),
        ("o3-pro", True),
        ("o4-mini", True),
        ("o1-mini", False),
        ("o1-mini-2024-09-12", False),
        ("o3-mini", False),
    ],
)
def test_the_first_small_ones_that_reason_are_blind(model: str, *, images: bool) -> None:
    assert known_capabilities(model).images is images


@pytest.mark.parametrize("model", ["o1-mini", "o3-mini"])
def test_what_the_first_small_ones_do_with_tools_is_not_claimed(model: str) -> None:
    assert known_capabilities(model).tools is None


@pytest.mark.parametrize(
    ("model", "window"),
    [("gpt-4o", 128_000), ("gpt-4o-mini", 128_000), ("gpt-4.1", 1_047_576), ("gpt-4.1-mini", 1_047_576)],
)
def test_windows_of_the_later_gpts(model: str, window: int) -> None:
    assert known_capabilities(model).context_tokens == window


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "gpt-4.1-nano", "chatgpt-4o-latest"])
def test_those_that_do_not_take_it_from_the_caller(model: str) -> None:
    known = known_capabilities(model)
    assert (known.sampling, known.images, known.tools) == (None, True, True)


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "google/gemini-3-flash", "models/gemini-2.0-flash"])
def test_gemini_takes_pictures_by_value_only(model: str) -> None:
    known = known_capabilities(model)
    assert (known.images, known.image_urls) == (True, False)


@pytest.mark.parametrize(
    "model",
    [
        "",
        "*",
        "qwen3-32b",
        "claude",
        "claude-2.1",
        "claude-instant-1.2",
        "my-claude-3",
        "gpt-4-turbo",
        "o200",
        "o4mini",
        "my-gemini-2",
        "x-gpt-5",
        "x-gpt-4.1",
        "gpt-401",
        "x-o1-mini",
    ],
)
def test_of_any_other_name_nothing_is_claimed(model: str) -> None:
    assert known_capabilities(model) is ABLE
