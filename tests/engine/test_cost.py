"""What tokens cost: each kind at its own price; what is not known is not made up."""

import pytest

from mainstay.engine.cost import (
    INPUT_TOKENS_MAX,
    OUTPUT_TOKENS_DEFAULT,
    cost_estimate,
    cost_of,
    dollars,
    input_estimate,
    total_cost,
)
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Capabilities, Price, Upstream
from mainstay.model.frame import Usage

PRICE = Price(input=3_000, output=15_000, cached_input=300, cache_write=3_750)


def serving(
    price: Price | None = PRICE, *, context_tokens: int | None = None, output_tokens: int | None = None
) -> Candidate:
    able = Capabilities(context_tokens=context_tokens, output_tokens=output_tokens)
    return Candidate(Upstream("alpha", "toy", "http://alpha"), "m", capabilities=able, price=price)


def asking(input_tokens: int, max_output_tokens: int | None = None, kind: CallKind = CallKind.ANSWER) -> Call:
    return Call(
        "toy",
        kind,
        "/ask",
        "m",
        stream=True,
        headers=(),
        body=b"",
        max_output_tokens=max_output_tokens,
        estimated_input_tokens=input_tokens,
    )


def test_each_kind_of_token_has_its_price() -> None:
    assert cost_of(Usage(input_tokens=1_000), PRICE) == 3_000_000
    assert cost_of(Usage(output_tokens=1_000), PRICE) == 15_000_000
    assert cost_of(Usage(1_000, cached_tokens=1_000), PRICE) == 300_000
    assert cost_of(Usage(1_000, cache_write_tokens=1_000), PRICE) == 3_750_000
    assert cost_of(Usage(1_000, 10, 200, cache_write_tokens=300), PRICE) == 500 * 3_000 + 60_000 + 1_125_000 + 150_000


def test_reasoning_is_paid_as_the_output_that_it_is_part_of() -> None:
    assert cost_of(Usage(output_tokens=10, reasoning_tokens=8), PRICE) == 150_000


def test_a_provider_that_counts_wrongly_never_makes_a_negative_cost() -> None:
    assert cost_of(Usage(10, 0, 50), PRICE) == 50 * 300


def test_without_a_price_nothing_is_known() -> None:
    assert cost_of(Usage(1, 1), None) is None
    assert cost_estimate(serving(None), asking(1)) is None


def test_the_known_costs_are_added_up() -> None:
    assert total_cost([1, None, 2, 0]) == 3
    assert total_cost([None, None]) is None
    assert total_cost([]) is None


@pytest.mark.parametrize(
    ("asked", "able", "output"),
    [(100, None, 100), (0, None, 0), (100, 50, 50), (None, 50, 50), (None, None, OUTPUT_TOKENS_DEFAULT)],
)
def test_an_answer_may_be_as_long_as_is_asked_and_the_model_can(
    asked: int | None, able: int | None, output: int
) -> None:
    estimate = cost_estimate(serving(output_tokens=able), asking(10, asked))
    assert estimate == 10 * PRICE.cache_write + output * PRICE.output


def test_input_is_estimated_at_its_dearest() -> None:
    dear = Price(input=10, output=0, cached_input=1, cache_write=2)
    assert cost_estimate(serving(dear), asking(7)) == 70


def test_no_request_is_larger_than_the_window() -> None:
    assert input_estimate(serving(context_tokens=200), asking(500)) == 200
    assert input_estimate(serving(context_tokens=200), asking(50)) == 50
    assert input_estimate(serving(), asking(10**9)) == INPUT_TOKENS_MAX


@pytest.mark.parametrize("kind", [CallKind.COUNT_TOKENS, CallKind.MODELS])
def test_only_answers_cost_anything(kind: CallKind) -> None:
    assert cost_estimate(serving(), asking(1_000, 1_000, kind)) == 0


@pytest.mark.parametrize(
    ("nanodollars", "text"),
    [(0, "$0.00"), (12_500_000_000, "$12.50"), (1_000_000_000, "$1.00"), (12_345_678, "$0.01235"), (300, "$3e-07")],
)
def test_amounts_read_like_money(nanodollars: int, text: str) -> None:
    assert dollars(nanodollars) == text
