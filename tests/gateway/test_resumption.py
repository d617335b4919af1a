"""Callers who come back: what was delivered is given again, and what is missing is gone on with."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.kept_caller import CANCELLED, WAITING_BYTES_MAX
from tests.gateway.kept_rig import SIMULATED, KeptRig, answered, interrupted, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import ANSWER
from tests.gateway.talk import ENDING, OPENING, WHOLE, rest, said, text_of


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


# -- what was delivered is given again


@pytest.mark.parametrize("after", [0, 1, 3, 6, 7])
def test_a_whole_answer_is_given_again_from_any_event_on(rig: KeptRig, after: int) -> None:
    whole = answered(rig)
    caller = rig.come_back(after)
    assert (caller.body, caller.end, caller.begun) == (rest(whole, after), "finish", 200)
    assert len(rig.attempts) == 1, "nobody is asked for what is there"


def test_a_resumed_stream_says_what_it_is(rig: KeptRig) -> None:
    answered(rig)
    headers = rig.come_back().headers
    assert dict(headers) == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-mainstay-id": "ex_1",
        "x-mainstay-simulated": SIMULATED,
        "x-mainstay-upstream": "alpha",
        "x-mainstay-model": "claude",
        "x-mainstay-attempts": "1",
    }
    assert len(headers) == 7


def test_a_running_stream_says_the_same(rig: KeptRig) -> None:
    first = rig.start()
    rig.streams(*WHOLE[:2])
    headers = rig.come_back().headers
    assert dict(headers) == {
        **dict(first.headers),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
    }


def test_a_durable_plain_answer_is_given_again(rig: KeptRig) -> None:
    caller = rig.start(rig.job(stream=False, workload="must"))
    rig.replies()
    again = [rig.come_back(), rig.come_back()]
    assert [one.answer for one in again] == [caller.answer, caller.answer]
    assert caller.answer.body == ANSWER
    assert len(rig.attempts) == 1


# -- what is missing is gone on with


def test_what_its_caller_left_is_gone_on_with(rig: KeptRig) -> None:
    before = interrupted(rig)
    caller = rig.come_back(3)
    assert (caller.body, caller.end) == (b"", "")
    assert msgspec.json.decode(rig.attempt.command.body)["messages"][-1] == {"role": "assistant", "content": "Hello"}
    rig.streams(OPENING, said(" world."), ENDING)
    rig.closes()
    assert caller.end == "finish"
    assert text_of(before + caller.body) == "Hello world."
    assert rig.kept().data == before + caller.body
    assert (rig.outcome(), rig.running) == ("answered", 0)
    assert rig.come_back(3).body == caller.body


def test_a_caller_may_come_back_the_moment_it_left(rig: KeptRig) -> None:
    first, second = rig.start(), Listener()
    rig.streams(*WHOLE[:2])
    first.leave()
    rig.resumption.stream("ex_1", 2, second, second.refuse)
    rig.settle()
    assert (second.faults, second.body) == ([], said("Hello "))
    assert len(rig.attempts) == 2


def test_what_nobody_had_answered_yet_begins_anew(rig: KeptRig) -> None:
    rig.start().leave()
    rig.settle()
    caller = rig.come_back()
    assert (len(rig.attempts), caller.begun) == (2, 0)
    rig.streams(*WHOLE)
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")


def test_what_lacks_nothing_but_its_end_needs_nobody(rig: KeptRig) -> None:
    first = rig.start()
    rig.streams(*WHOLE[:3])
    first.leaves_when_sent = True
    rig.goes_on(ENDING)
    assert (first.end, rig.outcome()) == ("left", "left")
    caller = rig.come_back()
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")
    assert (len(rig.attempts), rig.outcome(), rig.running) == (1, "answered", 0)


def test_the_last_words_of_a_failure_are_not_kept_and_a_resume_goes_on_before_them(rig: KeptRig) -> None:
    caller = rig.start()
    rig.streams(*WHOLE[:2])
    while not caller.end:
        rig.breaks()
        rig.clock.advance(10.0)
    assert caller.end == "fail"
    assert caller.body != b"".join(WHOLE[:2])
    assert (rig.kept().data, rig.outcome()) == (b"".join(WHOLE[:2]), "failed")
    again = rig.come_back(3)
    rig.streams(OPENING, said(" world."), ENDING)
    assert (again.end, text_of(rig.kept().data)) == ("finish", "Hello world.")
    assert b"error" not in rig.kept().data


@pytest.mark.parametrize("times", [1, 2, 3])
def test_it_may_be_gone_on_with_again_and_again(rig: KeptRig, times: int) -> None:
    interrupted(rig)
    for number in range(times):
        caller = rig.come_back()
        rig.streams(OPENING, said(f" {number}"))
        caller.leave()
        rig.settle()
        assert rig.outcome() == "left"
    caller = rig.come_back()
    rig.streams(OPENING, said(" end."), ENDING)
    assert text_of(caller.body) == "Hello " + "".join(f"{number} " for number in range(times)) + "end."
    assert len(rig.kept().picked_up) == times + 1


# -- several who listen


def test_two_followers_of_one_revived_exchange_get_the_same(rig: KeptRig) -> None:
    interrupted(rig)
    first, second = rig.come_back(), rig.come_back(2)
    rig.streams(OPENING, said(" world."))
    third = rig.come_back(3)
    rig.goes_on(ENDING)
    assert len(rig.attempts) == 1
    assert [one.end for one in (first, second, third)] == ["finish"] * 3
    assert text_of(first.body) == "Hello world."
    assert (second.body, third.body) == (rest(first.body, 2), rest(first.body, 3))


def test_the_last_follower_who_leaves_ends_what_is_not_durable(rig: KeptRig) -> None:
    interrupted(rig)
    first, second = rig.come_back(), rig.come_back()
    rig.streams(OPENING, said(" world."))
    first.leave()
    rig.settle()
    assert (rig.running, rig.outcome()) == (1, "")
    second.leave()
    rig.settle()
    assert rig.attempt.cancelled
    assert (rig.outcome(), rig.running, rig.runs.get("ex_1")) == ("left", 0, None)


def test_a_follower_who_leaves_takes_nothing_from_the_caller_who_began(rig: KeptRig) -> None:
    caller = rig.start()
    rig.streams(*WHOLE[:2])
    rig.come_back().leave()
    rig.goes_on(*WHOLE[2:])
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")


def test_a_follower_keeps_alive_what_the_caller_who_began_has_left(rig: KeptRig) -> None:
    caller = rig.start()
    rig.streams(*WHOLE[:2])
    follower = rig.come_back(1)
    caller.leave()
    rig.goes_on(*WHOLE[2:])
    assert (follower.body, follower.end) == (rest(b"".join(WHOLE), 1), "finish")


def test_durable_work_runs_on_without_anybody(rig: KeptRig) -> None:
    interrupted(rig, workload="must")
    caller = rig.come_back()
    caller.leave()
    rig.streams(OPENING, said(" world."), ENDING)
    rig.closes()
    assert (rig.outcome(), text_of(rig.kept().data)) == ("answered", "Hello world.")


def test_who_follows_before_anybody_has_answered_waits(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    early = rig.come_back()
    assert (early.begun, early.end) == (0, "")
    rig.streams(*WHOLE)
    assert (early.body, early.end) == (b"".join(WHOLE), "finish")


def test_who_follows_what_becomes_a_whole_answer_is_given_that(rig: KeptRig) -> None:
    first = rig.start(rig.job(stream=False, workload="must"))
    early, run = rig.come_back(), rig.run()
    rig.replies()
    assert early.answer == first.answer
    assert (rig.running, run.caller.listeners) == (0, 0)


@pytest.mark.parametrize("after", [0, 99])
def test_who_leaves_before_anybody_has_answered_is_given_nothing(rig: KeptRig, after: int) -> None:
    first = rig.start(rig.job(workload="must"))
    early = rig.come_back(after)
    early.leave()
    rig.streams(*WHOLE)
    assert (early.begun, early.body, early.faults, first.end) == (0, b"", [], "finish")


def test_one_who_waits_alone_for_a_revived_exchange_ends_it_by_leaving(rig: KeptRig) -> None:
    rig.start().leave()
    rig.settle()
    rig.come_back().leave()
    rig.settle()
    assert (rig.attempt.cancelled, rig.outcome(), rig.running) == (True, "left", 0)


def test_a_follower_of_what_fails_is_told_so(rig: KeptRig) -> None:
    before = interrupted(rig)
    caller = rig.come_back()
    for _ in range(9):
        if not caller.end:
            rig.breaks()
            rig.clock.advance(10.0)
            rig.settle()
    assert (rig.outcome(), caller.end) == ("failed", "fail")
    assert caller.body.startswith(before + b"event: error\n")
    assert rig.kept().data == before, "the last words are not kept"


def test_a_follower_of_what_is_cancelled_is_not_told_a_clean_end(rig: KeptRig) -> None:
    interrupted(rig, workload="must")
    caller = rig.come_back()
    rig.run().caller.cancel(CANCELLED)
    rig.settle()
    assert (caller.body, caller.end) == (b"".join(WHOLE[:2]), "abort")


# -- a slow caller of durable work


def test_a_slow_caller_of_durable_work_is_let_go_and_the_work_goes_on(rig: KeptRig) -> None:
    caller = rig.start(rig.job(workload="must"))
    caller.pauses_when_sent = True
    much = said("x" * (WAITING_BYTES_MAX // 16))
    rig.streams(OPENING, *[much] * 16)
    assert caller.end == ""
    assert caller.body == OPENING + much
    rig.goes_on(much)
    assert caller.end == "abort"
    assert not rig.attempt.paused
    rig.goes_on(ENDING)
    assert rig.outcome() == "answered"
    again = rig.come_back(3)
    assert again.end == "finish"
    assert again.body == much * 16 + ENDING


def test_a_slow_caller_of_durable_work_who_catches_up_misses_nothing(rig: KeptRig) -> None:
    caller = rig.start(rig.job(workload="must"))
    caller.pauses_when_sent = True
    rig.streams(*WHOLE)
    assert (caller.body, caller.end) == (b"".join(WHOLE[:2]), "")
    caller.resume()
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")
