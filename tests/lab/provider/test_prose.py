import itertools

from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.prose import Dice, prose


@given(st.text(max_size=20), st.integers(1, 400))
def test_prose_has_the_words_that_were_asked_for(seed: str, words: int) -> None:
    text = prose(seed, words)
    said = text.split()
    assert len(said) == words
    assert text.endswith(".")
    assert all(one.lower() != other.lower() for one, other in itertools.pairwise(said))


@given(st.text(max_size=20))
def test_the_same_seed_gives_the_same_text(seed: str) -> None:
    assert prose(seed, 50) == prose(seed, 50)


def test_the_text_of_a_seed_never_changes() -> None:
    assert prose("anchor", 8) == "Each plain mountain thanks countless maps between two."


def test_the_tail_of_a_long_text_stands_only_once_in_it() -> None:
    text = prose("a long story", 2000)
    tails = [text[end - 60 : end] for end in range(60, len(text), 97)]
    assert all(text.count(tail) == 1 for tail in tails)


def test_dice_stay_below_their_bound() -> None:
    dice = Dice("seed")
    assert {dice.below(3) for _ in range(100)} == {0, 1, 2}
