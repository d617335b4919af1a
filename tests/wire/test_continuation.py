import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.continuation import (
    ANCHOR_CHARACTERS,
    anchor,
    estimated_tokens,
    let_assistant_say,
    remaining_output_tokens,
    request_for_the_rest,
)
from mainstay.wire.json_bytes import raw


@given(st.text())
def test_the_anchor_is_the_end_of_the_text(text: str) -> None:
    end = anchor(text)
    assert text.endswith(end)
    assert len(end) <= ANCHOR_CHARACTERS
    assert bool(end) == bool(text.strip())


@given(st.lists(st.text(alphabet="abcdef", min_size=1, max_size=12), min_size=30))
def test_the_anchor_starts_with_a_whole_word(words: list[str]) -> None:
    text = " ".join(words)
    end = anchor(text)
    assert end == text or text[len(text) - len(end) - 1] == " "
    assert not end.startswith(" ")


def test_without_spaces_the_anchor_is_cut_anywhere() -> None:
    assert anchor("字" * 500) == "字" * ANCHOR_CHARACTERS


def test_the_anchor_keeps_white_space_at_its_end() -> None:
    assert anchor("one two \n") == "one two \n"


def test_the_request_quotes_the_anchor_as_a_json_string() -> None:
    request = request_for_the_rest('He said "no"\nand left')
    quoted, _ = json.JSONDecoder().raw_decode(request[request.index('"') :])
    assert quoted == 'He said "no"\nand left'


@pytest.mark.parametrize(("characters", "tokens"), [(0, 0), (1, 1), (7, 1), (8, 2), (400, 100)])
def test_tokens_are_estimated_from_characters(characters: int, tokens: int) -> None:
    assert estimated_tokens(characters) == tokens


@pytest.mark.parametrize(
    ("allowed", "given_characters", "repeats_anchor", "floor", "left"),
    [
        (1000, 400, False, 0, 900),
        (1000, 400, True, 0, 925),
        (100, 400, False, 0, 64),
        (50, 40, False, 0, 50),
        (4000, 8000, False, 3000, 3064),
        (3010, 8000, False, 3000, 3010),
    ],
)
def test_the_output_limit_shrinks_by_what_was_given(
    allowed: int, given_characters: int, *, repeats_anchor: bool, floor: int, left: int
) -> None:
    text = "x" * given_characters
    assert remaining_output_tokens(allowed, text, repeats_anchor=repeats_anchor, floor=floor) == left


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ({"role": "user", "content": "Hi"}, None),
        ({"role": "assistant", "content": "On"}, "Once"),
        ({"role": "assistant", "content": None}, "ce"),
        ({"role": "assistant"}, "ce"),
        ({"role": "assistant", "content": []}, [{"type": "text", "text": "ce"}]),
        ({"role": "assistant", "content": [{"type": "text", "text": "On"}]}, [{"type": "text", "text": "Once"}]),
        ({"role": "assistant", "content": [{"type": "image"}]}, [{"type": "image"}, {"type": "text", "text": "ce"}]),
    ],
)
def test_what_the_assistant_says_follows_what_it_said(last: dict[str, object], said: object) -> None:
    messages = [raw({"role": "user", "content": "Tell"}), raw(last)]
    let_assistant_say(messages, "ce")
    told = [json.loads(bytes(message)) for message in messages]
    assert told[2:] == ([{"role": "assistant", "content": "ce"}] if said is None else [])
    assert told[1] == (last if said is None else {"role": "assistant", "content": said})


def test_the_first_to_speak_may_be_the_assistant() -> None:
    messages: list[msgspec.Raw] = []
    let_assistant_say(messages, "Hi")
    assert [json.loads(bytes(message)) for message in messages] == [{"role": "assistant", "content": "Hi"}]
