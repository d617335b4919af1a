from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.detection.ring import Count, Kinds, Ring, by_frequency

START = 1_000_000.0


def test_a_window_ends_now_and_holds_whole_slots() -> None:
    ring = Ring(5, 12)
    for offset, failures in ((0, 0), (4, 1), (5, 0), (14, 1)):
        ring.add(START + offset, 1, failures)
    assert ring.count(START + 14, 5) == Count(1, 1)
    assert ring.count(START + 14, 10) == Count(2, 1)
    assert ring.count(START + 14, 15) == Count(4, 2)
    assert ring.count(START + 14, 15, since=START + 1) == Count(2, 1), "the slot that `since` lies in is left out"
    assert ring.count(START + 14, 15, since=START + 5) == Count(2, 1)


def test_what_comes_late_counts_where_it_belongs_and_what_is_too_old_does_not() -> None:
    ring = Ring(5, 4)
    ring.add(START + 15, 1, 0)
    ring.add(START, 1, 1)
    ring.add(START - 5, 1, 1)
    assert ring.slots(START + 15, 4) == [
        (START, Count(1, 1)),
        (START + 5, Count(0, 0)),
        (START + 10, Count(0, 0)),
        (START + 15, Count(1, 0)),
    ]


def test_after_a_long_pause_nothing_old_is_left() -> None:
    ring = Ring(5, 4)
    for offset in range(20):
        ring.add(START + offset, 1, 1)
    ring.add(START + 1_000, 1, 0)
    assert ring.count(START + 1_000, 20) == Count(1, 0)
    assert ring.count(START + 2_000, 20) == Count(0, 0)
    assert [count for _, count in ring.slots(START + 2_000, 4)] == [Count(0, 0)] * 4


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=80), st.integers(1, 60), st.integers(0, 60))
def test_it_counts_as_a_list_would(events: list[tuple[int, bool]], seconds: int, back: int) -> None:
    ring = Ring(1, 64)
    newest = max((offset for offset, _ in events), default=0)
    for offset, failed in events:
        ring.add(START + offset, 1, int(failed))
    wall = newest - back if newest > back else newest
    oldest_kept = newest - 64
    inside = [failed for offset, failed in events if wall - seconds < offset <= wall and offset > oldest_kept]
    counted = ring.count(START + wall, seconds)
    kept = min(sum(inside), sum(inside)), len(inside)
    # What came after a later sample and was too old by then was let go of.
    assert counted.attempts <= kept[1]
    assert counted.failures <= kept[0]
    ordered = Ring(1, 64)
    for offset, failed in sorted(events):
        ordered.add(START + offset, 1, int(failed))
    assert ordered.count(START + wall, seconds) == Count(kept[1], kept[0])


def test_kinds_are_counted_by_the_same_windows() -> None:
    kinds, ring = Kinds(5), Ring(5, 64)
    for offset, kind in enumerate(["cut", "server", "server", "stall", "server", "cut", "cut"]):
        kinds.add(START + offset, kind)
        ring.add(START + offset, 1, 1)
    for seconds in (1, 5, 7, 60):
        assert sum(kinds.count(START + 6, seconds).values()) == ring.count(START + 6, seconds).failures
    assert list(kinds.count(START + 6, 60).items()) == [("cut", 3), ("server", 3), ("stall", 1)]
    assert kinds.count(START + 6, 60, since=START + 5) == {"cut": 2}


def test_kinds_are_bounded() -> None:
    kinds = Kinds(5)
    for number in range(1_000):
        kinds.add(START + number * 5, "cut")
        kinds.add(START, f"kind {number}")
    assert len(kinds.count(START + 5_000, 1e6)) <= 33
    assert kinds.count(START + 5_000, 1e6)["cut"] <= 64


def test_by_frequency() -> None:
    assert list(by_frequency({"b": 1, "a": 1, "c": 2})) == ["c", "a", "b"]


def test_the_ratio_of_nothing_is_nothing() -> None:
    assert Count(0, 0).ratio == 0.0
    assert Count(4, 1).ratio == 0.25
