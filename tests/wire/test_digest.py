import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.digest import digest, within

any_text = st.text(st.characters(exclude_categories=()))


@given(any_text, st.integers(1, 64).map(lambda half: 2 * half))
def test_a_digest_has_the_length_that_was_asked_for(text: str, characters: int) -> None:
    assert len(digest(text, characters)) == characters
    assert digest(text, characters) == digest(text, characters)


def test_different_texts_have_different_digests() -> None:
    assert len({digest(text, 24) for text in ("", "a", "b", "\ud800", "\udfff")}) == 5


@pytest.mark.parametrize("text", ["", "short", "x" * 64])
def test_a_text_that_is_short_enough_stays(text: str) -> None:
    assert within(text, 64) == text


@given(st.text(st.characters(exclude_categories=()), min_size=65))
def test_a_longer_one_gives_way_to_its_digest(text: str) -> None:
    assert within(text, 64) == digest(text, 64) != text
