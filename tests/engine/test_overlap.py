"""Overlap: the longest end of a known text with which a growing text begins."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.overlap import Overlap, common_prefix_length, longest_overlap

# Two letters make every kind of self-similar text; real prose would hardly ever overlap by accident.
LOOPY_TEXTS = st.text(alphabet="ab", max_size=40)
SHORT_TEXTS = ["".join(letters) for size in range(8) for letters in product("ab", repeat=size)]


def overlap_by_trying_all(known: str, text: str) -> int:
    sizes = range(min(len(known), len(text)), 0, -1)
    return next((size for size in sizes if text.startswith(known[-size:])), 0)


def settle(known: str, pieces: list[str]) -> int | None:
    overlap = Overlap(known)
    for piece in pieces:
        overlap.feed(piece)
    overlap.close()
    return overlap.length


@pytest.mark.parametrize(
    ("known", "text", "length"),
    [
        ("The quick brown", "brown fox", 5),
        ("The quick brown", "The quick brown fox", 15),
        ("The quick brown", " fox", 0),
        ("The quick brown", "brow", 0),
        ("abcabc", "abcabcabc", 6),
        ("aab", "ab", 2),
        ("", "fox", 0),
        ("fox", "", 0),
    ],
)
def test_it_is_the_longest_end_that_the_text_begins_with(known: str, text: str, length: int) -> None:
    assert longest_overlap(known, text) == length
    assert settle(known, [text]) == length


def test_it_equals_what_trying_all_lengths_finds_for_all_short_texts_of_two_letters() -> None:
    wrong = [
        (known, text)
        for known in SHORT_TEXTS
        for text in SHORT_TEXTS
        if longest_overlap(known, text) != overlap_by_trying_all(known, text)
    ]
    assert wrong == []


@given(known=LOOPY_TEXTS, text=LOOPY_TEXTS)
def test_it_equals_what_trying_all_lengths_finds_for_longer_ones(known: str, text: str) -> None:
    assert longest_overlap(known, text) == overlap_by_trying_all(known, text)


@given(known=LOOPY_TEXTS, pieces=st.lists(st.text(alphabet="ab", max_size=4), max_size=8))
def test_a_growing_text_ends_at_the_same_length_however_it_is_cut(known: str, pieces: list[str]) -> None:
    assert settle(known, pieces) == overlap_by_trying_all(known, "".join(pieces))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_it_is_undecided_exactly_as_long_as_the_text_runs_inside_the_known_one(size: int) -> None:
    for known, text in product(SHORT_TEXTS[: 2**6], SHORT_TEXTS):
        overlap = Overlap(known)
        for end in range(size, len(text) + 1, size):
            overlap.feed(text[end - size : end])
            # Once it has left the known text, or reached its end, nothing that follows can change the answer.
            runs_inside = 0 <= known.find(text[:end]) < len(known) - end
            assert (overlap.length is None) is runs_inside
            if not runs_inside:
                break


def test_what_comes_after_the_decision_changes_nothing() -> None:
    overlap = Overlap("one two")
    overlap.feed("two three")
    overlap.feed("one two")
    overlap.close()
    assert overlap.length == 3


def test_an_empty_piece_decides_nothing() -> None:
    overlap = Overlap("one two")
    overlap.feed("")
    assert overlap.length is None


@pytest.mark.parametrize(("one", "other", "length"), [("abc", "abd", 2), ("ab", "abc", 2), ("", "a", 0), ("x", "y", 0)])
def test_a_common_beginning_is_measured(one: str, other: str, length: int) -> None:
    assert common_prefix_length(one, other) == length
