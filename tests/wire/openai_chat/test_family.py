import pytest

from mainstay.model.conversation import Effort
from mainstay.wire.openai_chat.family import family_of, nearest_effort

E = Effort


@pytest.mark.parametrize(
    "model", ["gpt-4o", "gpt-5.1", "o1", "o3-mini", "o4-mini", "chatgpt-4o-latest", "openai/gpt-4.1", "ft:gpt-4o:me::1"]
)
def test_models_of_openai(model: str) -> None:
    assert family_of(model).is_openai


@pytest.mark.parametrize("model", ["qwen3-32b", "openai/gpt-oss-120b", "o2", "oracle", "llama-4", "claude-opus-5"])
def test_models_of_others(model: str) -> None:
    assert not family_of(model).is_openai


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("o3", (E.LOW, E.MEDIUM, E.HIGH)),
        ("gpt-oss:20b", (E.LOW, E.MEDIUM, E.HIGH)),
        ("gpt-5-mini", (E.MINIMAL, E.LOW, E.MEDIUM, E.HIGH)),
        ("gpt-5-2025-08-07", (E.MINIMAL, E.LOW, E.MEDIUM, E.HIGH)),
        ("gpt-5.1", (E.NONE, E.LOW, E.MEDIUM, E.HIGH)),
        ("gpt-5.2", (E.NONE, E.LOW, E.MEDIUM, E.HIGH, E.XHIGH)),
        ("gpt-6", (E.NONE, E.LOW, E.MEDIUM, E.HIGH, E.XHIGH)),
    ],
)
def test_the_efforts_of_a_model(model: str, efforts: tuple[Effort, ...]) -> None:
    family = family_of(model)
    assert (family.efforts, family.reasons) == (efforts, True)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-chat-latest", "qwen3"])
def test_models_that_may_not_reason(model: str) -> None:
    assert not family_of(model).reasons


@pytest.mark.parametrize("model", ["mistral-large-latest", "mistralai/Ministral-8B", "codestral", "open-mixtral-8x22b"])
def test_models_of_mistral(model: str) -> None:
    assert family_of(model).is_mistral


def test_only_the_o_series_is_the_o_series() -> None:
    assert family_of("o4-mini").is_o_series
    assert not family_of("gpt-5").is_o_series


@pytest.mark.parametrize(
    ("wish", "efforts", "nearest"),
    [
        (E.MAX, (E.LOW, E.HIGH, E.XHIGH), E.XHIGH),
        (E.NONE, (E.LOW, E.MEDIUM), E.LOW),
        (E.MINIMAL, (E.NONE, E.LOW), E.LOW),
        (E.HIGH, (E.LOW, E.HIGH), E.HIGH),
    ],
)
def test_the_nearest_effort(wish: Effort, efforts: tuple[Effort, ...], nearest: Effort) -> None:
    assert nearest_effort(wish, efforts) is nearest
