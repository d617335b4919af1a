import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.ask import Said
from mainstay.lab.provider.continuation import Interrupted, go_on, interrupted
from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.request import ModelKind

TEXT = prose("a story", 60)
CONTINUE = Said("user", "Your answer was cut off. Continue where you left off.")


def quoting(tail: str) -> str:
    return f"Your answer was cut off. It ended with {msgspec.json.encode(tail).decode()}. Repeat this and go on."


@given(st.integers(1, len(TEXT) - 1))
def test_a_part_of_the_text_is_recognised(cut: int) -> None:
    partial = Said("assistant", TEXT[:cut])
    assert interrupted((partial, CONTINUE), TEXT) == Interrupted(cut, CONTINUE.text)
    assert interrupted((partial,), TEXT) == Interrupted(cut, "")


def test_a_whole_answer_is_only_continued_on_request() -> None:
    answered = Said("assistant", TEXT)
    assert interrupted((answered, Said("user", "Thanks. What is next?")), TEXT) is None
    assert interrupted((answered, CONTINUE), TEXT) == Interrupted(len(TEXT), CONTINUE.text)


def test_other_words_are_no_part_of_the_text() -> None:
    assert interrupted((Said("assistant", "Something else entirely."), CONTINUE), TEXT) is None
    assert interrupted((), TEXT) is None


def test_a_prefill_before_the_text_is_seen_through() -> None:
    partial = Said("assistant", "Here is the story: " + TEXT[:50])
    assert interrupted((partial, CONTINUE), TEXT) == Interrupted(50, CONTINUE.text)


@given(st.integers(1, len(TEXT) - 1))
def test_an_exact_model_goes_on_with_the_next_character(cut: int) -> None:
    assert TEXT[:cut] + go_on(ModelKind.EXACT, TEXT, Interrupted(cut, "")) == TEXT


@given(st.integers(1, len(TEXT) - 1))
def test_a_repeating_model_says_whole_words_of_the_tail_again(cut: int) -> None:
    said = go_on(ModelKind.REPEAT, TEXT, Interrupted(cut, ""))
    assert TEXT.endswith(said)
    repeated = len(said) - (len(TEXT) - cut)
    assert 0 <= repeated <= cut
    assert repeated == cut or (repeated >= 30 and TEXT[cut - repeated - 1] == " ")


def test_a_restarting_model_says_everything_again() -> None:
    assert go_on(ModelKind.RESTART, TEXT, Interrupted(100, "")) == TEXT


def test_a_contradicting_model_says_something_else() -> None:
    assert go_on(ModelKind.CONTRADICT, TEXT, Interrupted(100, ""))[:20] not in TEXT


@given(st.integers(1, len(TEXT) - 1), st.integers(1, 100))
def test_an_anchored_model_repeats_the_quoted_tail(cut: int, length: int) -> None:
    tail = TEXT[:cut][-length:]
    said = go_on(ModelKind.ANCHORED, TEXT, Interrupted(cut, quoting(tail)))
    assert said == tail + TEXT[cut:]


def test_an_anchor_may_end_with_the_space_that_a_prefill_lost() -> None:
    cut = TEXT.index(" ", 50)
    said = go_on(ModelKind.ANCHORED, TEXT, Interrupted(cut, quoting(TEXT[cut - 20 : cut + 1])))
    assert said == TEXT[cut - 20 :]


@pytest.mark.parametrize("instruction", ["Continue.", 'Continue after "something else".', 'Continue "broken \\q".'])
def test_an_anchored_model_without_an_anchor_repeats(instruction: str) -> None:
    repeated = go_on(ModelKind.REPEAT, TEXT, Interrupted(100, ""))
    assert go_on(ModelKind.ANCHORED, TEXT, Interrupted(100, instruction)) == repeated


def test_an_anchored_model_continues_a_prefill_exactly() -> None:
    assert go_on(ModelKind.ANCHORED, TEXT, Interrupted(100, "")) == TEXT[100:]
