"""Caching and coalescing around real drafts, between doubles."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.cache.service import FOLLOWS_MAX, Caching
from mainstay.gateway.driver import Caller
from mainstay.gateway.runs import Job
from mainstay.gateway.visits import Answered
from mainstay.model.catalogue import CacheRule
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.model.identity import Identity
from mainstay.model.ports import Dialect
from tests.gateway.cache.shelves import MemoryShelf
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import ANSWER
from tests.gateway.talk import ENDING, OPENING, WHOLE, said, text_of

RULE = CacheRule(ttl_seconds=60.0, stale_if_error_seconds=600.0, every=True)
EXPENSIVE = Fault(FaultKind.ALLOWANCE, "no more today", status=429, code="allowance")


class House:
    """One worker with a cache."""

    def __init__(self, rig: KeptRig) -> None:
        self.rig = rig
        self.shelf = MemoryShelf()
        self.refusal: Fault | None = None
        self.admitted: list[Identity] = []
        self.started: list[Job] = []
        self.not_started: Fault | None = None
        self.caching = Caching(rig.runs, rig.resumption, self.shelf, self._admit)

    def ask(
        self,
        *,
        stream: bool = True,
        wish: str = "",
        rule: CacheRule | None = RULE,
        tenant: str = "local",
        seconds: float | None = None,
        caching: Caching | None = None,
    ) -> Listener:
        job = self.rig.job(stream=stream)
        workload = msgspec.structs.replace(job.menu.workload, cache=rule)
        menu = msgspec.structs.replace(job.menu, workload=workload)
        job = msgspec.structs.replace(job, menu=menu, identity=Identity(tenant), deadline_seconds=seconds)
        caller = Listener()
        (caching or self.caching).serve(job, wish, caller, caller.refuse, self._start, may_mark=True)
        self.rig.settle()
        return caller

    def answered(self, *, stream: bool = True) -> Listener:
        """A request whose answer is kept."""
        caller = self.ask(stream=stream)
        self.whole(stream=stream)
        return caller

    def whole(self, *, stream: bool = True) -> None:
        if stream:
            self.rig.streams(*WHOLE)
            self.rig.closes()
        else:
            self.rig.replies()

    def turn(self) -> None:
        """What is to be done in a later turn is done."""
        self.rig.clock.advance(0.0)
        self.rig.settle()

    def _start(self, job: Job, caller: Caller, otherwise: Answered) -> None:
        self.started.append(job)
        if self.not_started is not None:
            otherwise(self.not_started)
        else:
            self.rig.runs.start(job, caller)

    def _admit(self, identity: Identity, _dialect: Dialect) -> Fault | None:
        self.admitted.append(identity)
        return self.refusal


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path)


@pytest.fixture
def house(rig: KeptRig) -> House:
    return House(rig)


def mark(caller: Listener) -> str | None:
    headers: Headers = caller.answer.headers if caller.replies else caller.headers
    found = [value for name, value in headers if name == "x-mainstay-cache"]
    assert len(found) <= 1, "one word about the cache"
    return found[0] if found else None


@pytest.mark.parametrize("stream", [False, True])
def test_asked_again_it_gives_the_same_answer_and_asks_nobody(house: House, *, stream: bool) -> None:
    first = house.answered(stream=stream)
    again = house.ask(stream=stream)
    house.rig.clock.advance(5.0)
    assert (mark(first), mark(again)) == ("miss", "hit")
    assert (again.end, len(house.rig.attempts)) == ("finish" if stream else "reply", 1)
    if stream:
        assert again.body == first.body == b"".join(WHOLE)
    else:
        assert again.answer.body == first.answer.body == ANSWER
    record = house.rig.exchanges[-1]
    assert (record.cache, record.repeats, record.outcome) == ("hit", house.rig.exchanges[0].id, "answered")
    assert house.shelf.keep_seconds == [660.0]


def test_a_hit_counts_as_a_request(house: House) -> None:
    house.answered()
    assert house.admitted == []
    house.refusal = EXPENSIVE
    assert house.ask().refusal == (429, "allowance")
    assert house.admitted == [Identity("local")]


def test_what_has_expired_is_asked_for_anew_and_kept_anew(house: House) -> None:
    house.answered(stream=False)
    house.rig.clock.advance(61.0)
    again = house.ask(stream=False)
    house.whole(stream=False)
    assert (mark(again), len(house.rig.attempts)) == ("miss", 2)
    assert mark(house.ask(stream=False)) == "hit"


def test_what_has_expired_stands_in_where_nobody_answers(house: House) -> None:
    house.answered(stream=False)
    house.rig.clock.advance(61.0)
    again, other = house.ask(stream=False), house.ask(stream=False)
    for _ in range(3):
        if not again.end:
            house.rig.replies(503)
            house.rig.clock.advance(20.0)
            house.rig.settle()
    assert [mark(one) for one in (again, other)] == ["stale", "stale"]
    assert again.answer.body == other.answer.body == ANSWER
    assert len(house.shelf.keep_seconds) == 1, "what stood in is not kept anew"


def test_beyond_that_it_is_of_no_use(house: House) -> None:
    house.answered(stream=False)
    house.rig.clock.advance(661.0)
    again = house.ask(stream=False)
    for _ in range(3):
        if not again.end:
            house.rig.replies(503)
            house.rig.clock.advance(20.0)
            house.rig.settle()
    assert again.answer.status == 503


def test_a_new_answer_is_asked_for_and_kept(house: House) -> None:
    house.answered(stream=False)
    refreshed = house.ask(stream=False, wish="refresh")
    house.whole(stream=False)
    assert (mark(refreshed), len(house.rig.attempts), len(house.shelf.keep_seconds)) == ("miss", 2, 2)


@pytest.mark.parametrize(("wish", "rule"), [("off", RULE), ("", None), ("", CacheRule(60.0))])
def test_others_have_nothing_to_do_with_it(house: House, wish: str, rule: CacheRule | None) -> None:
    house.answered(stream=False)
    other = house.ask(stream=False, wish=wish, rule=rule)
    house.whole(stream=False)
    assert (mark(other), len(house.rig.attempts), len(house.shelf.keep_seconds)) == (None, 2, 1)
    assert house.started[-1].slot is None


def test_without_a_cache_nothing_is_kept_and_a_wish_is_refused(house: House) -> None:
    bare = Caching(house.rig.runs, house.rig.resumption, None, house._admit)
    assert house.ask(caching=bare, wish="repeatable").refusal == (400, "cache_unavailable")
    caller = house.ask(caching=bare, stream=False)
    house.whole(stream=False)
    assert (mark(caller), bare.status()) == (None, None)


def test_another_tenant_gets_nothing_of_it(house: House) -> None:
    house.answered(stream=False)
    other = house.ask(stream=False, tenant="other")
    house.whole(stream=False)
    assert (mark(other), len(house.rig.attempts)) == ("miss", 2)


def test_an_answer_of_somebody_who_may_not_serve_any_more_is_none(house: House) -> None:
    house.answered(stream=False)
    ((name, answer),) = house.shelf.kept.items()
    house.shelf.kept[name] = msgspec.structs.replace(answer, upstream="former")
    house.ask(stream=False)
    assert len(house.rig.attempts) == 2
    house.whole(stream=False)


def test_who_leaves_while_we_look_is_not_served(house: House) -> None:
    house.answered(stream=False)
    house.shelf.is_slow = True
    caller = house.ask(stream=False)
    caller.leave()
    (found,) = house.shelf.waiting
    found()
    house.rig.settle()
    assert len(house.rig.exchanges) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_fifty_at_once_are_one_call(house: House, *, stream: bool) -> None:
    callers = [house.ask(stream=stream) for _ in range(50)]
    assert len(house.rig.attempts) == 1
    house.whole(stream=stream)
    assert [mark(one) for one in callers] == ["miss"] + ["coalesced"] * 49
    assert {one.body if stream else one.answer.body for one in callers} == {b"".join(WHOLE) if stream else ANSWER}
    records = [one for one in house.rig.exchanges if one.cache == "coalesced"]
    assert (len(records), len(house.rig.exchanges), len(house.shelf.kept)) == (49, 50, 1)
    assert {one.repeats for one in records} == {"ex_1"}
    assert len(house.admitted) == 49


def test_fifty_who_wait_for_the_shelf_are_one_call_too(house: House) -> None:
    house.shelf.is_slow = house.shelf.is_shared = True
    callers = [house.ask(stream=False) for _ in range(50)]
    for found in house.shelf.waiting:
        found()
    house.rig.settle()
    house.whole(stream=False)
    assert (len(house.rig.attempts), len([one for one in callers if one.end == "reply"])) == (1, 50)


def test_who_comes_in_the_middle_hears_it_from_the_beginning(house: House) -> None:
    first = house.ask()
    house.rig.streams(OPENING, said("Hello "))
    late = house.ask()
    assert late.body == OPENING + said("Hello ")
    house.rig.goes_on(said("world."), ENDING)
    house.rig.closes()
    assert first.body == late.body
    assert text_of(late.body) == "Hello world."


def test_a_leader_that_leaves_hands_over(house: House) -> None:
    first, second = house.ask(), house.ask()
    house.rig.streams(OPENING, said("Hello "))
    first.leave()
    house.rig.settle()
    assert not house.rig.attempt.cancelled
    house.rig.goes_on(said("world."), ENDING)
    house.rig.closes()
    assert (second.end, text_of(second.body)) == ("finish", "Hello world.")
    assert len(house.shelf.kept) == 1


def test_when_all_have_left_the_upstream_is_left(house: House) -> None:
    callers = [house.ask() for _ in range(3)]
    house.rig.streams(OPENING, said("Hello "))
    for one in callers:
        one.leave()
    house.rig.settle()
    assert house.rig.attempt.cancelled
    assert house.rig.running == 0
    assert house.shelf.kept == {}


def test_a_slow_reader_hurts_nobody(house: House) -> None:
    slow, quick = house.ask(), house.ask()
    house.rig.streams(OPENING)
    slow.pause()
    house.rig.goes_on(said("Hello "), said("world."), ENDING)
    house.rig.closes()
    assert (quick.end, slow.end) == ("finish", "")
    slow.resume()
    house.rig.settle()
    assert (slow.end, slow.body) == ("finish", quick.body)


def test_who_must_be_answered_sooner_asks_for_himself(house: House) -> None:
    house.ask(stream=False)
    house.ask(stream=False, seconds=5.0)
    assert len(house.rig.attempts) == 2
    house.whole(stream=False)
    first = house.rig.attempts.pop(0)
    house.rig.attempts.append(first)
    house.whole(stream=False)


@pytest.mark.parametrize("status", [400, 422])
def test_an_error_that_the_request_deserves_is_everybody_s(house: House, status: int) -> None:
    callers = [house.ask(stream=False) for _ in range(3)]
    house.rig.replies(status, b'{"type":"error","error":{"type":"invalid_request_error","message":"no"}}')
    house.turn()
    assert {one.answer.status for one in callers} == {status}
    assert len(house.rig.attempts) == 1


def test_a_leader_s_failure_makes_no_herd(house: House) -> None:
    callers = [house.ask(stream=False) for _ in range(20)]
    exchanges = 0
    while not all(one.end for one in callers):
        exchanges += 1
        assert exchanges < 20
        house.rig.replies(500, b"{}")
        house.turn()
        house.rig.clock.advance(30.0)
        house.rig.settle()
    leaders = [one for one in house.rig.exchanges if not one.cache]
    assert len(leaders) == FOLLOWS_MAX
    assert {one.answer.status for one in callers} == {500}


def test_who_followed_in_vain_is_served_by_the_next(house: House) -> None:
    first, *others = [house.ask(stream=False) for _ in range(5)]
    attempts = len(house.rig.attempts)
    while not first.end:
        house.rig.replies(500, b"{}")
        house.rig.clock.advance(30.0)
        house.rig.settle()
        attempts = max(attempts, len(house.rig.attempts))
    house.turn()
    house.whole(stream=False)
    assert first.answer.status == 500
    assert {one.answer.status for one in others} == {200}
    assert sorted(str(mark(one)) for one in others) == ["coalesced"] * 3 + ["miss"]


def test_who_is_refused_is_told_and_leads_nobody(house: House) -> None:
    house.not_started = EXPENSIVE
    assert house.ask().refusal == (429, "allowance")
    house.not_started = None
    house.ask()
    assert len(house.rig.attempts) == 1
    house.whole()


def test_where_no_drafts_are_kept_each_asks_for_himself_and_is_kept(tmp_path: Path) -> None:
    for rig in kept_rig(tmp_path, keeps=False):
        house = House(rig)
        first, second = house.ask(stream=False), house.ask(stream=False)
        assert len(rig.attempts) == 2
        house.whole(stream=False)
        assert (mark(second), second.answer.body) == ("miss", ANSWER)
        assert mark(house.ask(stream=False)) == "hit"
        first.leave()


def test_a_gateway_that_must_stop_says_so(house: House) -> None:
    callers = [house.ask(stream=False) for _ in range(3)]
    house.rig.runs.drain()
    house.turn()
    assert {one.end for one in callers} == {"fault"}
    assert {one.refusal for one in callers} == {(503, "drained")}


SHED = Fault(FaultKind.SHED, "too much to do", status=503, code="shed")


@pytest.mark.parametrize("stream", [False, True])
def test_who_is_turned_away_gets_what_has_expired(house: House, *, stream: bool) -> None:
    house.answered(stream=stream)
    house.rig.clock.advance(100.0)
    house.not_started = SHED
    again = house.ask(stream=stream)
    house.rig.clock.advance(5.0)
    assert (mark(again), again.end) == ("stale", "finish" if stream else "reply")
    record = house.rig.exchanges[-1]
    assert (record.cache, record.outcome) == ("stale", "answered")
    assert record.degraded == "turned away (shed): an answer of 100 seconds ago"


def test_who_is_turned_away_and_has_nothing_to_fall_back_on_hears_why(house: House) -> None:
    house.not_started = SHED
    assert house.ask().faults == [SHED]


def test_what_has_expired_is_no_answer_for_who_has_used_his_allowance(house: House) -> None:
    house.answered()
    house.rig.clock.advance(100.0)
    house.not_started = EXPENSIVE
    assert house.ask().faults == [EXPENSIVE]
