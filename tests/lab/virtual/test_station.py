import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.virtual.process import LazyDice
from mainstay.lab.virtual.station import Job, Station, Strength
from mainstay.lab.virtual.timeline import Timeline

EVEN = Strength(concurrency=2, service_seconds=1.0, spread=0.0)


class Shop:
    """A station, and when it finished what."""

    def __init__(self, strength: Strength, seed: str = "shop") -> None:
        self.timeline = Timeline()
        self.station = Station(strength, self.timeline, LazyDice(seed))
        self.finished: list[tuple[int, float]] = []
        self.jobs: dict[int, Job] = {}

    def come(self, number: int) -> None:
        def done() -> None:
            self.finished.append((number, round(self.timeline.now, 6)))

        self.jobs[number] = self.station.work_on(done)

    def come_at(self, at: float, *numbers: int) -> "Shop":
        for number in numbers:
            self.timeline.at(at, lambda number=number: self.come(number))  # type: ignore[misc]
        return self

    def go_at(self, at: float, number: int) -> "Shop":
        self.timeline.at(at, lambda: self.station.abandon(self.jobs[number]))
        return self

    def run(self) -> "Shop":
        self.timeline.run()
        return self


def test_up_to_its_concurrency_each_takes_its_own_time() -> None:
    assert Shop(EVEN).come_at(0.0, 1, 2).come_at(5.0, 3).run().finished == [(1, 1.0), (2, 1.0), (3, 6.0)]


def test_beyond_it_all_share_its_strength() -> None:
    shop = Shop(EVEN).come_at(0.0, 1, 2, 3, 4).run()
    assert [at for _, at in shop.finished] == [2.0] * 4


def test_whoever_comes_late_slows_down_those_who_are_there() -> None:
    shop = Shop(Strength(concurrency=1, service_seconds=1.0, spread=0.0)).come_at(0.0, 1).come_at(0.5, 2).run()
    assert shop.finished == [(1, 1.5), (2, 2.0)]


def test_one_that_thrashes_is_slower_than_its_share() -> None:
    shop = Shop(Strength(concurrency=2, service_seconds=1.0, spread=0.0, thrash=2.0)).come_at(0.0, 1, 2, 3, 4).run()
    assert [at for _, at in shop.finished] == [4.0] * 4


def test_whoever_goes_leaves_room() -> None:
    shop = Shop(EVEN).come_at(0.0, 1, 2, 3, 4).go_at(1.0, 3).go_at(1.0, 4).run()
    assert shop.finished == [(1, 1.5), (2, 1.5)]
    assert shop.station.running == 0
    assert shop.station.completed == 2


def test_whoever_goes_twice_goes_once() -> None:
    shop = Shop(EVEN).come_at(0.0, 1, 2, 3).go_at(0.3, 3).go_at(0.6, 3).run()
    assert shop.finished == [(1, 1.1), (2, 1.1)]
    assert shop.station.running == 0


def test_some_work_on_for_those_who_have_gone() -> None:
    strength = Strength(concurrency=1, service_seconds=1.0, spread=0.0, finishes_abandoned=True)
    shop = Shop(strength).come_at(0.0, 1, 2).go_at(0.5, 1).run()
    assert shop.finished == [(2, 2.0)]
    assert shop.station.completed == 2


def test_it_is_full_at_its_concurrency_unless_it_admits_more() -> None:
    shop = Shop(EVEN)
    shop.come(1)
    assert not shop.station.is_full()
    shop.come(2)
    assert shop.station.is_full()
    patient = Shop(Strength(concurrency=1, service_seconds=1.0, admitted_max=3))
    patient.come(1)
    patient.come(2)
    assert not patient.station.is_full()


def test_its_rate_lets_a_burst_through_and_then_one_after_the_other() -> None:
    shop = Shop(Strength(concurrency=100, service_seconds=1.0, requests_per_minute=60, burst_seconds=3.0))
    assert shop.station.remaining == 3
    for number in range(3):
        assert shop.station.rate_wait_seconds == 0
        shop.come(number)
    assert shop.station.rate_wait_seconds == pytest.approx(1.0)
    assert shop.station.full_again_seconds == pytest.approx(3.0)
    shop.timeline.now = 0.75
    assert shop.station.rate_wait_seconds == pytest.approx(0.25)


def test_without_a_rate_nobody_waits_for_it() -> None:
    shop = Shop(EVEN)
    assert (shop.station.rate_wait_seconds, shop.station.full_again_seconds) == (0.0, 0.0)


def test_its_capacity_is_the_narrower_of_both() -> None:
    assert Strength(concurrency=200, service_seconds=2.0).per_second == 100
    assert Strength(concurrency=200, service_seconds=2.0, requests_per_minute=600).per_second == 10


def test_times_spread_around_their_mean() -> None:
    shop = Shop(Strength(concurrency=100_000, service_seconds=2.0, spread=0.5))
    shop.come_at(0.0, *range(5_000)).run()
    times = [at for _, at in shop.finished]
    assert sum(times) / len(times) == pytest.approx(2.0, rel=0.05)
    assert min(times) < 1.0
    assert max(times) > 4.0


@given(
    st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=40),
    st.integers(1, 4),
    st.sampled_from([1.0, 2.0]),
)
def test_everybody_is_finished_or_gone_and_nobody_is_left(
    visits: list[tuple[float, float]], concurrency: int, thrash: float
) -> None:
    shop = Shop(Strength(concurrency=concurrency, service_seconds=1.0, thrash=thrash))
    for number, (comes, stays) in enumerate(visits):
        shop.come_at(comes, number).go_at(comes + stays, number)
    shop.run()
    assert shop.station.running == 0
    assert len({number for number, _ in shop.finished}) == len(shop.finished) == shop.station.completed
