import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.json_bytes import ABSENT
from mainstay.wire.session import (
    SESSION_CHARACTERS_MAX,
    bounded,
    first_session,
    is_zero,
    session_of_headers,
    session_of_metadata,
)


def member(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


@pytest.mark.parametrize(
    "name", ["x-mainstay-session", "x-claude-code-session-id", "session_id", "session-id", "conversation_id"]
)
def test_a_header_names_the_session(name: str) -> None:
    assert session_of_headers((("accept", "*/*"), (name, " abc "))) == "abc"


def test_what_says_it_on_purpose_comes_first_whatever_the_order() -> None:
    fields = (("conversation_id", "c"), ("session_id", "s"), ("x-mainstay-session", "own"))
    assert session_of_headers(fields) == "own"
    assert session_of_headers(fields[:2]) == "s"


@pytest.mark.parametrize("fields", [(), (("accept", "x"),), (("x-mainstay-session", "  "),)])
def test_without_one_there_is_none(fields: tuple[tuple[str, str], ...]) -> None:
    assert session_of_headers(fields) == ""


def test_the_user_id_in_the_metadata_of_a_message_names_it() -> None:
    assert session_of_metadata(member({"user_id": "user_1_session_2"})) == "user_1_session_2"


@pytest.mark.parametrize("value", [None, {}, {"user_id": None}, {"user_id": 7}, [1], "text", {"user_id": ""}])
def test_metadata_of_another_shape_names_none_and_is_left_to_the_provider(value: object) -> None:
    assert session_of_metadata(member(value)) == ""


def test_the_first_member_that_names_one_counts() -> None:
    assert first_session(ABSENT, member(None), member(7), member(""), member("second"), member("third")) == "second"
    assert first_session(ABSENT, ABSENT) == ""


@given(st.text(max_size=3 * SESSION_CHARACTERS_MAX))
def test_a_session_is_bounded_and_both_of_its_ends_count(text: str) -> None:
    said = bounded(text)
    assert len(said) <= SESSION_CHARACTERS_MAX
    assert text.startswith(said[:50])
    assert text.endswith(said[-50:])
    assert said == text or len(text) > SESSION_CHARACTERS_MAX


@pytest.mark.parametrize("text", [b"0", b"0.0", b"-0", b"0e5", b"0.000"])
def test_zero_however_it_is_written(text: bytes) -> None:
    assert is_zero(msgspec.Raw(text))


@pytest.mark.parametrize("text", [b"1", b"0.0001", b'"0"', b"null", b"false", b"[0]", b"{}", b""])
def test_what_is_not_zero(text: bytes) -> None:
    assert not is_zero(msgspec.Raw(text))
