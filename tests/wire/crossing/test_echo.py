"""A prefill that is said again is taken out, and nothing else ever is."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Prompt, Refusal, Role, Text, ToolCall, Turn
from mainstay.model.piece import Done, Piece, Said, Stop, Stopped
from mainstay.wire.crossing.echo import COPY_CHARACTERS_MIN, WithoutEcho, prefill_of, without_echo

PREFILL = "Once upon a time"
CALL = ToolCall("call_1", "f", "{}")


class Script:
    """A reader whose pieces are given."""

    def __init__(self, *pieces: Piece, tail: tuple[Piece, ...] = ()) -> None:
        self.dropped = 3
        self._pieces = list(pieces)
        self._tail = list(tail)

    def feed(self, data: bytes) -> list[Piece]:
        count = len(data)
        given, self._pieces = self._pieces[:count], self._pieces[count:]
        return given

    def close(self) -> list[Piece]:
        return self._tail


def heard(*texts: str, end: tuple[Piece, ...] = (Stopped(Stop.END), Done())) -> str:
    """What comes of these texts, one by one, with the names of all other pieces."""
    reader = WithoutEcho(Script(*map(Said, texts), *end), PREFILL)
    pieces = [piece for _ in range(len(texts) + len(end)) for piece in reader.feed(b".")] + reader.close()
    return "".join(piece.text if isinstance(piece, Said) else f"<{type(piece).__name__}>" for piece in pieces)


def prompt(text: str, *, prefill: bool = True, role: Role = Role.ASSISTANT) -> Prompt:
    return Prompt("anthropic", "m", (Turn(Role.USER, (Text("a"),)), Turn(role, (Text(text),))), prefill=prefill)


def test_a_copy_of_the_prefill_is_taken_out_however_it_is_cut() -> None:
    assert heard(PREFILL, " there was") == " there was<Stopped><Done>"
    assert heard("Once", " upon a ti", "me there was") == " there was<Stopped><Done>"
    assert heard(PREFILL) == "<Stopped><Done>"


def test_only_the_very_beginning_counts_and_only_once() -> None:
    assert heard(" and", PREFILL) == f" and{PREFILL}<Stopped><Done>"
    assert heard(PREFILL, PREFILL) == f"{PREFILL}<Stopped><Done>"


def test_half_a_copy_is_the_models_own_text() -> None:
    assert heard("Once upon", " a hill") == "Once upon a hill<Stopped><Done>"
    assert heard("Once upon") == "Once upon<Stopped><Done>"
    assert heard("Once", end=()) == "Once"


def test_what_is_left_out_elsewhere_is_told() -> None:
    assert WithoutEcho(Script(), PREFILL).dropped == 3


@given(text=st.text("Onceup atim.", max_size=40), sizes=st.lists(st.integers(1, 5), min_size=1))
def test_nothing_but_a_whole_copy_is_ever_lost(text: str, sizes: list[int]) -> None:
    pieces, place, turn = [], 0, 0
    while place < len(text):
        size = sizes[turn % len(sizes)]
        pieces.append(text[place : place + size])
        place, turn = place + size, turn + 1
    assert heard(*pieces) == f"{text.removeprefix(PREFILL)}<Stopped><Done>"


def test_a_whole_answer_loses_the_copy_in_its_first_text_only() -> None:
    parts = (CALL, Text(f"{PREFILL} there"), Text(PREFILL))
    assert without_echo(parts, PREFILL) == (CALL, Text(" there"), Text(PREFILL))
    assert without_echo((Text("Other"),), PREFILL) == (Text("Other"),)
    assert without_echo((Refusal(PREFILL),), PREFILL) == (Refusal(PREFILL),)
    assert without_echo((Text(PREFILL),), "") == (Text(PREFILL),)


def test_a_prefill_is_the_callers_last_word_and_long_enough_to_be_told_from_chance() -> None:
    assert prefill_of(prompt(f"{PREFILL} ")) == PREFILL
    assert prefill_of(prompt("x" * (COPY_CHARACTERS_MIN - 1))) == ""
    assert prefill_of(prompt(PREFILL, prefill=False)) == ""
    assert prefill_of(prompt(PREFILL, role=Role.USER)) == ""
    assert prefill_of(Prompt("anthropic", "m", (), prefill=True)) == ""
