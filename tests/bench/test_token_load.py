from pathlib import Path

import pytest

from bench.token_load import TokenCost, cost_of, fresh_headers, minted
from mainstay.gateway.auth.presented import presented_token


def test_good_tokens_are_let_in_and_timed(tmp_path: Path) -> None:
    cost = cost_of(tmp_path, callers=2, requests=50)
    assert (cost.requests, cost.callers) == (50, 2)
    assert cost.cpu_seconds > cost.loop_cpu_seconds
    assert cost.first_microseconds > cost.microseconds


def test_tokens_differ_and_are_found_among_the_headers(tmp_path: Path) -> None:
    first, second = minted(tmp_path, 2)
    assert first != second
    assert presented_token(fresh_headers(first)) == first


def test_headers_are_new_texts_each_time() -> None:
    first, again = fresh_headers("x"), fresh_headers("x")
    assert first == again
    assert not any(one[1] is other[1] for one, other in zip(first, again, strict=True) if len(one[1]) > 1)


def test_counting_is_not_part_of_the_cost() -> None:
    cost = TokenCost(requests=1_000, cpu_seconds=0.003, loop_cpu_seconds=0.001, callers=2, first_cpu_seconds=0.0002)
    assert cost.microseconds == pytest.approx(2.0)
    assert cost.first_microseconds == pytest.approx(100.0)
