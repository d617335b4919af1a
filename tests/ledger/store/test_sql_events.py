"""Streams of events, in both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Store, StreamEvent, StreamHead
from tests.ledger.store.conftest import Open


def put(store: Store, stream: str, number: int, name: str = "") -> bool:
    return store.append_event(stream, number, name or f"{stream}#{number}", float(number), b"{}")


def test_a_store_without_events_has_none(store: Store) -> None:
    assert store.stream("incident/INC-1", 0, 9) == store.event_arrivals(0, 9) == []
    assert store.streams("", None, 9) == []


def test_events_come_back_byte_by_byte_in_the_order_of_their_stream(store: Store, open_again: Open) -> None:
    assert store.append_event("incident/INC-1", 1, "ev_1", 5.5, b'{"a":"\xc3\xa9"}')
    assert store.append_event("run/RUN-1", 1, "ev_2", 6.5, b"other")
    assert store.append_event("incident/INC-1", 2, "ev_3", 4, b"")
    first, _other, second = open_again().event_arrivals(0, 9)
    assert first == StreamEvent(first.arrival, "incident/INC-1", 1, "ev_1", 5.5, b'{"a":"\xc3\xa9"}')
    assert second == StreamEvent(second.arrival, "incident/INC-1", 2, "ev_3", 4.0, b"")
    assert store.stream("incident/INC-1", 0, 9) == [first, second]
    assert store.stream("incident/INC-1", 1, 9) == [second]
    assert store.stream("incident/INC-1", 0, 1) == [first]
    assert store.event_arrivals(second.arrival, 9) == []


def test_only_the_next_event_of_a_stream_is_taken(store: Store) -> None:
    assert not put(store, "run/RUN-1", 2)
    assert not put(store, "run/RUN-1", 0)
    assert put(store, "run/RUN-1", 1)
    assert not put(store, "run/RUN-1", 1, "another")
    assert not put(store, "run/RUN-1", 3)
    assert put(store, "run/RUN-1", 2)
    assert [one.id for one in store.stream("run/RUN-1", 0, 9)] == ["run/RUN-1#1", "run/RUN-1#2"]


def test_an_event_may_be_given_again_by_who_did_not_hear_that_it_was_taken(store: Store) -> None:
    assert put(store, "run/RUN-1", 1)
    assert put(store, "run/RUN-1", 2)
    assert put(store, "run/RUN-1", 1)
    assert not store.append_event("run/RUN-1", 1, "run/RUN-1#1", 1.0, b"another body")
    assert len(store.event_arrivals(0, 9)) == 2


def test_of_many_who_write_at_once_one_is_first(open_again: Open) -> None:
    stores = [open_again() for _ in range(4)]

    def write(at: int) -> list[int]:
        return [number for number in range(1, 11) if put(stores[at], "incident/INC-1", number, f"{at}-{number}")]

    with ThreadPoolExecutor(len(stores)) as pool:
        won = [number for numbers in pool.map(write, range(len(stores))) for number in numbers]
    events = stores[0].stream("incident/INC-1", 0, 99)
    assert sorted(won) == [one.number for one in events] == list(range(1, len(events) + 1))
    assert [one.arrival for one in events] == sorted({one.arrival for one in events})


def test_streams_are_listed_from_the_newest_event_on(store: Store) -> None:
    for stream, number in (("incident/INC-1", 1), ("incident/INC-2", 1), ("incident/INC-1", 2), ("run/RUN-1", 1)):
        assert put(store, stream, number)
    newest, older = store.streams("incident/", None, 9)
    assert [(one.stream, one.number, one.at) for one in (newest, older)] == [
        ("incident/INC-1", 2, 2.0),
        ("incident/INC-2", 1, 1.0),
    ]
    assert newest.arrival == store.stream("incident/INC-1", 1, 1)[0].arrival
    assert store.streams("incident/", newest.arrival, 9) == [older]
    assert store.streams("incident/", None, 1) == [newest]
    assert [one.stream for one in store.streams("", None, 9)] == ["run/RUN-1", "incident/INC-1", "incident/INC-2"]
    assert isinstance(older, StreamHead)


def test_a_prefix_is_no_pattern(store: Store) -> None:
    assert put(store, "a%b", 1)
    assert put(store, "axb", 1)
    assert [one.stream for one in store.streams("a%", None, 9)] == ["a%b"]
    assert store.streams("A", None, 9) == []


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 201])
def test_a_name_that_cannot_be_one_is_refused_and_never_found(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="at most 200 characters"):
        put(store, name, 1)
    assert store.stream(name, 0, 9) == []
    assert store.event_arrivals(0, 9) == []
    if name:
        assert store.streams(name, None, 9) == []


def test_a_page_of_events_is_bounded_by_bytes_too(store: Store) -> None:
    for number in range(1, 5):
        assert store.append_event("run/RUN-1", number, f"ev_{number}", 1.0, b"x" * 2_500_000)
    page = store.stream("run/RUN-1", 0, 9)
    assert 1 <= len(page) < 4
    assert [one.number for one in store.stream("run/RUN-1", 3, 9)] == [4]


def test_nothing_is_left_of_an_event_that_could_not_be_written(store: Store) -> None:
    store._database.rows("DROP TABLE stream")  # type: ignore[attr-defined] # behind its back
    with pytest.raises(StoreError):
        put(store, "run/RUN-1", 1)
    assert store.event_arrivals(0, 9) == []
