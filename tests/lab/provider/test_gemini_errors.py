import pytest

from mainstay.lab.provider.error_table import ANTHROPIC_ERRORS
from mainstay.lab.provider.gemini_errors import CODES, GEMINI_ERRORS, inband_answer


def test_every_fault_has_its_words() -> None:
    assert GEMINI_ERRORS.keys() == ANTHROPIC_ERRORS.keys()


@pytest.mark.parametrize("type_name", ["overloaded_error", "rate_limit_error", "api_error", "timeout_error"])
def test_anthropics_types_have_a_word_and_a_status(type_name: str) -> None:
    assert inband_answer(type_name).type in CODES


def test_any_other_word_is_its_own() -> None:
    assert inband_answer("ODD").type == "ODD"
