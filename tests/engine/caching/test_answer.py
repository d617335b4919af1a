"""How long an answer is good."""

import pytest

from mainstay.engine.caching.answer import is_fresh, may_stand_in
from mainstay.model.catalogue import CacheRule
from tests.engine.caching.answers import STORED_AT, kept

RULE = CacheRule(ttl_seconds=60, stale_if_error_seconds=600)


@pytest.mark.parametrize(
    ("age", "fresh", "stands_in"),
    [(0, True, True), (60, True, True), (60.1, False, True), (660, False, True), (660.1, False, False)],
)
def test_an_answer_is_fresh_for_a_while_and_stands_in_for_longer(age: float, *, fresh: bool, stands_in: bool) -> None:
    assert (is_fresh(RULE, age), may_stand_in(RULE, age)) == (fresh, stands_in)


def test_its_age_counts_from_when_it_was_stored() -> None:
    assert kept().age_seconds(STORED_AT + 5) == 5


def test_a_clock_that_was_ahead_makes_no_negative_age() -> None:
    assert kept().age_seconds(STORED_AT - 5) == 0


def test_its_size_is_that_of_all_its_parts() -> None:
    assert kept(b"ab", b"cde").size == 5
