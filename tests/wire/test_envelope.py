"""The envelope around sealed reasoning: what went in comes out, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Thinking
from mainstay.wire.envelope import MARK, PREFIX, seal, unseal

TEXTS = st.text(max_size=50)
THINKING = Thinking("claude-eu", "Hm 🌍", "c2ln", hidden=True)


@given(issuer=TEXTS, text=TEXTS, mark=TEXTS, hidden=st.booleans())
def test_what_went_in_comes_out(issuer: str, text: str, mark: str, *, hidden: bool) -> None:
    thinking = Thinking(issuer, text, mark, hidden)
    assert unseal(seal(thinking)) == thinking


def test_an_envelope_shows_its_mark_and_fits_into_json_as_it_is() -> None:
    envelope = seal(THINKING)
    assert envelope.encode().startswith(MARK)
    assert envelope.isascii()
    assert not set(envelope) & set('"\\\n ')


@pytest.mark.parametrize(
    "envelope",
    [
        "",
        "gAAAAABo",
        seal(THINKING).removeprefix(PREFIX),
        PREFIX,
        PREFIX + "e30",
        PREFIX + "not base64!",
        PREFIX + "é",
        PREFIX + "bnVsbA==",
        PREFIX + "eyJ0eXBlIjoidGV4dCIsInRleHQiOiIifQ==",
        PREFIX + "/w==",
        seal(THINKING)[:-9],
    ],
    ids=[
        "nothing",
        "another's",
        "no mark",
        "empty",
        "cut",
        "nonsense",
        "no ASCII",
        "null",
        "a text",
        "no UTF-8",
        "short",
    ],
)
def test_what_is_no_whole_envelope_of_ours_is_none(envelope: str) -> None:
    assert unseal(envelope) is None


@given(tail=st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_nothing_behind_the_mark_is_too_odd_to_be_opened(tail: str) -> None:
    opened = unseal(PREFIX + tail)
    assert opened is None or isinstance(opened, Thinking)
