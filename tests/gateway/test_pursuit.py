"""Exchanges that another worker runs or ran: followed, taken over once, seamless for their callers."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway import pursuit
from mainstay.gateway.drafts.wishes import Wish, WishKind
from tests.gateway.kept_rig import KeptRig, answered, interrupted, kept_rig
from tests.gateway.rig import ANSWER
from tests.gateway.talk import ENDING, OPENING, WHOLE, rest, said, text_of


@pytest.fixture
def first(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


@pytest.fixture
def second(tmp_path: Path) -> Iterator[KeptRig]:
    """Another worker of the same machine."""
    yield from kept_rig(tmp_path / "state", worker=1)


def both(first: KeptRig, second: KeptRig, seconds: float = 0.5) -> None:
    """Time passes for both."""
    for _ in range(round(seconds * 4)):
        first.pass_seconds(0.25)
        second.pass_seconds(0.25)


def running(first: KeptRig, *, workload: str = "default") -> None:
    """An exchange of the first worker that has said three events."""
    first.start(first.job(workload=workload))
    first.streams(*WHOLE[:2])
    first.pass_seconds(0.25)


# -- what is over


@pytest.mark.parametrize("after", [0, 3, 7])
def test_what_another_worker_has_answered_is_given_by_any(first: KeptRig, second: KeptRig, after: int) -> None:
    whole = answered(first)
    caller = second.come_back(after)
    assert (caller.body, caller.end) == (rest(whole, after), "finish")
    assert dict(caller.headers)["x-mainstay-id"] == "ex_1"
    assert (second.attempts, second.resumption.pursuits) == ([], 0)
    assert first.world.files() != []


def test_a_whole_answer_too(first: KeptRig, second: KeptRig) -> None:
    first.start(first.job(stream=False, workload="must"))
    first.replies()
    assert second.come_back().answer.body == ANSWER
    assert second.standing().state == "complete"


def test_nobody_gets_events_that_there_are_not(first: KeptRig, second: KeptRig) -> None:
    answered(first)
    assert second.come_back(8).refusal == (400, "after_beyond_end")
    assert second.resumption.pursuits == 0


def test_what_its_caller_took_back_is_gone_everywhere(first: KeptRig, second: KeptRig) -> None:
    running(first)
    first.run().caller.cancel("cancelled")
    first.settle()
    assert second.come_back().refusal == (410, "exchange_gone")


def test_what_nobody_has_is_unknown(first: KeptRig, second: KeptRig) -> None:
    caller = second.come_back(identity="ex_never")
    assert caller.refusal == (404, "exchange_not_found")
    assert second.asks_how("ex_never").refusal == (404, "exchange_not_found")
    assert second.asks_how("../ex_never").refusal == (404, "exchange_not_found")
    assert (first.resumption.pursuits, second.resumption.pursuits) == (0, 0)


def test_what_was_sealed_with_another_key_is_said_to_be(first: KeptRig, second: KeptRig) -> None:
    answered(first)
    second.world.store._key = bytes(32)
    caller = second.come_back()
    assert caller.refusal == (410, "exchange_gone")
    assert "a key that this gateway does not have" in caller.faults[0].message


# -- what runs


def test_what_another_worker_runs_is_followed_to_its_end(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back(1)
    assert caller.body == rest(b"".join(WHOLE[:2]), 1)
    assert second.standing().state == "running"
    first.goes_on(WHOLE[2])
    both(first, second)
    assert caller.body == rest(b"".join(WHOLE[:3]), 1)
    first.goes_on(WHOLE[3])
    first.closes()
    both(first, second)
    assert (caller.body, caller.end) == (rest(b"".join(WHOLE), 1), "finish")
    assert (second.attempts, second.resumption.pursuits) == ([], 0)


def test_who_follows_before_anybody_has_answered_waits(first: KeptRig, second: KeptRig) -> None:
    first.start(first.job(workload="must"))
    caller = second.come_back()
    both(first, second)
    assert (caller.begun, caller.end) == (0, "")
    first.streams(*WHOLE)
    first.closes()
    both(first, second)
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")


def test_who_waits_for_a_whole_answer_is_given_it(first: KeptRig, second: KeptRig) -> None:
    first.start(first.job(stream=False, workload="must"))
    caller = second.come_back()
    both(first, second)
    assert caller.end == ""
    first.replies()
    both(first, second)
    assert caller.answer.body == ANSWER


def test_who_has_seen_a_little_more_than_is_on_disk_waits_for_it(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back(4)
    assert (caller.begun, caller.end) == (0, "")
    first.goes_on(*WHOLE[2:])
    both(first, second)
    assert (caller.body, caller.end) == (rest(b"".join(WHOLE), 4), "finish")


def test_who_has_seen_more_than_there_will_be_is_told_so(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back(99)
    both(first, second, 3.0)
    assert caller.refusal == (400, "after_beyond_end")
    assert second.resumption.pursuits == 0


def test_who_leaves_is_pursued_no_more(first: KeptRig, second: KeptRig) -> None:
    running(first)
    early, late = second.come_back(), second.come_back(99)
    early.leave()
    late.leave()
    both(first, second)
    assert second.resumption.pursuits == 0
    assert first.running == 1


def test_a_slow_caller_is_not_read_for(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back()
    caller.pause()
    first.goes_on(WHOLE[2])
    both(first, second)
    first.goes_on(WHOLE[3])
    both(first, second)
    assert caller.body == b"".join(WHOLE[:2])
    caller.resume()
    both(first, second)
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")


def test_only_so_many_are_pursued_at_once(first: KeptRig, second: KeptRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.gateway.resumption.PURSUITS_MAX", 1)
    running(first)
    second.come_back()
    assert second.come_back().refusal == (503, "draft_unavailable")


# -- what nobody goes on with any more


def test_what_was_interrupted_elsewhere_is_taken_over_and_gone_on_with(first: KeptRig, second: KeptRig) -> None:
    before = interrupted(first)
    caller = second.come_back()
    assert len(second.attempts) == 1
    second.streams(OPENING, said("world."), ENDING)
    assert caller.end == "finish"
    assert caller.body.startswith(before)
    assert text_of(caller.body) == "Hello world."
    assert (first.attempts, first.world.files(), len(second.world.files())) == ([], [], 1)


def test_it_is_taken_over_once_whoever_asks_and_where(first: KeptRig, second: KeptRig) -> None:
    interrupted(first)
    callers = [second.come_back(), second.come_back(1), first.come_back()]
    second.streams(OPENING, said("world."), ENDING)
    both(first, second)
    assert (len(second.attempts), len(first.attempts)) == (1, 0)
    assert [caller.end for caller in callers] == ["finish"] * 3
    assert callers[2].body == callers[0].body


def test_a_follower_goes_on_where_the_callers_of_another_worker_have_left(first: KeptRig, second: KeptRig) -> None:
    original = first.start()
    first.streams(*WHOLE[:2])
    first.pass_seconds(0.25)
    caller = second.come_back()
    assert caller.body == b"".join(WHOLE[:2])
    original.leave()
    both(first, second)
    assert first.running == 0
    assert len(second.attempts) == 1
    second.streams(OPENING, said("world."), ENDING)
    assert (caller.end, text_of(caller.body)) == ("finish", "Hello world.")
    second.closes()
    assert (second.resumption.pursuits, second.running) == (0, 0)


def test_a_follower_who_was_handed_over_is_still_a_listener(first: KeptRig, second: KeptRig) -> None:
    original = first.start()
    first.streams(*WHOLE[:2])
    first.pass_seconds(0.25)
    caller = second.come_back()
    original.leave()
    both(first, second)
    assert second.run().caller.listeners == 1
    caller.leave()
    second.settle()
    assert (second.running, second.outcome()) == (0, "left")


def test_a_follower_goes_on_where_another_worker_died(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back()
    first.be_killed()
    second.pass_seconds(0.5)
    assert len(second.attempts) == 1
    second.streams(OPENING, said("world."), ENDING)
    assert (caller.end, text_of(caller.body)) == ("finish", "Hello world.")
    first.be_born()
    first.resumption.pick_up()
    first.settle()
    assert first.attempts == []


def test_a_worker_that_was_started_again_does_not_vouch_for_its_former_life(first: KeptRig, second: KeptRig) -> None:
    running(first)
    first.be_killed()
    first.be_born()
    caller = second.come_back()
    second.streams(OPENING, said("world."), ENDING)
    assert (caller.end, text_of(caller.body)) == ("finish", "Hello world.")


def test_durable_work_that_its_worker_took_up_again_is_followed(first: KeptRig, second: KeptRig) -> None:
    running(first, workload="must")
    first.die()
    first.resumption.pick_up()
    first.settle()
    caller = second.come_back()
    first.streams(OPENING, said("world."), ENDING)
    both(first, second)
    assert (second.attempts, caller.end, text_of(caller.body)) == ([], "finish", "Hello world.")


def test_what_fails_elsewhere_is_tried_here(first: KeptRig, second: KeptRig) -> None:
    original = first.start()
    first.streams(*WHOLE[:2])
    first.pass_seconds(0.25)
    caller = second.come_back()
    while not original.end:
        first.breaks()
        first.clock.advance(10.0)
    assert original.end == "fail"
    both(first, second)
    second.streams(OPENING, said("world."), ENDING)
    assert (caller.end, text_of(caller.body)) == ("finish", "Hello world.")


def test_what_is_deleted_under_a_follower_is_no_clean_end(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back()
    first.runs._wished(Wish(WishKind.DELETE, "ex_1"))
    first.settle()
    both(first, second, pursuit.MISSES_MAX * 0.25 + 1.0)
    assert (caller.body, caller.end) == (b"".join(WHOLE[:2]), "abort")
    assert second.resumption.pursuits == 0


def test_what_was_lost_on_disk_is_no_clean_end(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back()
    first.run().draft.lose()
    first.settle()
    both(first, second)
    assert caller.end == "abort"
    assert second.come_back().refusal == (410, "exchange_gone")


def test_a_disk_that_does_not_let_it_come_here_is_said_to(first: KeptRig, second: KeptRig) -> None:
    interrupted(first)
    second.world.disk.refuses_to_rename = errno.EACCES
    caller = second.come_back()
    second.pass_seconds(pursuit.TAKES_MAX * 0.25 + 1.0)
    assert caller.refusal == (503, "draft_unavailable")
    assert (second.resumption.pursuits, len(first.world.files())) == (0, 1)
