import pytest

from mainstay.wire.gemini.models import always_thinks, takes_files_in_results, thinks_in_levels, wants_signatures


@pytest.mark.parametrize(
    "model", ["gemini-3-pro", "gemini-3.1-flash-lite", "gemini-flash-latest", "gemini-20-x", "own"]
)
def test_new_models(model: str) -> None:
    assert wants_signatures(model)
    assert thinks_in_levels(model)
    assert always_thinks(model)
    assert takes_files_in_results(model)


@pytest.mark.parametrize(
    "model", ["gemini-2.5-flash", "gemini-2.0-flash-001", "gemini-1.5-pro", "google/gemini-2.5-flash"]
)
def test_old_models(model: str) -> None:
    assert not wants_signatures(model)
    assert not thinks_in_levels(model)
    assert not always_thinks(model)
    assert not takes_files_in_results(model)


def test_the_second_pro_always_thinks() -> None:
    assert always_thinks("gemini-2.5-pro")
    assert not thinks_in_levels("gemini-2.5-pro")
