from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.virtual.timeline import Timeline


@given(st.lists(st.floats(0, 1e6)))
def test_everything_happens_in_order_of_time(instants: list[float]) -> None:
    timeline = Timeline()
    seen: list[float] = []
    for instant in instants:
        timeline.at(instant, lambda: seen.append(timeline.now))
    timeline.run()
    assert seen == sorted(instants)


def test_what_is_due_at_the_same_instant_happens_in_the_order_of_asking() -> None:
    timeline = Timeline()
    seen: list[int] = []
    for number in range(20):
        timeline.at(5.0, lambda number=number: seen.append(number))  # type: ignore[misc]
    timeline.run()
    assert seen == list(range(20))


def test_the_past_happens_now() -> None:
    timeline = Timeline()
    seen: list[float] = []
    timeline.at(5.0, lambda: timeline.at(1.0, lambda: seen.append(timeline.now)))
    timeline.run()
    assert seen == [5.0]
    assert timeline.now == 5.0


def test_what_happens_may_ask_for_more() -> None:
    timeline = Timeline()
    seen: list[float] = []

    def again() -> None:
        seen.append(timeline.now)
        if len(seen) < 4:
            timeline.at(timeline.now + 2.0, again)

    timeline.at(1.0, again)
    timeline.run()
    assert seen == [1.0, 3.0, 5.0, 7.0]
