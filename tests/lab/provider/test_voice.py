from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.voice import Manner, pieces, slices, stamp


@given(st.text(max_size=200), st.integers(0, 5), st.lists(st.integers(-5, 220), max_size=4))
def test_pieces_are_the_text_and_end_where_asked(text: str, words: int, breaks: list[int]) -> None:
    said = pieces(text, Manner(words, tuple(breaks)))
    assert "".join(said) == text
    assert all(said)
    ends = {sum(len(piece) for piece in said[: index + 1]) for index in range(len(said))}
    assert {place for place in breaks if 0 < place < len(text)} <= ends


def test_slices_are_the_text() -> None:
    assert slices("abcdefg", 3) == ["abc", "def", "g"]
    assert slices("", 3) == []


def test_ids_follow_from_request_and_provider() -> None:
    request = ProviderRequest("POST", "/v1/messages", body=b"a")
    one = stamp(request, "primary")
    assert one.id("msg_") == stamp(request, "primary").id("msg_")
    others = {
        stamp(request, "standby").id("msg_"),
        stamp(ProviderRequest("POST", "/v1/messages", body=b"b"), "primary").id("msg_"),
        one.id("msg_", "other"),
    }
    assert len(others | {one.id("msg_")}) == 4
    assert one.created == stamp(request, "primary").created
