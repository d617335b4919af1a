"""Exchanges of other replicas, with a disk of their own and a shared store between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway.drafts.mirror import AWAY_SECONDS, COPY_BYTES_MAX, DOUBT_SECONDS
from mainstay.gateway.drafts.mirror_store import ALIVE_SECONDS
from mainstay.gateway.drafts.seal import FRAMES_AT
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.kept_rig import KeptRig, answered, interrupted, kept_rig
from tests.gateway.rig import ANSWER
from tests.gateway.talk import ENDING, OPENING, WHOLE, rest, said, text_of
from tests.wire.openai_responses.native import Native


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def first(tmp_path: Path, cloud: Cloud) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "first", cloud=cloud)


@pytest.fixture
def second(tmp_path: Path, cloud: Cloud) -> Iterator[KeptRig]:
    """Another gateway on another machine."""
    yield from kept_rig(tmp_path / "second", gateway="there", cloud=cloud)


def both(first: KeptRig, second: KeptRig, seconds: float = 1.0) -> None:
    """Time passes for all."""
    for _ in range(round(seconds * 4)):
        for one in (first, second):
            assert one.world.cloud is not None
            one.world.cloud.now += 0.125
            one.pass_seconds(0.25)


def running(first: KeptRig, *, workload: str = "default") -> None:
    first.start(first.job(workload=workload))
    first.streams(*WHOLE[:2])
    first.pass_seconds(1.0)


def gone(first: KeptRig, cloud: Cloud) -> None:
    """The first gateway's machine is gone, and that has been noticed."""
    first.be_killed()
    cloud.now += ALIVE_SECONDS + 1


def test_what_a_replica_has_answered_is_given_by_another(first: KeptRig, second: KeptRig) -> None:
    whole = answered(first)
    first.pass_seconds(0.5)
    caller = second.come_back(2)
    assert (caller.body, caller.end, second.attempts) == (rest(whole, 2), "finish", [])
    assert second.standing().state == "complete"


def test_a_whole_answer_and_one_after_the_machine_has_gone(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    first.start(first.job(stream=False, workload="must"))
    first.replies()
    first.pass_seconds(0.5)
    gone(first, cloud)
    assert second.come_back().answer.body == ANSWER
    first.be_born()


def test_what_a_replica_runs_is_followed_to_its_end(first: KeptRig, second: KeptRig) -> None:
    running(first)
    caller = second.come_back(1)
    assert caller.body == rest(b"".join(WHOLE[:2]), 1)
    assert second.standing().state == "running"
    first.goes_on(*WHOLE[2:])
    first.closes()
    both(first, second)
    assert (caller.body, caller.end) == (rest(b"".join(WHOLE), 1), "finish")
    assert second.attempts == []


def test_what_a_replica_left_is_taken_over_once(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    running(first)
    follower = second.come_back()
    gone(first, cloud)
    second.pass_seconds(0.5)
    late = second.come_back(3)
    assert len(second.attempts) == 1
    second.streams(OPENING, said("world."), ENDING)
    second.closes()
    assert (follower.end, text_of(follower.body)) == ("finish", "Hello world.")
    assert (late.end, late.body) == ("finish", rest(follower.body, 3))
    first.be_born()


def test_a_shared_store_that_was_away_makes_nobody_dead(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    running(first)
    cloud.paused = True
    second.pass_seconds(AWAY_SECONDS + 1)
    cloud.now += ALIVE_SECONDS + 1
    cloud.paused = False
    follower = second.come_back(1)
    second.pass_seconds(1.0)
    assert second.attempts == [], "the other has not found its way back yet"
    first.goes_on(*WHOLE[2:])
    first.closes()
    both(first, second)
    assert (follower.body, follower.end) == (rest(b"".join(WHOLE), 1), "finish")
    assert second.attempts == []


def test_who_stays_silent_when_the_shared_store_is_back_is_dead(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    running(first)
    gone(first, cloud)
    cloud.paused = True
    second.pass_seconds(AWAY_SECONDS + 1)
    cloud.paused = False
    second.come_back(1)
    second.pass_seconds(DOUBT_SECONDS - 1)
    assert second.attempts == []
    second.pass_seconds(2.0)
    assert len(second.attempts) == 1
    first.be_born()


def test_of_two_that_want_it_one_goes_on_and_the_other_follows(
    first: KeptRig, second: KeptRig, cloud: Cloud, tmp_path: Path
) -> None:
    running(first)
    gone(first, cloud)
    for third in kept_rig(tmp_path / "third", gateway="elsewhere", cloud=cloud):
        callers = [second.come_back(), third.come_back()]
        assert (len(second.attempts), len(third.attempts)) == (1, 0)
        second.streams(OPENING, said("world."), ENDING)
        second.closes()
        both(second, third)
        assert [(one.end, text_of(one.body)) for one in callers] == [("finish", "Hello world.")] * 2
        assert third.attempts == []
    first.be_born()


def test_who_comes_back_after_all_finds_what_the_other_made_of_it(
    first: KeptRig, second: KeptRig, cloud: Cloud
) -> None:
    running(first, workload="must")
    gone(first, cloud)
    taken = second.come_back()
    second.streams(OPENING, said("moon."), ENDING)
    second.closes()
    second.pass_seconds(1.0)
    first.be_born()
    first.resumption.pick_up()
    first.settle()
    assert first.attempts == [], "it was taken over, and that is known"
    caller = first.come_back()
    assert (caller.end, caller.body) == ("finish", taken.body)
    assert (first.attempts, text_of(caller.body)) == ([], "Hello moon.")


def test_a_paused_gateway_that_wakes_up_does_not_spoil_what_was_taken_over(
    first: KeptRig, second: KeptRig, cloud: Cloud
) -> None:
    original = first.start()
    first.streams(*WHOLE[:2])
    first.pass_seconds(1.0)
    cloud.now += ALIVE_SECONDS + 1
    taken = second.come_back()
    second.streams(OPENING, said("moon."))
    second.pass_seconds(0.5)
    first.goes_on(*WHOLE[2:])
    first.closes()
    first.pass_seconds(1.0)
    assert original.body == b"".join(WHOLE), "its own caller has the whole answer"
    second.goes_on(ENDING)
    second.closes()
    second.pass_seconds(0.5)
    assert text_of(taken.body) == "Hello moon."
    assert first.world.store.status().mirror is not None
    late = first.come_back(identity="ex_1")
    third = second.come_back(3)
    assert (third.end, third.body) == ("finish", rest(taken.body, 3))
    assert late.end == "finish"
    copy, kept = cloud.strings[b"mainstay:draft:ex_1"], second.world.files()[0].read_bytes()
    assert copy[FRAMES_AT:] == kept[FRAMES_AT:], "the copy is that of whoever took over"


def test_what_its_caller_left_is_gone_on_with_wherever_he_comes_back(first: KeptRig, second: KeptRig) -> None:
    interrupted(first)
    first.pass_seconds(0.5)
    caller = second.come_back()
    second.streams(OPENING, said("world."), ENDING)
    second.closes()
    second.pass_seconds(0.5)
    assert (caller.end, text_of(caller.body)) == ("finish", "Hello world.")
    again = first.come_back(1)
    assert (again.end, again.body, first.attempts) == ("finish", rest(caller.body, 1), [])


def test_durable_work_of_one_that_was_started_again_is_its_own(first: KeptRig, second: KeptRig) -> None:
    running(first, workload="must")
    first.be_killed()
    first.be_born()
    first.resumption.pick_up()
    first.settle()
    assert len(first.attempts) == 1
    first.pass_seconds(1.0)
    caller = second.come_back()
    first.streams(OPENING, said("world."), ENDING)
    first.closes()
    both(first, second)
    assert (caller.end, text_of(caller.body), second.attempts) == ("finish", "Hello world.", [])


def test_replicas_with_different_keys_say_so(first: KeptRig, second: KeptRig) -> None:
    answered(first)
    first.pass_seconds(0.5)
    second.world.store._key = bytes(32)
    caller = second.come_back()
    assert caller.refusal == (410, "exchange_gone")
    assert "a key that this gateway does not have" in caller.faults[0].message


# -- trouble


def test_while_the_shared_store_hangs_everybody_is_served_and_nothing_is_unknown_for_sure(
    first: KeptRig, second: KeptRig, cloud: Cloud
) -> None:
    cloud.paused = True
    whole = answered(first)
    assert whole == b"".join(WHOLE)
    assert first.come_back().end == "finish"
    assert first.come_back(identity="ex_never").refusal == (503, "draft_unavailable")
    assert second.come_back().refusal == (503, "draft_unavailable")
    interrupted_here = interrupted(first)
    caller = first.come_back(identity="ex_2")
    first.streams(OPENING, said("world."), ENDING)
    assert (caller.end, caller.body.startswith(interrupted_here)) == ("finish", True)


def test_what_was_written_meanwhile_follows(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    cloud.paused = True
    whole = answered(first)
    first.pass_seconds(1.0)
    cloud.paused = False
    first.pass_seconds(1.0)
    caller = second.come_back()
    assert (caller.end, caller.body) == ("finish", whole)


def test_a_follower_bears_a_moment_of_silence(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    running(first)
    caller = second.come_back()
    cloud.paused = True
    first.goes_on(*WHOLE[2:])
    first.closes()
    both(first, second)
    assert caller.end == ""
    cloud.paused = False
    both(first, second)
    assert (caller.end, caller.body) == ("finish", b"".join(WHOLE))


def test_and_of_a_longer_one_it_makes_no_clean_end(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    running(first)
    caller = second.come_back()
    cloud.paused = True
    both(first, second, 6.0)
    assert (caller.end, caller.body) == ("abort", b"".join(WHOLE[:2]))


def test_what_is_too_long_for_the_mirror_is_not_there(first: KeptRig, second: KeptRig, cloud: Cloud) -> None:
    first.start()
    first.streams(OPENING, *[said("x" * (COPY_BYTES_MAX // 16))] * 8)
    first.pass_seconds(0.5)
    first.goes_on(*[said("x" * (COPY_BYTES_MAX // 16))] * 8)
    first.pass_seconds(0.5)
    status = first.world.store.status().mirror
    assert status is not None
    assert (status.dropped, status.bytes_pending) == (1, 0)
    assert second.come_back().refusal == (404, "exchange_not_found")
    assert b"mainstay:draft:ex_1" not in cloud.strings


# -- responses


def test_a_response_in_the_background_is_asked_for_followed_and_taken_back_anywhere(
    first: KeptRig, second: KeptRig
) -> None:
    first.respond(background=True)
    native = Native("resp_theirs")
    first.streams(native.begin(), native.said("Hel"))
    first.pass_seconds(1.0)
    assert b'"in_progress"' in second.visit("GET", "/v1/responses/resp_1").answer.body
    cancelling = second.knock("POST", "/v1/responses/resp_1/cancel")
    both(first, second, 3.0)
    assert b'"cancelled"' in cancelling.answer.body
    assert (first.outcome(), first.running) == ("cancelled", 0)
    deleting = second.visit("DELETE", "/v1/responses/resp_1")
    assert b'"deleted":true' in deleting.answer.body
    both(first, second, 2.0)
    assert second.visit("GET", "/v1/responses/resp_1").refusal == (404, "response_not_found")
    assert first.visit("GET", "/v1/responses/resp_1").refusal == (404, "response_not_found")
