"""Patterns of components."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.playbooks.patterns import is_like, matches, part_of


@pytest.mark.parametrize(
    ("pattern", "name", "is_meant"),
    [
        ("*", "gateway", True),
        ("upstream:*", "upstream:anthropic", True),
        ("upstream:*", "upstream:anthropic/claude", False),
        ("upstream:*", "upstream:anthropic#login", False),
        ("upstream:*/*", "upstream:anthropic/org/claude", True),
        ("upstream:*/*", "upstream:anthropic", False),
        ("upstream:*#login", "upstream:anthropic#login", True),
        ("upstream:*#login", "upstream:anthropic#admin", False),
        ("upstream:anth*", "upstream:anthropic", True),
        ("upstream:anth*", "upstream:openai", False),
        ("model:*", "model:sonnet", True),
        ("model:*", "gateway", False),
        ("gateway", "gateway", True),
        ("nonsense", "gateway", False),
        ("upstream:*", "nonsense", False),
    ],
)
def test_what_a_pattern_means(pattern: str, name: str, *, is_meant: bool) -> None:
    assert matches(pattern, name) is is_meant


@given(st.text(), st.text())
def test_anything_may_be_asked(pattern: str, name: str) -> None:
    assert matches(pattern, name) in {True, False}
    assert matches("*", name)


def test_only_the_star_is_special() -> None:
    assert is_like("a.b", "a.b")
    assert not is_like("a.b", "axb")
    assert is_like("a**c", "abbbc")


def test_the_parts_of_a_name() -> None:
    assert part_of("upstream:a/m").model == "m"
    assert part_of("nonsense").upstream == ""
