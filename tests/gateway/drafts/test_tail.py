from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.drafts.counting import after_events
from mainstay.gateway.drafts.entries import Beyond
from mainstay.gateway.drafts.tail import CHUNK_BYTES_MAX, MARK_BYTES, Place, Tail
from tests.gateway.drafts.conftest import event, events

STREAM = [event(0), b": c\n\n", event(1) + event(2), b"data: x\r\n\r\n", event(3), b": end\n\n"]


def grown(chunks: list[bytes]) -> Tail:
    tail = Tail()
    for chunk in chunks:
        tail.append(chunk)
    return tail


def test_what_was_appended_is_read_from_any_position_in_small_pieces() -> None:
    tail = grown([b"hello", b"", b" ", b"world"])
    assert [tail.read(position, 3) for position in (0, 4, 5, 6, 9, 11)] == [b"hel", b"o", b" ", b"wor", b"ld", b""]
    assert tail.read(3, 0) == b""


def test_much_at_once_is_dropped_little_by_little() -> None:
    data = events(0, 10_000)
    tail = grown([data])
    assert tail.drop_until(len(data) - 100_000) > 0
    assert 100_000 <= tail.size < 100_000 + CHUNK_BYTES_MAX
    assert tail.events == 10_000
    place = tail.place_after(9_999)
    assert isinstance(place, Place)
    assert place == Place(len(events(0, 9_999)))


def test_only_whole_chunks_are_dropped() -> None:
    tail = grown([b"data: a\n\n", b"data: b\n\n", b"data: c\n\n"])
    assert tail.drop_until(10) == 9
    assert (tail.start, tail.end, tail.size) == (9, 27, 18)
    assert tail.drop_until(10) == 0
    assert tail.read(9, 9) == b"data: b\n\n"
    assert tail.drop_until(27) == 18
    assert (tail.size, tail.read(27, 1), tail.events) == (0, b"", 3)
    tail.append(b"data: d\n\n")
    assert (tail.read(27, 99), tail.events) == (b"data: d\n\n", 4)


@given(st.integers(0, 100), st.integers(0, 6))
def test_the_place_behind_an_event_is_found_whatever_was_dropped(dropped_until: int, after: int) -> None:
    tail = grown(STREAM)
    data = b"".join(STREAM)
    tail.drop_until(dropped_until)
    place = tail.place_after(after)
    expected = after_events(data, after)
    if isinstance(expected, Beyond):
        assert place == expected == Beyond(5)
        return
    assert isinstance(place, Place)
    assert after_events(data[place.position :], place.skip_events) == expected
    if place.position >= tail.start:
        assert not place.skip_events


def test_a_place_in_what_was_dropped_is_not_sought_from_the_very_beginning() -> None:
    tail = grown([events(number, number + 100) for number in range(0, 10_000, 100)])
    for position in range(0, tail.end, 10_000):
        tail.drop_until(position)
    place = tail.place_after(7_000)
    assert isinstance(place, Place)
    assert 0 < place.skip_events < 4_000
    assert len(events(0, 7_000)) - place.position <= MARK_BYTES + 20_000


def test_an_event_that_arrives_in_two_chunks_counts_once_it_is_whole() -> None:
    tail = grown([event(0), event(1)[:10]])
    assert tail.events == 1
    tail.drop_until(tail.end)
    tail.append(event(1)[10:])
    assert tail.events == 2
    place = tail.place_after(1)
    assert isinstance(place, Place)
    assert place == Place(0, 1)
