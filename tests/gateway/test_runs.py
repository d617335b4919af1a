"""Exchanges with a draft: when they begin, who may leave, how they are taken up again, how they end."""

import errno
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.entries import Missing, Opening, Reason
from mainstay.gateway.runs import Run, call_of, not_written, seen
from mainstay.model.call import Call
from mainstay.model.fault import Blame, Fault
from mainstay.model.http import Reply
from mainstay.wire.registry import DIALECTS
from tests.gateway.kept_rig import SIMULATED, KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import ANSWER
from tests.gateway.talk import ENDING, OPENING, WHOLE, said, text_of, whole_response

ANTHROPIC = DIALECTS["anthropic"]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[KeptRig]:
    """Drafts are switched off."""
    yield from kept_rig(tmp_path / "state", keeps=False)


def error_of(reply: Reply) -> dict[str, object]:
    body: dict[str, dict[str, object]] = msgspec.json.decode(reply.body)
    return body["error"]


# -- what is kept


def test_a_stream_reaches_its_caller_and_its_draft(rig: KeptRig) -> None:
    caller = rig.start()
    rig.streams(*WHOLE)
    rig.closes()
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")
    kept = rig.kept()
    assert (kept.data, kept.events, rig.outcome()) == (caller.body, 7, "answered")
    assert kept.begun is not None
    assert (kept.begun.status, kept.begun.headers) == (caller.begun, caller.headers)
    assert (rig.running, rig.runs.get("ex_1")) == (0, None)
    assert [record.id for record in rig.exchanges] == ["ex_1"]


def test_a_draft_says_how_to_ask_once_more(rig: KeptRig) -> None:
    job = msgspec.structs.replace(rig.job(workload="must"), deadline_seconds=7.0)
    rig.start(job)
    assert rig.kept().opening == Opening(
        exchange_id="ex_1",
        at=rig.clock.wall(),
        deadline=rig.clock.wall() + 7.0,
        tenant="local",
        workload="must",
        durable=True,
        dialect="anthropic",
        path="/v1/messages?beta=true",
        headers=job.call.headers,
        body=job.call.body,
        model="claude",
        kind="answer",
        stream=True,
        owner=rig.world.store.owner.token,
    )
    assert call_of(ANTHROPIC, rig.kept().opening) == job.call


def test_without_a_deadline_of_the_callers_it_is_the_workloads(rig: KeptRig) -> None:
    rig.start()
    assert rig.kept().opening.deadline == rig.clock.wall() + 300.0


def test_a_draft_whose_request_makes_no_sense_gives_a_fault(rig: KeptRig) -> None:
    rig.start()
    opening = msgspec.structs.replace(rig.kept().opening, body=b"{")
    assert isinstance(call_of(ANTHROPIC, opening), Fault)
    named = call_of(ANTHROPIC, msgspec.structs.replace(rig.kept().opening, response_id="resp_1"))
    assert isinstance(named, Call)
    assert named.answer_id == "resp_1"


def test_a_plain_answer_that_nobody_may_ask_for_again_is_not_kept(rig: KeptRig) -> None:
    caller = rig.start(rig.job(stream=False))
    assert rig.runs.get("ex_1") is None
    rig.replies()
    assert caller.answer.body == ANSWER
    assert rig.world.load() == Missing(Reason.UNKNOWN)
    assert rig.running == 0


def test_without_drafts_nothing_is_kept_and_all_is_served(forgetful: KeptRig) -> None:
    caller = forgetful.start()
    assert forgetful.runs.get("ex_1") is None
    forgetful.streams(*WHOLE)
    forgetful.closes()
    assert (caller.body, caller.end, forgetful.running) == (b"".join(WHOLE), "finish", 0)
    assert forgetful.world.files() == []


def test_a_disk_that_refuses_keeps_nobody_from_being_served(rig: KeptRig) -> None:
    rig.world.disk.refuses = errno.ENOSPC
    caller = rig.start()
    rig.streams(*WHOLE)
    rig.world.loop.pass_seconds(1.0)
    rig.settle()
    assert (caller.body, caller.end) == (b"".join(WHOLE), "finish")
    assert rig.world.load() == Missing(Reason.UNKNOWN)


def test_each_exchange_says_what_it_is_called_and_that_providers_are_simulated(rig: KeptRig) -> None:
    first, second = rig.start(), rig.start()
    for attempt, caller in zip(tuple(rig.attempts), (first, second), strict=True):
        rig.attempts.append(attempt)
        rig.streams(OPENING, said("x"))
        assert dict(caller.headers)["x-mainstay-simulated"] == SIMULATED
    assert [dict(one.headers)["x-mainstay-id"] for one in (first, second)] == ["ex_1", "ex_2"]


# -- durable work is written down before it is dispatched


def test_durable_work_waits_for_the_disk(rig: KeptRig) -> None:
    caller = Listener()
    with rig.disk_hanging():
        rig.runs.start(rig.job(workload="must"), caller)
        rig.world.loop.turn()
        assert rig.world.disk.entered.wait(20.0)
        rig.world.loop.turn()
        assert (len(rig.attempts), rig.running, caller.end) == (0, 0, "")
        assert rig.run().job.durable
    assert (len(rig.attempts), rig.running) == (1, 1)
    assert rig.kept().opening.durable


def test_other_work_does_not(rig: KeptRig) -> None:
    with rig.disk_hanging():
        rig.runs.start(rig.job(), Listener())
        assert len(rig.attempts) == 1


@pytest.mark.parametrize("stream", [True, False])
def test_durable_work_that_cannot_be_written_down_is_refused_in_the_callers_dialect(
    rig: KeptRig, *, stream: bool
) -> None:
    rig.world.disk.refuses = errno.EIO
    caller = rig.start(rig.job(stream=stream, workload="must"))
    assert caller.answer.status == 503
    assert caller.answer == ANTHROPIC.error_reply(not_written(), "ex_1")
    assert "written down" in str(error_of(caller.answer)["message"])
    assert (rig.attempts, rig.running, rig.runs.get("ex_1")) == ([], 0, None)
    assert rig.world.store.status().running == 0
    assert not_written().blame is Blame.US


def test_who_is_told_of_a_run_hears_why_there_is_none(rig: KeptRig) -> None:
    rig.world.disk.refuses = errno.EIO
    told: list[Run | Fault] = []
    rig.runs.start(rig.job(workload="must"), None, told.append)
    rig.settle()
    assert told == [not_written()]
    assert (rig.attempts, rig.runs.get("ex_1"), rig.world.store.status().running) == ([], None, 0)


@pytest.mark.parametrize("workload", ["must", "default"])
def test_who_is_told_of_a_run_hears_of_it_before_it_begins(rig: KeptRig, workload: str) -> None:
    told: list[tuple[Run | Fault, int]] = []
    rig.runs.start(rig.job(workload=workload), None, lambda run: told.append((run, len(rig.attempts))))
    rig.settle()
    assert told == [(rig.run(), 0)]
    assert len(rig.attempts) == 1


def test_a_caller_who_leaves_before_durable_work_is_written_down_changes_nothing(rig: KeptRig) -> None:
    caller = Listener()
    with rig.disk_hanging():
        rig.runs.start(rig.job(workload="must"), caller)
        rig.world.loop.turn()
        caller.leave()
    rig.streams(*WHOLE)
    assert (rig.kept().data, rig.outcome()) == (b"".join(WHOLE), "answered")


def test_a_caller_who_leaves_before_durable_work_cannot_be_written_down_is_missed_by_nobody(rig: KeptRig) -> None:
    caller = Listener()
    rig.world.disk.refuses = errno.EIO
    with rig.disk_hanging():
        rig.runs.start(rig.job(workload="must"), caller)
        caller.leave()
    assert (caller.replies, rig.attempts, rig.runs.get("ex_1")) == ([], [], None)


# -- who leaves


def test_a_caller_who_leaves_ends_what_is_not_durable(rig: KeptRig) -> None:
    caller = rig.start()
    rig.streams(OPENING, said("Hello "))
    caller.leave()
    rig.settle()
    assert rig.attempt.cancelled
    assert (rig.outcome(), rig.exchanges[0].outcome) == ("left", "left")
    assert (rig.running, rig.runs.get("ex_1")) == (0, None)


def test_a_caller_who_leaves_while_being_told_ends_it_all_the_same(rig: KeptRig) -> None:
    caller = rig.start()
    caller.leaves_when_sent = True
    rig.streams(OPENING, said("Hello "), said("lost"))
    assert (rig.outcome(), rig.running) == ("left", 0)
    assert text_of(rig.kept().data) == "Hello "


def test_a_caller_who_leaves_durable_work_is_written_down_for(rig: KeptRig) -> None:
    caller = rig.start(rig.job(workload="must"))
    rig.streams(OPENING, said("Hello "))
    assert rig.runs.unattended == 0
    caller.leave()
    assert rig.runs.unattended == 1
    rig.goes_on(said("world."), ENDING)
    rig.closes()
    assert (rig.kept().data, rig.outcome()) == (b"".join(WHOLE), "answered")
    assert (rig.runs.unattended, rig.running) == (0, 0)
    assert caller.body == b"".join(WHOLE[:2])


def test_a_durable_plain_answer_is_kept(rig: KeptRig) -> None:
    caller = rig.start(rig.job(stream=False, workload="must"))
    caller.leave()
    rig.replies()
    replied = rig.kept().replied
    assert replied is not None
    assert replied.body == ANSWER
    assert rig.outcome() == "answered"


# -- taken up again


def test_a_revival_counts_and_goes_on_with_the_text(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.streams(OPENING, said("Hello "))
    rig.die()
    run = rig.runs.revive(rig.job(workload="must"), rig.kept())
    rig.settle()
    assert (rig.runs.get("ex_1"), run.caller.is_attended, rig.running) == (run, False, 1)
    assert msgspec.json.decode(rig.attempt.command.body)["messages"][-1] == {"role": "assistant", "content": "Hello"}
    rig.streams(OPENING, said(" world."), ENDING)
    rig.closes()
    assert text_of(rig.kept().data) == "Hello world."
    assert (rig.outcome(), len(rig.kept().picked_up), rig.running) == ("answered", 1, 0)
    assert [record.id for record in rig.exchanges] == ["ex_1-r1"]


def test_each_revival_has_records_of_its_own(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    for _ in range(2):
        rig.die()
        rig.runs.revive(rig.job(workload="must"), rig.kept())
    rig.settle()
    rig.replies(400, b"{}")
    assert [record.id for record in rig.exchanges] == ["ex_1-r2"]
    assert len(rig.kept().picked_up) == 2


def test_nobody_goes_on_before_it_is_on_disk_that_somebody_does(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.die()
    rig.runs.revive(rig.job(workload="must"), rig.kept())
    assert (rig.attempts, rig.running) == ([], 0)
    rig.settle()
    assert (len(rig.kept().picked_up), len(rig.attempts), rig.running) == (1, 1, 1)


def test_a_revival_that_is_taken_back_meanwhile_asks_nobody(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.die()
    run = rig.runs.revive(rig.job(workload="must"), rig.kept())
    run.caller.cancel("cancelled")
    rig.settle()
    assert (rig.attempts, rig.runs.get("ex_1"), rig.outcome()) == ([], None, "cancelled")


def test_what_runs_is_not_taken_up_a_second_time(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    kept = rig.kept()
    with pytest.raises(ValueError, match="ex_1"):
        rig.runs.revive(rig.job(workload="must"), kept)
    assert (len(rig.attempts), rig.running) == (1, 1)


def test_what_was_seen_is_read_back(rig: KeptRig) -> None:
    rig.start()
    rig.streams(OPENING, said("Hello "), said("wor"))
    found = seen(ANTHROPIC, rig.kept())
    assert (found.begun, found.upstream, found.model) == (True, "alpha", "claude")
    assert b"".join([frame.raw for frame in found.frames]) == rig.kept().data


def test_where_nothing_was_seen_nobody_has_served(rig: KeptRig) -> None:
    rig.start()
    found = seen(ANTHROPIC, rig.kept())
    assert (found.begun, found.frames, found.upstream, found.model) == (False, [], "", "")


# -- answers that are asked for again


def test_a_remembered_answer_is_found_by_its_own_id(rig: KeptRig) -> None:
    rig.start(msgspec.structs.replace(rig.response_job(), remembered=True))
    rig.replies(200, whole_response("resp_theirs", "Hello"))
    assert rig.world.find_response("resp_theirs") == "ex_1"


def test_a_job_in_the_background_has_an_id_before_anybody_answers(rig: KeptRig) -> None:
    told: list[Run | Fault] = []
    rig.runs.start(msgspec.structs.replace(rig.response_job(stream=True), background=True), None, told.append)
    rig.settle()
    assert (rig.run().job.call.answer_id, rig.run().job.durable) == ("resp_1", True)
    assert rig.world.find_response("resp_1") == "ex_1"
    assert rig.kept().opening.response_id == "resp_1"
    assert rig.kept().opening.background


# -- the gateway stops


def test_a_gateway_that_stops_ends_everything_and_leaves_the_drafts_open(rig: KeptRig) -> None:
    caller = rig.start()
    rig.streams(*WHOLE[:2])
    rig.runs.drain()
    rig.settle()
    assert caller.end == "fail"
    assert b"had to stop" in caller.body
    assert b"/v1/mainstay/exchanges/ex_1/stream?after=N" in caller.body
    assert (rig.running, rig.outcome()) == (0, "")
    assert rig.kept().data == b"".join(WHOLE[:2])
    (record,) = rig.exchanges
    assert (record.outcome, record.fault) == ("failed", "drained")


def test_the_next_process_goes_on_with_what_it_left(rig: KeptRig) -> None:
    rig.start()
    rig.streams(*WHOLE[:2])
    kept = rig.kept()
    rig.runs.drain()
    rig.die()
    back = rig.come_back(after=kept.events)
    rig.streams(*WHOLE)
    rig.closes()
    assert text_of(kept.data + back.body) == text_of(b"".join(WHOLE))


def test_an_answer_that_is_not_kept_is_ended_too(forgetful: KeptRig) -> None:
    caller = forgetful.start(forgetful.job(stream=False))
    forgetful.runs.drain()
    assert caller.answer.status == 503
    assert forgetful.attempt.cancelled
    assert forgetful.running == 0
