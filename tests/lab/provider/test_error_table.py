import pytest

from mainstay.lab.provider.error_table import ERRORS, inband_answer


def test_the_signals_that_gateways_must_know_apart() -> None:
    anthropic, chat = ERRORS["anthropic"], ERRORS["openai-chat"]
    assert (anthropic["overloaded"].status, anthropic["overloaded"].type) == (529, "overloaded_error")
    assert (chat["overloaded"].status, chat["overloaded"].code) == (503, "slow_down")
    assert anthropic["ramp-limit"].code == "ramp_limit_exceeded"
    assert anthropic["spend-limit"].code == "enforced_spend_limit_reached"
    assert (chat["insufficient-quota"].status, chat["insufficient-quota"].code) == (429, "insufficient_quota")
    assert "credit balance" in anthropic["credit-balance"].message
    assert chat["context"].code == "context_length_exceeded"


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses"])
def test_the_dialects_word_the_same_faults(dialect: str) -> None:
    assert ERRORS["anthropic"].keys() == ERRORS[dialect].keys()


def test_an_error_inside_a_stream_is_worded_for_its_dialect() -> None:
    assert inband_answer("anthropic", "overloaded_error").type == "overloaded_error"
    chat = inband_answer("openai-chat", "overloaded_error")
    assert (chat.type, chat.code) == ("server_error", "server_is_overloaded")


def test_any_other_type_is_written_as_it_is() -> None:
    assert inband_answer("anthropic", "gremlins").type == "gremlins"
    assert inband_answer("openai-chat", "insufficient_quota").code == "insufficient_quota"
