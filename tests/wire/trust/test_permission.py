import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import Fault
from mainstay.model.identity import LOCAL, Identity
from mainstay.wire.trust.permission import may_use, permits, workload_of


def code(fault: Fault | None) -> str:
    assert fault is None or fault.status == 403
    return "ok" if fault is None else fault.code


def bearer(*models: str, workload: str = "") -> Identity:
    return Identity("acme", models=models, workload=workload)


def test_who_names_no_models_may_use_all() -> None:
    assert code(permits(LOCAL, "anything", "anything")) == "ok"


@pytest.mark.parametrize(
    ("pattern", "model", "allowed"),
    [
        ("claude-sonnet-4-6", "claude-sonnet-4-6", True),
        ("claude-sonnet-4-6", "claude-sonnet-4-60", False),
        ("claude-*", "claude-", True),
        ("claude-*", "claude-opus", True),
        ("claude-*", "gpt-claude-", False),
        ("*", "anything", True),
        ("*", "", True),
        ("*-mini", "gpt-5-mini", True),
        ("*-mini", "gpt-5-mini-x", False),
        ("a*b*c", "a1b2c", True),
        ("a*b*c", "acb", False),
        ("aa*aa", "aaa", False),
        ("a.c", "abc", False),
        ("[ab]*", "a", False),
        ("?", "a", False),
        ("claude", "Claude", False),
    ],
)
def test_a_pattern_covers_models(pattern: str, model: str, *, allowed: bool) -> None:
    assert may_use(bearer(pattern), model) == allowed
    assert may_use(bearer("other", pattern), model) == allowed


@given(st.lists(st.sampled_from("ab*"), max_size=8).map("".join), st.text("ab", max_size=10))
def test_a_pattern_means_what_a_regular_expression_says(pattern: str, model: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert may_use(bearer(pattern), model) == bool(re.fullmatch(expression, model))


def test_a_model_that_is_not_allowed_is_refused_and_not_repeated() -> None:
    fault = permits(bearer("claude-*"), "secret-model", "")
    assert code(fault) == "model_not_allowed"
    assert fault is not None
    assert "secret-model" not in fault.message
    assert "claude-*" in fault.message


def test_a_model_of_any_length_is_answered() -> None:
    assert not may_use(bearer("*a*a*a*a*b"), "a" * 1_000_000)


@pytest.mark.parametrize(
    ("asked", "expected"), [("", "ok"), ("default", "ok"), ("batch", "ok"), ("critical", "workload_not_allowed")]
)
def test_a_bound_token_runs_under_its_workload_only(asked: str, expected: str) -> None:
    assert code(permits(bearer(workload="batch"), "m", asked)) == expected


def test_the_workload_is_the_tokens_else_the_requests() -> None:
    assert workload_of(bearer(workload="batch"), "default") == "batch"
    assert workload_of(bearer(), "critical") == "critical"
    assert workload_of(bearer(), "") == "default"
