"""A file of playbooks alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.config.load_playbooks import load_playbooks

GOOD = b"playbooks: {p: {steps: [{id: a, note: n}]}}"


def test_a_good_file_and_one_with_other_sections() -> None:
    assert list(load_playbooks(GOOD).playbooks) == ["p"]
    assert list(load_playbooks(b"upstreams: {}\n" + GOOD).playbooks) == ["p"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "the file is empty"),
        (b"x: 1", "has no section `playbooks`"),
        (b"playbooks: 5", "must be a mapping"),
        (b"- a", "has no section `playbooks`"),
        (b"playbooks: {p: {}}", "is missing"),
        (b"playbooks: {p: {steps: []}}", "must be a list of 1 to 50 steps"),
        (b"playbooks: {p: 5}", "must be approve or automatic"),
        (b"playbooks: [", "not valid YAML"),
    ],
)
def test_a_file_that_is_none(text: bytes, words: str) -> None:
    found = load_playbooks(text)
    assert any(words in one.message for one in found.mistakes), found.mistakes
    assert found.playbooks == {}


def test_mistakes_have_their_lines() -> None:
    text = b"playbooks:\n  p:\n    steps:\n      - id: a\n        note: '{x}'\n"
    assert [one.line for one in load_playbooks(text).mistakes] == [5]


@given(st.binary(max_size=200))
def test_nothing_is_raised_for_any_text(text: bytes) -> None:
    assert load_playbooks(b"playbooks:\n  p:\n    steps:\n      - " + text).mistakes is not None
