from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.auth.remembered import Remembered


def test_what_was_put_is_found() -> None:
    memory: Remembered[int] = Remembered(2, 100)
    memory.put("a", 1)
    memory.put("a", 2)
    assert (memory.get("a"), memory.get("b"), len(memory)) == (2, None, 1)


def test_what_was_not_seen_for_longest_makes_way() -> None:
    memory: Remembered[int] = Remembered(2, 100)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.get("a")
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)


def test_putting_again_counts_as_seeing() -> None:
    memory: Remembered[int] = Remembered(2, 100)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 1)
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b")) == (1, None)


def test_long_texts_take_more_room() -> None:
    memory: Remembered[int] = Remembered(100, 10)
    memory.put("a" * 6, 1)
    memory.put("b" * 4, 2)
    memory.put("c", 3)
    assert (memory.get("a" * 6), memory.get("b" * 4), memory.get("c")) == (None, 2, 3)


def test_a_text_without_room_pushes_nobody_out() -> None:
    memory: Remembered[int] = Remembered(100, 10)
    memory.put("a", 1)
    memory.put("b" * 11, 2)
    assert (memory.get("a"), memory.get("b" * 11)) == (1, None)


def test_everything_is_forgotten_at_once() -> None:
    memory: Remembered[int] = Remembered(100, 10)
    memory.put("a" * 10, 1)
    memory.clear()
    memory.put("b" * 10, 2)
    assert (memory.get("a" * 10), memory.get("b" * 10), len(memory)) == (None, 2, 1)


@given(st.lists(st.text("abc", max_size=6)))
def test_it_is_never_fuller_than_it_may_be(texts: list[str]) -> None:
    memory: Remembered[int] = Remembered(3, 10)
    for text in texts:
        memory.put(text, 1)
        assert len(memory) <= 3
        assert sum(map(len, memory._entries)) == memory._characters <= 10
