"""Buses that tell each other what their processes learn."""

import asyncio
from collections import deque

import pytest

from mainstay.engine.breaker import BreakerState
from mainstay.engine.demand import USUAL_DEMAND
from mainstay.gateway.bus.bulletins import BULLETIN_BYTES_MAX, pack, read
from mainstay.gateway.bus.bus import (
    BULLETINS_PER_TURN,
    CHANGES_PER_SECOND_MAX,
    CROWD,
    HEARD_PER_TURN_MAX,
    SIGN_OF_LIFE_SECONDS,
    TURN_SECONDS,
)
from mainstay.model.catalogue import Candidate, Limits, Upstream
from mainstay.model.news import BreakerNews, HelloNews, MeterNews, News, OrderNews, TrustNews
from mainstay.model.orders import OrderKind
from tests.engine.routing.given import order
from tests.gateway.bus.rig import ALPHA, WALL, Process, TwoClocks, Wire

BOUND = Candidate(Upstream("alpha", "anthropic", "http://127.0.0.1", limits=Limits(concurrency=10)), "sonnet")


def pair(ahead: float = 0.0) -> tuple[Process, Process]:
    """Two processes on one wire that have said hello to each other."""
    wire, clock = Wire(), TwoClocks(1000.0)
    other = clock if not ahead else TwoClocks(5.0, ahead)
    first, second = Process("a/0", wire, clock), Process("a/1", wire, other)
    for _ in range(3):
        first.bus.turn()
        second.bus.turn()
        for one in {clock, other}:
            one.advance(1.5)
    first.end.sent.clear()
    second.end.sent.clear()
    return first, second


def told(process: Process) -> list[News]:
    """All that a process has told."""
    readings = [read(data) for data in process.end.sent]
    return [news for reading in readings if reading for news in reading.bulletin.news]


def meter(used: int) -> MeterNews:
    return MeterNews("tenant:a", "requests", "m1", "a/0", used)


# Health


def test_what_one_process_learns_the_other_knows_after_one_turn() -> None:
    first, second = pair()
    first.fails()
    first.is_throttled()
    first.bus.turn()
    assert second.state() is BreakerState.OPEN
    assert second.board.standing(ALPHA, second.clock.time()).reason == "throttled"
    assert second.bus.status().adopted == 2
    assert TURN_SECONDS <= 0.05, "which with the way there is far below the 200 ms that are promised"


def test_a_breaker_that_changed_by_hearsay_is_recorded() -> None:
    first, second = pair()
    first.fails()
    first.bus.turn()
    (record,) = second.records.breakers
    assert (record.upstream, record.model, record.credential) == ALPHA
    assert (record.state, record.reason, record.exchange) == ("open", "told by another process", "")
    assert record.at == second.clock.wall()
    assert first.records.kept == []


def test_hearsay_is_not_echoed() -> None:
    first, second = pair()
    first.fails()
    first.bus.turn()
    second.turns(3)
    assert [one for one in told(second) if isinstance(one, BreakerNews)] == []


def test_clocks_that_differ_by_an_hour_agree_on_how_long_a_breaker_is_open() -> None:
    first, second = pair(ahead=3600.0)
    first.fails()
    first.bus.turn()
    ours, theirs = first.board.breakers()[ALPHA], second.board.breakers()[ALPHA]
    left = (ours.until - first.clock.time(), theirs.until - second.clock.time())
    assert left[0] == pytest.approx(left[1], abs=0.01)


def test_changes_by_hearsay_are_recorded_up_to_a_bound_and_all_are_adopted() -> None:
    first, second = pair()
    keys = [ALPHA._replace(model=f"model-{number}") for number in range(CHANGES_PER_SECOND_MAX + 5)]
    for key in keys:
        first.fails(key)
    first.bus.turn()
    assert len(second.board.breakers()) == len(keys)
    assert len(second.records.breakers) == CHANGES_PER_SECOND_MAX
    assert second.bus.status().skipped == 5


# When it speaks


def test_without_news_it_gives_a_sign_of_life_now_and_then_and_nothing_else() -> None:
    first, _ = pair()
    first.turns(20)
    assert told(first) == []
    assert len(first.end.sent) == 20 * TURN_SECONDS / SIGN_OF_LIFE_SECONDS


def test_a_lost_bulletin_is_made_good_within_seconds() -> None:
    first, second = pair()
    second.end.is_cut = True
    first.fails()
    first.turns()
    second.end.is_cut = False
    assert second.state() is None
    first.turns(120)
    assert second.state() is BreakerState.OPEN


def test_a_newcomer_asks_and_is_told_everything_by_all() -> None:
    wire, clock = Wire(), TwoClocks()
    old = Process("a/0", wire, clock)
    old.fails()
    old.turns(40)
    late = Process("a/1", wire, clock)
    late.bus.turn()
    assert HelloNews() in told(late)
    old.bus.turn()
    assert late.state() is BreakerState.OPEN


def test_many_who_ask_get_one_answer_a_second() -> None:
    first, second = pair()
    first.fails()
    for _ in range(20):
        second.bus.ask_everything()
        second.turns()
        first.bus.turn()
    accounts = [one for one in told(first) if isinstance(one, BreakerNews)]
    assert len(accounts) == 2, "the news itself and one answer"


def test_whose_bulletins_were_lost_tells_everything_soon() -> None:
    first, second = pair()
    second.end.is_cut = True
    first.fails()
    first.turns()
    second.end.is_cut = False
    first.bus.tell_everything()
    first.bus.turn()
    assert second.state() is BreakerState.OPEN


def test_a_long_account_is_told_over_several_turns() -> None:
    first, _ = pair()
    first.meters.whole = [MeterNews("tenant:" + "x" * 250, "requests", "m1", "a/0", one) for one in range(2000)]
    first.bus.tell_everything()
    first.bus.turn()
    assert len(first.end.sent) == BULLETINS_PER_TURN
    assert all(len(data) <= BULLETIN_BYTES_MAX for data in first.end.sent)
    first.fails()
    first.bus.turn()
    assert isinstance(told(first)[-1], MeterNews)
    assert any(isinstance(one, BreakerNews) for one in told(first)), "fresh news do not wait behind it"
    first.turns(5)
    assert len([one for one in told(first) if isinstance(one, MeterNews)]) == 2000


# Meters


def test_meters_are_passed_on_with_the_wall_clock_of_who_hears_them() -> None:
    first, second = pair()
    first.meters.fresh = [meter(1), meter(2)]
    first.bus.turn()
    assert second.meters.merged == [([meter(1), meter(2)], second.clock.wall())]


def test_in_a_crowd_meters_are_told_less_often_but_health_as_soon_as_ever() -> None:
    first, second = pair()
    for number in range(4 * CROWD):
        first.bus.hear(pack(f"b/{number}", WALL, deque_of()), 0)
    for used in range(1, 9):
        first.meters.fresh.append(meter(used))
        first.turns()
    assert 1 <= len(second.meters.merged) <= 3
    first.fails()
    first.bus.turn()
    assert second.state() is BreakerState.OPEN


# Load


def runs(process: Process, attempts: int) -> None:
    """So many more attempts are under way there, at an upstream that bears ten."""
    for _ in range(attempts):
        process.board.capacity.hold(BOUND, ALPHA, USUAL_DEMAND, process.clock.time())
        process.board.capacity.take(BOUND, ALPHA, USUAL_DEMAND, process.clock.time())


def elsewhere(process: Process) -> int:
    (load,) = process.board.capacity.standing(process.clock.time()).upstreams
    return load.elsewhere


def test_what_is_under_way_in_one_process_the_other_knows_after_one_turn() -> None:
    first, second = pair(ahead=3600.0)
    runs(first, 3)
    runs(second, 1)
    first.bus.turn()
    second.bus.turn()
    assert (elsewhere(first), elsewhere(second)) == (1, 3)


def test_what_is_under_way_is_told_again_and_forgotten_when_it_is_told_no_more() -> None:
    first, second = pair()
    runs(first, 3)
    runs(second, 1)
    first.end.is_cut = True
    first.turns(2)
    first.end.is_cut = False
    assert elsewhere(second) == 0
    first.turns(200)
    assert elsewhere(second) == 3
    first.clock.advance(30.0)
    second.board.capacity.hold(BOUND, ALPHA, USUAL_DEMAND, second.clock.time())
    assert elsewhere(second) == 0


# Trust


def test_a_new_trust_bundle_goes_to_the_others_at_once_and_once() -> None:
    first, second = pair()
    for _ in range(2):
        first.bus.trust_changed(7, "bundle")
    first.bus.turn()
    assert told(first) == [TrustNews(7, "bundle")]
    assert second.offered == ["bundle"]


def test_who_is_behind_gets_the_bundle_after_the_regular_account() -> None:
    first, second = pair()
    second.bus.trust_changed(6, "old")
    second.adopts = 7
    first.end.is_cut = True
    first.bus.trust_changed(7, "bundle")
    first.turns()
    first.end.is_cut = False
    for _ in range(130):
        second.turns()
        first.bus.turn()
    assert second.offered == ["bundle"]


def test_a_newer_bundle_that_does_not_travel_by_bulletin_is_looked_for() -> None:
    first, second = pair()
    looked: list[bool] = []
    second.bus.on_newer_trust = lambda: looked.append(True)
    first.bus.trust_changed(7, "x" * 100_000)
    first.bus.turn()
    assert looked == [True]
    assert second.offered == []


# Who is there


def test_peers_are_those_who_were_heard() -> None:
    first, second = pair()
    second.bus.turn()
    assert first.bus.peers() == {"a/1": first.clock.time()}
    assert first.bus.heard_within(2.0) == {"a/1"}
    first.clock.advance(3.0)
    assert first.bus.heard_within(2.0) == frozenset()
    assert list(first.bus.peers()) == ["a/1"]
    first.clock.advance(60.0)
    assert first.bus.peers() == {}


def test_the_meters_learn_who_is_heard_and_whether_silence_means_anything() -> None:
    first, second = pair()
    second.bus.turn()
    first.turns()
    assert (first.meters.alive, first.meters.reachable) == (frozenset({"a/1"}), True)
    first.end.is_cut = True
    first.turns(50)
    assert (first.meters.alive, first.meters.reachable) == (frozenset(), False)


def deque_of(*news: News) -> deque[News]:
    return deque(news)


def test_its_own_bulletins_are_not_heard() -> None:
    first, _ = pair()
    first.bus.hear(pack("a/0", WALL, deque_of(meter(1))), 0)
    assert first.meters.merged == []
    assert "a/0" not in first.bus.peers()


# Bounds


def test_garbage_is_counted_and_does_no_harm() -> None:
    first, _ = pair()
    first.bus.hear(b"garbage", 0)
    forever = BreakerNews(*ALPHA, "open", 1, WALL + 1e6, WALL, WALL)
    first.bus.hear(pack("b/0", WALL, deque_of(forever)), 0)
    assert first.bus.status().garbage == 2
    assert first.state() is None


def test_a_flood_is_left_unread_until_the_next_turn() -> None:
    first, _ = pair()
    first.bus.turn()
    for _ in range(HEARD_PER_TURN_MAX + 10):
        first.bus.hear(pack("b/0", WALL, deque_of(meter(1))), 0)
    assert len(first.meters.merged) == HEARD_PER_TURN_MAX
    assert first.bus.status().skipped == 10
    first.bus.turn()
    first.bus.hear(pack("b/0", WALL, deque_of(meter(1))), 0)
    assert len(first.meters.merged) == HEARD_PER_TURN_MAX + 1


def test_it_takes_turns_by_itself_until_it_is_closed() -> None:
    async def story() -> tuple[Process, Process]:
        wire, clock = Wire(), TwoClocks()
        first, second = Process("a/0", wire, clock), Process("a/1", wire, clock)
        loop = asyncio.get_running_loop()
        first.bus.start(loop)
        second.bus.start(loop)
        first.fails()
        await second.records.written.wait()
        first.is_throttled()
        await first.bus.close()
        await second.bus.close()
        return first, second

    first, second = asyncio.run(story())
    assert second.board.gates(1000.0) != {}, "what was left to say was said"
    assert first.end.closed
    assert first.bus.status().trouble is None


# Orders


def test_an_order_is_told_with_the_next_turn() -> None:
    first, second = pair()
    drain = order(OrderKind.DRAIN, "alpha")
    first.orders.fresh.append(drain)
    first.bus.turn()
    assert second.orders.known == [drain]
    assert second.bus.status().adopted == 1
    first.orders.fresh.append(drain)
    first.bus.turn()
    assert second.bus.status().adopted == 1, "an account that is known is no change"


def test_whoever_was_away_hears_of_every_order_with_the_whole_account() -> None:
    wire, clock = Wire(), TwoClocks()
    first = Process("a/0", wire, clock)
    first.orders.known = [order(OrderKind.DRAIN, "alpha"), order(OrderKind.PIN, "beta", ended_at=1.0)]
    first.turns(200)
    late = Process("b/0", wire, clock)
    late.bus.turn()
    first.turns(60)
    assert late.orders.known == first.orders.known


def test_an_order_that_makes_no_sense_costs_only_itself() -> None:
    first, second = pair()
    bad = order(OrderKind.DRAIN, "alpha", reason="")
    first.end.publish(pack("a/0", WALL + 10, deque[News]([OrderNews(bad), meter(5)])))
    assert second.orders.known == []
    assert second.bus.status().garbage == 1
    assert len(second.meters.merged) == 1
