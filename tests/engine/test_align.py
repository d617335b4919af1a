"""Alignment: whatever a model does when asked for the rest, the caller's text is whole, or the seam is lost."""

import re
from itertools import cycle

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mainstay.engine.align import (
    ANCHOR_REACH,
    LOOP_CHARACTERS_MAX,
    OVERLAP_MIN,
    OVERLAP_SURE,
    RESTART_MIN,
    Aligner,
    AlignState,
    is_plausible_seam,
)
from tests.engine.counted import Counted, count_joins
from tests.engine.texts import ENGLISH, GERMAN, answers

LOST = None
"""What `splice` gives for a lost seam."""
LEAD_INS = ["", " ", "\n", "\n\n", "...", "… ", "\n...\n"]
LOOK_AHEAD_MAX = LOOP_CHARACTERS_MAX + 2 * 8 + 3 + 8
"""Characters beyond the sent text after which every seam is decided: a loop, a lead-in, markup."""

sizes = st.lists(st.integers(1, 30), min_size=1, max_size=4)
"""How a continuation arrives: pieces of these lengths, over and over."""
loopy_texts = st.text(alphabet="ab. #B\n", min_size=1, max_size=16)
"""Texts that say everything twice."""


def pieces(text: str, lengths: list[int]) -> list[str]:
    cut, lengths_again = [], cycle(lengths)
    while text:
        length = next(lengths_again)
        cut.append(text[:length])
        text = text[length:]
    return cut


def splice(sent: str, continuation: str, *, lengths: list[int] | None = None, trusted: bool = False) -> str | None:
    """What the caller has in the end; `LOST` if the seam is lost, which must give nothing away."""
    aligner = Aligner(sent, trusted=trusted)
    parts = [aligner.feed(piece) for piece in pieces(continuation, lengths or [len(continuation) or 1])]
    new = "".join(parts) + aligner.close()
    assert aligner.state is not AlignState.PENDING
    if aligner.state is AlignState.LOST:
        assert new == ""
        return LOST
    return sent + new


def says_it_twice(text: str, cut: int) -> bool:
    """Whether the text itself says on both sides of the cut what a repetition would say."""
    before, after = text[:cut], text[cut:]
    starts = [after, re.sub(r"^\s*(\.\.\.|…)?\s*", "", after)]
    lengths = [*range(OVERLAP_MIN, cut + 1), len(before.lstrip())]
    return any(start[:length] == before[-length:] for start in starts for length in lengths)


def loops(text: str) -> bool:
    """Whether the text consists of something said one and a half times or more."""
    return any(text[size:] == text[:-size] for size in range(1, len(text) * 2 // 3 + 1))


@st.composite
def cut_answers(draw: st.DrawFn, shortest: int = 1) -> tuple[str, int]:
    """An answer and where it broke off."""
    text = draw(answers)
    return text, draw(st.integers(shortest, len(text)))


# 1. It goes on exactly


@given(answer=cut_answers(), lengths=sizes)
def test_a_trusted_continuation_goes_on_exactly_at_every_cut(answer: tuple[str, int], lengths: list[int]) -> None:
    text, cut = answer
    # A prefill is sent without its last blanks, so the model writes them again.
    rest = text[len(text[:cut].rstrip()) :]
    assert splice(text[:cut], rest, lengths=lengths, trusted=True) == text


@pytest.mark.parametrize("unit", ["0, ", "-", "    x = x + 1  # once more\n", "very ", "哈", "|---"])
def test_a_trusted_continuation_goes_on_exactly_even_inside_a_loop(unit: str) -> None:
    text = "start:\n" + unit * 40 + "end"
    for cut in range(1, len(text)):
        rest = text[len(text[:cut].rstrip()) :]
        assert splice(text[:cut], rest, trusted=True) == text


@given(answer=cut_answers(), lengths=sizes)
def test_an_exact_continuation_is_whole_wherever_the_seam_is_plausible(
    answer: tuple[str, int], lengths: list[int]
) -> None:
    text, cut = answer
    sent, rest = text[:cut], text[cut:]
    assume(not says_it_twice(text, cut))
    assert splice(sent, rest, lengths=lengths) == (text if is_plausible_seam(sent, rest) else LOST)


@pytest.mark.parametrize("text", [ENGLISH, GERMAN], ids=["English", "German"])
def test_every_cut_between_tokens_that_begin_with_their_blank_is_a_plausible_seam(text: str) -> None:
    tokens = re.findall(r" ?\w+|[^\w\s]+|\s+?(?=\s*\n)|\s", text)
    assert "".join(tokens) == text
    cuts = [sum(map(len, tokens[:count])) for count in range(1, len(tokens))]
    assert [cut for cut in cuts if splice(text[:cut], text[cut:]) != text] == []


@pytest.mark.parametrize(("text", "share"), [(ENGLISH, 0.99), (GERMAN, 0.94)], ids=["English", "German"])
def test_nearly_every_cut_at_all_is_a_plausible_seam(text: str, share: float) -> None:
    # Measured: 0.995 and 0.945. All others fall between a blank and a capital ("New |York"), where no token ends.
    whole = sum(splice(text[:cut], text[cut:]) == text for cut in range(1, len(text)))
    assert whole / (len(text) - 1) >= share


# 2. and 3. It repeats some of the tail, or everything


@given(answer=cut_answers(OVERLAP_SURE), lengths=sizes, trusted=st.booleans(), data=st.data())
def test_a_long_repetition_is_suppressed(
    answer: tuple[str, int], lengths: list[int], *, trusted: bool, data: st.DataObject
) -> None:
    text, cut = answer
    repeated = data.draw(st.integers(OVERLAP_SURE, cut))
    assume(len(text[cut - repeated : cut].rstrip()) >= OVERLAP_SURE)
    assert splice(text[:cut], text[cut - repeated :], lengths=lengths, trusted=trusted) == text


@given(answer=cut_answers(OVERLAP_SURE), lengths=sizes, data=st.data())
def test_a_short_repetition_is_suppressed_where_it_stands_once_only(
    answer: tuple[str, int], lengths: list[int], data: st.DataObject
) -> None:
    text, cut = answer
    sent = text[:cut]
    repeated = data.draw(st.integers(OVERLAP_MIN, OVERLAP_SURE))
    tail = sent[-repeated:]
    assume(sent.find(tail) == cut - repeated and not loops(tail))
    assert splice(sent, text[cut - repeated :], lengths=lengths) == text


@given(answer=cut_answers(OVERLAP_SURE), lengths=sizes, data=st.data())
def test_any_other_repetition_from_four_characters_on_is_lost_rather_than_doubled(
    answer: tuple[str, int], lengths: list[int], data: st.DataObject
) -> None:
    text, cut = answer
    repeated = data.draw(st.integers(OVERLAP_MIN, OVERLAP_SURE))
    assert splice(text[:cut], text[cut - repeated :], lengths=lengths) in {text, LOST}


@given(answer=cut_answers(), lengths=sizes)
def test_a_start_from_the_beginning_is_suppressed(answer: tuple[str, int], lengths: list[int]) -> None:
    text, cut = answer
    # "Der De" and "Der Defan" may as well be a text that loops.
    assume(not loops(text[:cut]))
    assert splice(text[:cut], text, lengths=lengths) == text


@given(answer=cut_answers(OVERLAP_MIN), lengths=sizes)
def test_an_upstream_that_gives_a_prefill_back_is_noticed(answer: tuple[str, int], lengths: list[int]) -> None:
    text, cut = answer
    assume(len(text[:cut].rstrip()) >= OVERLAP_MIN)
    assert splice(text[:cut], text, lengths=lengths, trusted=True) == text


@given(answer=cut_answers(OVERLAP_SURE), lengths=sizes, lead_in=st.sampled_from(LEAD_INS), data=st.data())
def test_blanks_and_an_ellipsis_before_a_repetition_do_not_count(
    answer: tuple[str, int], lengths: list[int], lead_in: str, data: st.DataObject
) -> None:
    text, cut = answer
    repeated = data.draw(st.integers(OVERLAP_SURE, cut))
    continuation = lead_in + text[cut - repeated :].lstrip()
    assume(len(continuation) - len(lead_in) - (len(text) - cut) >= OVERLAP_SURE)
    assert splice(text[:cut], continuation, lengths=lengths) == text


def test_blanks_before_the_first_word_may_be_missing_from_a_new_start() -> None:
    assert splice("\n\nHi", "Hi there.") == "\n\nHi there."
    assert splice("\n\n", "\n\nHi there.") == "\n\nHi there."


def test_a_repetition_with_nothing_new_adds_nothing() -> None:
    assert splice("That is all there is.", "That is all there is.") == "That is all there is."


def test_nothing_at_all_is_the_end() -> None:
    assert splice("That is all.", "") == "That is all."


# Lost


@pytest.mark.parametrize(
    ("sent", "continuation"),
    [
        ("The result of the computation is", "The result of the computation was"),
        ("The result of the computation is", "The result of the computation"),
        ("Once upon a time there was a king.\n\n", "Once upon a time there was a queen."),
        ("\n\nOnce upon a time there was a king.\n\n", "Once upon a time there was a queen."),
        ("It begins. Then the king of the old country left,", "Then the king of the old kingdom left, alone"),
        ("The quick brown", "Sure, here is the rest: fox"),
        ("The quick brown ", "Sure, here is the rest: fox"),
        ("The quick, ", "Sure, here is the rest: brown fox"),
        ("The quick brown fox.", "Sure, here is the rest."),
        ("The quick brown", "# The Fox\n"),
        ("The quick brown", "**Fox**"),
    ],
    ids=[
        "begins like the answer, then differs",
        "begins like the answer, then ends",
        "begins like the answer, at a fresh paragraph",
        "begins like the answer without its first blanks",
        "repeats the last words, then differs",
        "a sentence inside a sentence",
        "a sentence behind a blank inside a sentence",
        "a sentence behind a comma",
        "a sentence without its blank",
        "a heading inside a sentence",
        "bold words inside a sentence",
    ],
)
def test_what_contradicts_the_answer_is_lost(sent: str, continuation: str) -> None:
    assert splice(sent, continuation) is LOST
    assert splice(sent, continuation, lengths=[1]) is LOST


@given(answer=cut_answers(RESTART_MIN + 1), lengths=sizes, data=st.data())
def test_what_starts_like_the_answer_and_then_differs_is_lost(
    answer: tuple[str, int], lengths: list[int], data: st.DataObject
) -> None:
    text, cut = answer
    shared = data.draw(st.integers(RESTART_MIN, cut - 1))
    assume(text[:cut].count(text[:shared]) == 1)
    assert splice(text[:cut], text[:shared] + "∃ something else", lengths=lengths) is LOST


@given(answer=cut_answers(OVERLAP_SURE + 1), lengths=sizes, data=st.data())
def test_what_repeats_from_near_the_end_and_then_differs_is_lost(
    answer: tuple[str, int], lengths: list[int], data: st.DataObject
) -> None:
    text, cut = answer
    repeated = data.draw(st.integers(OVERLAP_SURE + 1, min(cut, ANCHOR_REACH)))
    shared = data.draw(st.integers(OVERLAP_SURE, repeated - 1))
    tail = text[cut - repeated : cut][:shared]
    assume(text[:cut].count(tail[:OVERLAP_SURE]) == 1)
    assert splice(text[:cut], tail + "∃ something else", lengths=lengths) is LOST


@pytest.mark.parametrize(
    ("sent", "continuation"),
    [
        ("with the cat and the", " the dog"),
        ("[0, 0, 0, 0, 0, 0, 0, 0, 0,", " 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"),
        ("a million is 10000", "00000 or so"),
        ("| a | b |\n|---|", "---|---|\n"),
        ("she said very very", "very very little"),
    ],
    ids=["a short word that returns", "a long loop", "a number", "a table", "one and a half times"],
)
def test_a_repetition_that_cannot_be_counted_is_lost(sent: str, continuation: str) -> None:
    assert splice(sent, continuation) is LOST
    assert splice(sent, continuation, lengths=[1]) is LOST


@given(
    unit=st.lists(st.sampled_from("abcdef ,|-0"), unique=True, min_size=1).map("".join),
    count=st.integers(3, 9),
    data=st.data(),
)
def test_inside_a_loop_nothing_is_doubled_or_dropped(unit: str, count: int, data: st.DataObject) -> None:
    text = "So: " + unit * count + "; the end of it"
    cut = data.draw(st.integers(4, len(text) - 15))
    repeated = data.draw(st.sampled_from([0, *range(max(OVERLAP_MIN, len(unit)), cut + 1)]))
    assert splice(text[:cut], text[cut - repeated :]) in {text, LOST}


def test_a_word_that_truly_stands_twice_at_the_seam_cannot_be_told_from_a_repetition() -> None:
    assert splice("It was very", " very good.") == "It was very good."


def test_a_lost_seam_stays_lost() -> None:
    aligner = Aligner("The quick brown", trusted=False)
    assert [aligner.feed("Sure"), aligner.feed(" brown fox"), aligner.close()] == ["", "", ""]
    assert aligner.state is AlignState.LOST


# Whatever the text


@given(sent=loopy_texts, continuation=loopy_texts, lengths=sizes, trusted=st.booleans())
@example(sent="a.", continuation="########B", lengths=[1], trusted=False)
@example(sent="a.", continuation=".  ..B", lengths=[1], trusted=False)
def test_it_makes_no_difference_how_the_continuation_is_cut(
    sent: str, continuation: str, lengths: list[int], *, trusted: bool
) -> None:
    at_once = splice(sent, continuation, trusted=trusted)
    assert splice(sent, continuation, lengths=lengths, trusted=trusted) == at_once


@given(sent=loopy_texts, continuation=loopy_texts, trusted=st.booleans())
def test_what_is_new_is_always_an_end_of_the_continuation(sent: str, continuation: str, *, trusted: bool) -> None:
    whole = splice(sent, continuation, trusted=trusted)
    assert whole is LOST or continuation.endswith(whole.removeprefix(sent))


@given(sent=loopy_texts, continuation=loopy_texts, trusted=st.booleans())
def test_a_seam_is_decided_soon_after_the_length_of_the_sent_text(
    sent: str, continuation: str, *, trusted: bool
) -> None:
    aligner = Aligner(sent, trusted=trusted)
    endless = cycle(continuation)
    for _ in range(len(sent) + LOOK_AHEAD_MAX):
        aligner.feed(next(endless))
    assert aligner.state is not AlignState.PENDING


# The work


@pytest.mark.parametrize("start", [0, 50_000, 99_900, 100_000], ids=["all", "half", "anchor", "nothing"])
def test_the_work_grows_with_the_length_and_not_with_its_square(start: int) -> None:
    answer = "".join(f"word{number} " for number in range(20_000))[:150_000]
    sent, continuation = Counted(answer[:100_000]), [Counted(answer[at : at + 10]) for at in range(start, 150_000, 10)]
    aligner = Aligner(sent, trusted=False)
    new: list[str] = []
    Counted.characters = 0

    def feed_all() -> None:
        new.extend(aligner.feed(piece) for piece in continuation)

    assert count_joins(feed_all) < 20
    assert Counted.characters < 10 * 250_000
    assert sent + "".join(new) == answer
