import pytest
from hypothesis import given

from mainstay.model.frame import Usage
from mainstay.model.piece import Stop
from mainstay.wire.anthropic.words import (
    CALL_IDS,
    OutputDetails,
    TokenCounts,
    WrittenCounts,
    may_cut_a_call,
    merged,
    read_stop,
    stop_word,
    usage,
    written_usage,
)
from tests.wire.anthropic.neutral import usages


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("end_turn", Stop.END),
        ("max_tokens", Stop.LENGTH),
        ("stop_sequence", Stop.SEQUENCE),
        ("pause_turn", Stop.PAUSE),
        ("refusal", Stop.REFUSAL),
        ("model_context_window_exceeded", Stop.CONTEXT),
    ],
)
def test_stop_reasons_both_ways(word: str, stop: Stop) -> None:
    assert read_stop(word, has_calls=False) is stop
    assert stop_word(stop) == word


def test_tool_use_needs_a_tool_call_and_a_tool_call_needs_results() -> None:
    assert read_stop("tool_use", has_calls=True) is Stop.TOOL
    assert read_stop("tool_use", has_calls=False) is Stop.END
    assert read_stop("end_turn", has_calls=True) is Stop.TOOL
    assert read_stop("max_tokens", has_calls=True) is Stop.LENGTH
    assert stop_word(Stop.TOOL) == "tool_use"


def test_a_word_of_tomorrow_is_an_end() -> None:
    assert read_stop("enough_said", has_calls=False) is Stop.END


def test_every_stop_reason_has_a_word() -> None:
    assert all(stop_word(stop) for stop in Stop)
    assert stop_word(Stop.FILTER) == "refusal"


def test_limits_and_refusals_may_cut_a_call() -> None:
    assert {stop for stop in Stop if may_cut_a_call(stop)} == {Stop.LENGTH, Stop.CONTEXT, Stop.REFUSAL}


def test_all_input_is_counted_together() -> None:
    tokens = Usage(100, 40, 85, cache_write_tokens=5, reasoning_tokens=8)
    assert usage(TokenCounts(10, 5, 85, 40, OutputDetails(8))) == tokens
    assert written_usage(tokens) == WrittenCounts(10, 5, 85, 40, OutputDetails(8))


def test_nothing_counted_is_nothing_used() -> None:
    assert usage(TokenCounts()) == Usage()
    assert written_usage(Usage()) == WrittenCounts(0, 0, 0, 0)


def test_more_cached_than_read_is_no_negative_number() -> None:
    assert written_usage(Usage(input_tokens=5, cached_tokens=9)).input_tokens == 0


@given(usages)
def test_usage_comes_back(tokens: Usage) -> None:
    sent = written_usage(tokens)
    counts = TokenCounts(
        sent.input_tokens,
        sent.cache_creation_input_tokens,
        sent.cache_read_input_tokens,
        sent.output_tokens,
        sent.output_tokens_details,
    )
    assert usage(counts) == tokens


def test_counts_grow_and_input_need_not_be_repeated() -> None:
    first = TokenCounts(10, 5, 85, 1)
    assert merged(first, TokenCounts(output_tokens=40)) == TokenCounts(10, 5, 85, 40)
    assert merged(first, TokenCounts(20, None, 90, 40)) == TokenCounts(20, 5, 90, 40)
    assert merged(first, TokenCounts(output_tokens_details=OutputDetails(3))) == TokenCounts(
        10, 5, 85, 1, OutputDetails(3)
    )


@pytest.mark.parametrize("call_id", ["toolu_01A", "call_abc-9", "a" * 64])
def test_an_allowed_id_stays(call_id: str) -> None:
    assert CALL_IDS.fit(call_id) == call_id


@pytest.mark.parametrize("call_id", ["", "a" * 65, "functions.weather:0", "ü", "a\n", "call 1", "\ud800"])
def test_any_other_id_is_replaced_by_one_of_this_api(call_id: str) -> None:
    assert CALL_IDS.fit(call_id).startswith("toolu_")
    assert CALL_IDS.pattern.fullmatch(CALL_IDS.fit(call_id))
