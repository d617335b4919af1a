"""What is counted, and what is given back of it."""

from mainstay.engine.quantities import BY_MINUTE, INPUT_TOKENS, OUTPUT_TOKENS, REFUNDS, REQUESTS


def test_everything_that_is_counted_can_be_given_back_under_a_name_of_its_own() -> None:
    assert set(REFUNDS) == {REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS}
    assert len(BY_MINUTE) == 2 * len(REFUNDS)
