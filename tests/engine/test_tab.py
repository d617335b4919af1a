"""The tab of an exchange: estimated before, corrected after, and nothing kept of what was not used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.meters import Meters
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS
from mainstay.engine.rate import Rate
from mainstay.engine.tab import FAR, TOLD_SECONDS, Tab, Till, counted_input, needs
from mainstay.engine.windows import Span, number_at
from mainstay.model.call import Call, CallKind
from mainstay.model.frame import Usage
from mainstay.model.rates import Bucket

WALL = 1_772_448_540.0
"""A minute begins here."""
MINUTE = number_at(Span.MINUTE, WALL)
NOTHING = Usage()


class Payers:
    """A tenant and a token that are bound in everything, and the tab of an exchange of theirs."""

    def __init__(self, *, tenant_limit: int = 1_000, token_limit: int = 500) -> None:
        self.meters = Meters("a", 1)
        rates = [
            Rate("somebody", subject, self.meters.account(subject, WALL), quantity, limit)
            for subject, limit in (("tenant:x", tenant_limit), ("token:t", token_limit))
            for quantity in (REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS)
        ]
        self.till = Till(self.meters, tuple(rates))
        self.tab = Tab(self.till)

    def count(self, input_tokens: int, output_tokens: int) -> None:
        self.till.count(input_tokens, output_tokens, WALL)
        self.tab = Tab(self.till, input_tokens, output_tokens, WALL)

    def used(self, subject: str = "tenant:x", wall: float = WALL) -> tuple[int, int, int]:
        """Requests, input and output tokens in the minute of the clock."""
        account, minute = self.meters.account(subject, wall), number_at(Span.MINUTE, wall)
        requests, input_tokens, output_tokens = (
            account.used_around(quantity, minute)[0] for quantity in (REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS)
        )
        return requests, input_tokens, output_tokens


def call(*, kind: CallKind = CallKind.ANSWER, input_tokens: int = 70, output_tokens: int | None = None) -> Call:
    return Call(
        "toy",
        kind,
        "/",
        "m",
        stream=True,
        headers=(),
        body=b"",
        max_output_tokens=output_tokens,
        estimated_input_tokens=input_tokens,
    )


@pytest.mark.parametrize(("allowed", "expected"), [(None, 512), (100, 100), (512, 512), (64_000, 512)])
def test_a_long_answer_is_expected_to_be_of_usual_length(allowed: int | None, expected: int) -> None:
    assert needs(call(output_tokens=allowed)) == (70, expected)


@pytest.mark.parametrize("kind", [CallKind.MODELS, CallKind.COUNT_TOKENS])
def test_only_answers_use_tokens(kind: CallKind) -> None:
    assert needs(call(kind=kind)) == (0, 0)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (Usage(input_tokens=100), 100),
        (Usage(input_tokens=100, cached_tokens=80), 20),
        (Usage(input_tokens=100, cached_tokens=30, cache_write_tokens=50), 70),
        (Usage(input_tokens=100, cached_tokens=130), 0),
    ],
)
def test_what_a_cache_gave_is_free(usage: Usage, tokens: int) -> None:
    assert counted_input(usage) == tokens


def test_everybody_who_is_bound_pays() -> None:
    payers = Payers()
    payers.count(70, 40)
    assert payers.used() == payers.used("token:t") == (1, 70, 40)


def test_what_was_used_takes_the_place_of_the_estimate() -> None:
    payers = Payers()
    payers.count(70, 40)
    payers.tab.used(Usage(input_tokens=50, output_tokens=10), WALL + 5)
    payers.tab.close()
    assert payers.used() == payers.used("token:t") == (1, 50, 10)


def test_what_goes_beyond_the_estimate_counts_when_it_is_known() -> None:
    payers = Payers()
    payers.count(70, 40)
    payers.tab.used(Usage(input_tokens=100, output_tokens=400), WALL + 60)
    payers.tab.close()
    assert payers.used() == (1, 70, 40)
    assert payers.used(wall=WALL + 60) == (0, 30, 360)


def test_an_attempt_that_failed_before_it_used_anything_leaves_the_estimate_to_the_next() -> None:
    payers = Payers()
    payers.count(70, 40)
    payers.tab.used(NOTHING, WALL)
    assert payers.used() == (1, 70, 40)
    payers.tab.used(Usage(input_tokens=70, output_tokens=40), WALL)
    payers.tab.close()
    assert payers.used() == (1, 70, 40)


def test_all_attempts_of_an_exchange_count() -> None:
    payers = Payers()
    payers.count(70, 40)
    for _ in range(3):
        payers.tab.used(Usage(input_tokens=60, output_tokens=5), WALL)
    payers.tab.close()
    assert payers.used() == (1, 180, 15)


def test_nothing_is_kept_of_an_exchange_that_used_nothing_but_that_it_was_asked() -> None:
    payers = Payers()
    payers.count(70, 40)
    payers.tab.close()
    payers.tab.close()
    assert payers.used() == (1, 0, 0)
    payers.tab.used(Usage(input_tokens=5, output_tokens=6), WALL)
    assert payers.used() == (1, 5, 6), "what is given back is given back once"


def test_a_revival_counts_what_it_uses_and_no_request() -> None:
    payers = Payers()
    payers.tab.used(Usage(input_tokens=60, output_tokens=5), WALL)
    payers.tab.close()
    assert payers.used() == (0, 60, 5)


@given(
    st.integers(0, 1_000),
    st.integers(0, 1_000),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(0, 900)), max_size=5),
)
def test_after_the_end_exactly_what_was_used_is_counted(
    input_tokens: int, output_tokens: int, attempts: list[tuple[int, int, int]]
) -> None:
    payers = Payers()
    payers.count(input_tokens, output_tokens)
    usages = [Usage(input_tokens=sent, output_tokens=told, cached_tokens=cached) for sent, told, cached in attempts]
    for usage in usages:
        payers.tab.used(usage, WALL)
    payers.tab.close()
    assert payers.used() == (1, sum(map(counted_input, usages)), sum(one.output_tokens for one in usages))


def test_of_two_limits_the_caller_is_told_the_tighter_one() -> None:
    payers = Payers(tenant_limit=100, token_limit=500)
    payers.count(70, 40)
    told = payers.till.told(WALL)
    assert told.requests == Bucket(100, 99, WALL + 120)
    assert told.input_tokens == Bucket(100, 30, WALL + 120)
    assert told.output_tokens == Bucket(100, 60, WALL + 120)
    assert told.tokens is None
    assert Payers(tenant_limit=500, token_limit=100).till.told(WALL).requests == Bucket(100, 100, WALL)


def test_what_does_not_bind_is_not_told() -> None:
    meters = Meters("a", 1)
    account = meters.account("tenant:x", WALL)
    told = Till(meters, (Rate("somebody", "tenant:x", account, OUTPUT_TOKENS, 10),)).told(WALL)
    assert (told.requests, told.input_tokens, told.output_tokens) == (None, None, Bucket(10, 10, WALL))


def test_what_is_far_from_its_limit_is_told_again_for_a_moment() -> None:
    payers = Payers(tenant_limit=FAR + 2, token_limit=FAR + 2)
    payers.count(0, 0)
    first = payers.till.told(WALL)
    assert first.requests is not None
    assert first.requests.remaining == FAR + 1
    payers.count(0, 0)
    assert payers.till.told(WALL + 0.9 * TOLD_SECONDS) is first
    assert payers.till.told(WALL + 2 * TOLD_SECONDS).requests == Bucket(FAR + 2, FAR, WALL + 120)
    assert payers.till.told(WALL - 1.0).requests != first.requests, "a clock that was set back"


def test_near_a_limit_each_is_told_exactly() -> None:
    payers = Payers(tenant_limit=FAR, token_limit=FAR)
    for left in (FAR - 1, FAR - 2, FAR - 3):
        payers.count(0, 0)
        assert payers.till.told(WALL).requests == Bucket(FAR, left, WALL + 120)


def test_what_is_counted_beside_the_open_page_is_counted_all_the_same() -> None:
    payers = Payers()
    payers.meters.opened("tenant:x", WALL)
    payers.count(70, 40)
    payers.tab.used(Usage(input_tokens=50, output_tokens=40), WALL)
    payers.tab.close()
    assert payers.used() == payers.used("token:t") == (1, 50, 40)
    payers.meters.opened("tenant:x", WALL + 60)
    payers.till.count(7, 8, WALL + 60)
    assert payers.used(wall=WALL + 60) == payers.used("token:t", WALL + 60) == (1, 7, 8)
