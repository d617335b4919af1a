"""Configured concurrency, here and elsewhere."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.capacity.pool import HEARING_SECONDS, Pool
from mainstay.engine.peers import Peers
from mainstay.model.catalogue import Limits
from mainstay.model.news import LoadNews
from tests.engine.capacity.words import USUAL, WALL, Use, demand, peers

TEN = Limits(concurrency=10)
SHARED = Limits(concurrency=10, reserved=(("agents", 0.5),))
AGENTS = demand("agents")


class Processes:
    """Gateways that share one upstream; a test says when they hear each other."""

    def __init__(self, count: int, limits: Limits) -> None:
        names = [f"a/{number}" for number in range(count)]
        self.names = names
        self.all: list[Use] = []
        for name in names:
            others = Peers(name)
            others.heard(names, WALL)
            self.all.append(Use(Capacity(others), limits))
        self._turn = 0

    def tell(self, now: float) -> None:
        """Everybody hears everybody."""
        self._turn += 1
        for node, one in zip(self.names, self.all, strict=True):
            for news in one.capacity.take_news(WALL + self._turn):
                for other in self.all:
                    if other is not one:
                        assert other.capacity.adopt_load(node, news, now)

    @property
    def running(self) -> int:
        return sum(len(one.under_way) for one in self.all)


def test_alone_a_process_uses_the_whole_limit_and_no_more() -> None:
    use = Use(Capacity(), TEN)
    assert use.fill() == 10
    assert use.ready_at() == inf, "when another attempt ends"
    assert use.reason() == "10 attempts are the upstream's limit; 10 are under way"
    use.end()
    assert use.fill() == 1


def test_two_models_of_one_upstream_share_its_limit() -> None:
    capacity = Capacity()
    sonnet, haiku = Use(capacity, TEN), Use(capacity, TEN, key=Use(capacity).key._replace(model="haiku"))
    assert sonnet.fill(most=4) == 4
    assert haiku.fill() == 6


def test_two_processes_that_begin_at_once_fill_the_limit_and_not_twice_the_limit() -> None:
    both = Processes(2, TEN)
    assert [one.fill() for one in both.all] == [5, 5]


def test_what_others_do_not_use_is_borrowed_in_parts() -> None:
    both = Processes(2, TEN)
    first, second = both.all
    now = 0.0
    counts = []
    while len(first.under_way) < 10:
        counts.append(first.fill(at=now))
        now += HEARING_SECONDS
        both.tell(now)
    assert counts == [5, 2, 1, 1, 1]
    assert now < 1.0
    assert second.reason(at=now) == "10 attempts are the upstream's limit; 0 are under way, 10 at other processes"
    assert second.ready_at(at=now) == now + HEARING_SECONDS


def test_who_comes_and_goes_around_his_share_can_still_borrow() -> None:
    both = Processes(2, TEN)
    first, now = both.all[0], 0.0
    most = 0
    for _ in range(100):
        first.fill(at=now)
        most = max(most, len(first.under_way))
        first.end(at=now)
        both.tell(now)
        now += 0.05
    assert most == 10


def test_who_has_less_than_his_share_goes_before_who_has_more() -> None:
    both = Processes(2, TEN)
    first, second = both.all
    now = 0.0
    while len(first.under_way) < 10:
        first.fill(at=now)
        now += HEARING_SECONDS
        both.tell(now)
    for _ in range(50):
        second.start(at=now)
        both.tell(now)
        if len(first.under_way) > 5:
            first.end(at=now)
        first.start(at=now)
        now += HEARING_SECONDS
        both.tell(now)
    assert (len(first.under_way), len(second.under_way)) == (5, 5)


def test_a_share_is_at_least_one_however_many_processes_there_are() -> None:
    many = Processes(5, Limits(concurrency=2))
    now = 0.0
    for _ in range(10):
        for one in many.all:
            one.start(at=now)
            many.tell(now)
        now += HEARING_SECONDS
        assert many.running == 2
        next(one for one in many.all if one.under_way).end(at=now)
        many.tell(now)
    assert many.running == 1


def test_who_cannot_be_heard_keeps_his_share() -> None:
    known = peers("a/1")
    use = Use(Capacity(known), TEN)
    use.capacity.adopt_load("a/1", LoadNews("alpha", 1, WALL), 0.0)
    known.heard([], WALL + 1.0)
    assert known.careful
    assert sum(use.fill(at=now * HEARING_SECONDS) for now in range(10)) == 5


def test_within_our_own_share_we_stop_where_others_and_the_silent_leave_no_room() -> None:
    known = peers("a/1", "a/2")
    use = Use(Capacity(known), TEN)
    use.capacity.adopt_load("a/1", LoadNews("alpha", 6, WALL), 0.0)
    known.heard(["a/1"], WALL + 1.0)
    assert known.careful
    assert use.fill() == 1, "six are under way, and three may be"


def test_strangers_are_not_believed() -> None:
    capacity = Capacity(peers("a/1"))
    assert not capacity.adopt_load("b/7", LoadNews("alpha", 1_000, WALL), 0.0)
    assert Use(capacity, TEN).fill() == 5


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), max_size=120), st.integers(1, 12))
def test_as_far_as_they_hear_each_other_they_never_exceed_the_limit(
    steps: list[tuple[int, bool, bool]], limit: int
) -> None:
    three = Processes(3, Limits(concurrency=limit, reserved=(("agents", 0.4),)))
    now = 0.0
    for number, starts, is_agent in steps:
        one = three.all[number]
        if starts:
            one.start(AGENTS if is_agent else USUAL, at=now)
        elif one.under_way:
            one.end(at=now)
        three.tell(now)
        now += HEARING_SECONDS / 2
        assert three.running <= limit
    for one in three.all:
        while one.under_way:
            one.end(at=now)
    three.tell(now)
    for one in three.all:
        (row,) = one.capacity.standing(now).upstreams[:1] or [None]
        assert row is None or (row.running, row.elsewhere) == (0, 0)


@given(st.integers(2, 6), st.integers(1, 40))
def test_a_burst_everywhere_that_nobody_hears_of_stays_within_the_limit(count: int, limit: int) -> None:
    many = Processes(count, Limits(concurrency=limit))
    for one in many.all:
        one.fill()
    assert many.running <= max(limit, count), "one each, where there are more processes than places"


def test_a_reserved_share_counts_over_all_processes() -> None:
    both = Processes(2, SHARED)
    first, second = both.all
    now = 0.0
    for _ in range(10):
        first.fill(USUAL, at=now)
        both.tell(now)
        second.fill(USUAL, at=now)
        now += HEARING_SECONDS
        both.tell(now)
    assert both.running == 5
    for _ in range(10):
        first.fill(AGENTS, at=now)
        both.tell(now)
        second.fill(AGENTS, at=now)
        now += HEARING_SECONDS
        both.tell(now)
    assert both.running == 10


def test_news_are_told_once_and_whole_accounts_always() -> None:
    use = Use(Capacity(peers("a/1")), SHARED)
    assert use.capacity.take_news(WALL) == []
    use.fill(most=2)
    use.start(AGENTS)
    assert set(use.capacity.take_news(WALL)) == {
        LoadNews("alpha", 2, WALL),
        LoadNews("alpha", 1, WALL, workload="agents"),
    }
    assert use.capacity.take_news(WALL) == []
    assert len(use.capacity.everything(WALL)) == 2
    for _ in range(3):
        use.end()
    assert set(use.capacity.take_news(WALL)) == {
        LoadNews("alpha", 0, WALL),
        LoadNews("alpha", 0, WALL, workload="agents"),
    }


def test_an_upstream_without_a_limit_is_told_to_nobody() -> None:
    use = Use(Capacity(peers("a/1")))
    use.start()
    assert use.capacity.take_news(WALL) == []
    assert use.capacity.everything(WALL) == []


def test_a_pool_without_limits_knows_of_nobody() -> None:
    assert Pool("alpha").known_elsewhere(None) == 0
