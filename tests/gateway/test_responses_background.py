"""Responses in the background: they run on without their caller, and are asked for, followed and taken back by id."""

import errno
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.runs import not_written
from mainstay.model.http import Reply
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.talk import ENDING, OPENING, said, text_of, whole_response
from tests.wire.openai_responses.native import Native, events

Json = dict[str, object]
OURS = "resp_1"
"""What the first exchange's response is called; its provider calls it otherwise."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


def read(reply: Reply) -> Json:
    fields: Json = msgspec.json.decode(reply.body)
    return fields


def sent(rig: KeptRig) -> Json:
    """The body of the last attempt."""
    fields: Json = msgspec.json.decode(rig.attempt.command.body)
    return fields


def found(rig: KeptRig, response_id: str = OURS) -> Json:
    """What asking for it answers."""
    return read(rig.visit("GET", f"/v1/responses/{response_id}").answer)


def text(found: Json) -> str:
    """What a response says."""
    parts = [part for item in found["output"] for part in item["content"]]  # type: ignore[attr-defined] # JSON
    return "".join(part["text"] for part in parts)


def ids(stream: bytes) -> set[object]:
    """How a stream calls its response."""
    return {event["response"]["id"] for event in events(stream) if "response" in event}  # type: ignore[index] # JSON


def begin(rig: KeptRig) -> Native:
    """A job in the background that has said something; the provider that says it."""
    rig.respond(background=True)
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.said("Hel"), native.message(), native.text("lo"))
    return native


def end(rig: KeptRig, native: Native) -> None:
    rig.goes_on(native.end_message("lo"), native.end())
    rig.closes()


# -- how it begins


def test_its_caller_is_told_its_id_once_it_is_written_down(rig: KeptRig) -> None:
    caller = Listener()
    with rig.disk_hanging():
        rig.responses.serve(rig.response_job(background=True), caller, caller.refuse)
        rig.world.loop.turn()
        assert rig.world.disk.entered.wait(20.0)
        rig.world.loop.turn()
        assert (caller.end, rig.attempts) == ("", [])
    told = read(caller.answer)
    assert (told["id"], told["status"], told["model"], told["output"]) == (OURS, "queued", "gpt", [])
    assert dict(caller.answer.headers)["x-mainstay-id"] == "ex_1"
    assert len(rig.attempts) == 1


def test_what_cannot_be_written_down_is_refused(rig: KeptRig) -> None:
    rig.world.disk.refuses = errno.EIO
    caller = rig.respond(background=True)
    assert caller.faults == [not_written()]
    assert caller.refusal == (503, "draft_unavailable")
    assert (rig.attempts, rig.running, rig.world.store.status().running) == ([], 0, 0)
    assert rig.come_back().refusal == (404, "exchange_not_found")


def test_without_drafts_nothing_runs_in_the_background(tmp_path: Path) -> None:
    for forgetful in kept_rig(tmp_path / "state", keeps=False):
        assert forgetful.respond(background=True).refusal == (400, "background_unavailable")
        assert forgetful.attempts == []


def test_its_provider_is_asked_for_a_stream_in_the_foreground(rig: KeptRig) -> None:
    rig.respond(background=True, store=True, instructions="Be brief")
    assert sent(rig) == {"model": "gpt", "input": "Hi", "store": True, "instructions": "Be brief", "stream": True}


def test_a_false_background_is_none(rig: KeptRig) -> None:
    caller = rig.respond(background=False)
    rig.replies(200, whole_response("resp_theirs", "Hello"))
    assert read(caller.answer)["id"] == "resp_theirs"


# -- how it goes on


def test_it_is_told_as_far_as_it_is(rig: KeptRig) -> None:
    rig.respond(background=True)
    assert (found(rig)["id"], found(rig)["status"]) == (OURS, "queued")
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.said("Hel"), native.message(), native.text("lo"))
    now = found(rig)
    assert (now["id"], now["status"], text(now)) == (OURS, "in_progress", "Hel")
    end(rig, native)
    whole = found(rig)
    assert (whole["id"], whole["status"], text(whole)) == (OURS, "completed", "Hello")
    assert (rig.outcome(), rig.running) == ("answered", 0)


def test_its_stream_calls_it_by_the_same_id(rig: KeptRig) -> None:
    native = begin(rig)
    follower = rig.visit("GET", f"/v1/responses/{OURS}?stream=true")
    end(rig, native)
    assert (ids(follower.body), follower.end) == ({OURS}, "finish")
    assert text_of(follower.body, "openai-responses") == "Hello"


def test_it_may_be_followed_from_the_beginning(rig: KeptRig) -> None:
    caller = rig.respond(background=True, stream=True)
    assert (caller.begun, caller.end) == (0, "")
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.said("Hello"), native.end())
    rig.closes()
    assert (caller.end, ids(caller.body)) == ("finish", {OURS})
    again = rig.visit("GET", f"/v1/responses/{OURS}?stream=true&starting_after=2")
    assert events(again.body) == events(caller.body)[3:]


def test_who_leaves_before_it_is_written_down_does_not_count_as_listening(rig: KeptRig) -> None:
    caller = Listener()
    rig.responses.serve(rig.response_job(background=True, stream=True), caller, caller.refuse)
    caller.leave()
    rig.settle()
    assert (rig.run().caller.listeners, rig.runs.unattended, len(rig.attempts)) == (0, 1, 1)


def test_who_follows_it_may_leave(rig: KeptRig) -> None:
    caller = rig.respond(background=True, stream=True)
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.message(), native.text("Hel"))
    caller.leave()
    rig.goes_on(native.text("lo"), native.end_message("Hello"), native.end())
    rig.closes()
    assert text(found(rig)) == "Hello"
    assert events(rig.visit("GET", f"/v1/responses/{OURS}?stream=true").body)[-1]["type"] == "response.completed"


def test_another_place_answers_under_the_same_id(rig: KeptRig) -> None:
    rig.respond(background=True, model="claude")
    rig.streams(OPENING, said("Hello"), ENDING)
    rig.closes()
    assert (found(rig)["id"], text(found(rig))) == (OURS, "Hello")
    assert ids(rig.kept().data) == {OURS}


def test_it_survives_its_gateway(rig: KeptRig) -> None:
    rig.respond(background=True, model="claude")
    rig.streams(OPENING, said("Hello"))
    rig.die()
    assert found(rig)["status"] == "in_progress"
    rig.resumption.pick_up()
    rig.settle()
    assert rig.run().job.background
    rig.streams(OPENING, said(" world."), ENDING)
    rig.closes()
    whole = found(rig)
    assert (whole["id"], whole["status"], text(whole)) == (OURS, "completed", "Hello world.")


def test_one_that_nobody_had_answered_survives_its_gateway_under_its_id(rig: KeptRig) -> None:
    rig.respond(background=True)
    rig.die()
    assert found(rig)["status"] == "queued"
    rig.resumption.pick_up()
    rig.settle()
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.said("Hello"), native.end())
    rig.closes()
    assert (found(rig)["id"], text(found(rig)), ids(rig.kept().data)) == (OURS, "Hello", {OURS})


def test_what_failed_after_it_began_is_not_told_as_running(rig: KeptRig) -> None:
    rig.respond("stubborn", background=True)
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.message(), native.text("Hel"))
    rig.breaks()
    assert (rig.outcome(), rig.running) == ("failed", 0)
    assert found(rig)["status"] not in {"queued", "in_progress"}


# -- taken back


def test_what_is_cancelled_ends_and_says_what_it_had_said(rig: KeptRig) -> None:
    begin(rig)
    told = read(rig.visit("POST", f"/v1/responses/{OURS}/cancel").answer)
    assert (told["id"], told["status"], text(told)) == (OURS, "cancelled", "Hel")
    assert (rig.attempt.cancelled, rig.outcome(), rig.running) == (True, "cancelled", 0)
    assert found(rig) == told


def test_cancelling_twice_is_no_mistake(rig: KeptRig) -> None:
    begin(rig)
    first, second = (rig.knock("POST", f"/v1/responses/{OURS}/cancel") for _ in range(2))
    rig.settle()
    third = rig.visit("POST", f"/v1/responses/{OURS}/cancel")
    assert read(first.answer) == read(second.answer) == read(third.answer)
    assert read(first.answer)["status"] == "cancelled"


def test_what_nobody_had_answered_can_be_cancelled(rig: KeptRig) -> None:
    rig.respond(background=True)
    told = read(rig.visit("POST", f"/v1/responses/{OURS}/cancel").answer)
    assert (told["id"], told["status"], told["model"], told["output"]) == (OURS, "cancelled", "gpt", [])
    assert rig.attempt.cancelled


def test_what_is_over_cannot_be_taken_back(rig: KeptRig) -> None:
    native = begin(rig)
    end(rig, native)
    told = read(rig.visit("POST", f"/v1/responses/{OURS}/cancel").answer)
    assert (told["status"], text(told)) == ("completed", "Hello")
    assert rig.outcome() == "answered"


def test_what_is_not_in_the_background_cannot_be_taken_back(rig: KeptRig) -> None:
    caller = rig.respond(stream=True)
    native = Native("resp_theirs")
    rig.streams(native.begin(), native.message(), native.text("Hel"))
    assert rig.visit("POST", "/v1/responses/resp_theirs/cancel").refusal == (400, "invalid_request_error")
    assert (caller.end, rig.attempt.cancelled, rig.running) == ("", False, 1)


def test_a_cancelled_job_is_not_picked_up(rig: KeptRig) -> None:
    begin(rig)
    rig.visit("POST", f"/v1/responses/{OURS}/cancel")
    rig.die()
    rig.resumption.pick_up()
    rig.settle()
    assert rig.attempts == []
    assert found(rig)["status"] == "cancelled"


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_deleting_what_runs_ends_it_for_whoever_follows(rig: KeptRig, *, again: bool) -> None:
    begin(rig)
    follower = rig.visit("GET", f"/v1/responses/{OURS}?stream=true")
    first, second = (
        (rig.knock("DELETE", f"/v1/responses/{OURS}") for _ in range(2))
        if again
        else (rig.knock("DELETE", f"/v1/responses/{OURS}"), None)
    )
    rig.settle()
    assert read(first.answer)["deleted"]
    assert second is None or second.end in {"reply", "fault"}
    assert (rig.attempt.cancelled, rig.running, rig.world.files()) == (True, 0, [])
    assert follower.end
    assert rig.visit("GET", f"/v1/responses/{OURS}").refusal == (404, "response_not_found")
    assert rig.come_back().refusal == (404, "exchange_not_found")


def test_what_was_deleted_is_not_picked_up(rig: KeptRig) -> None:
    begin(rig)
    rig.visit("DELETE", f"/v1/responses/{OURS}")
    rig.die()
    rig.resumption.pick_up()
    rig.settle()
    assert rig.attempts == []


# -- conversations


def test_it_may_follow_an_earlier_response_whose_provider_is_asked_for_a_stream(rig: KeptRig) -> None:
    rig.respond()
    rig.replies(200, whole_response("resp_theirs", "Hello"))
    rig.respond(background=True, previous_response_id="resp_theirs", input="And?")
    assert sent(rig) == {"model": "gpt", "input": "And?", "previous_response_id": "resp_theirs", "stream": True}


def test_what_follows_it_is_told_all_since_nobody_else_knows_its_id(rig: KeptRig) -> None:
    native = begin(rig)
    end(rig, native)
    rig.respond(previous_response_id=OURS, input="And?")
    assert "previous_response_id" not in sent(rig)
    said_before = sent(rig)["input"]
    assert [item["role"] for item in said_before] == ["user", "assistant", "assistant", "user"]  # type: ignore[attr-defined] # JSON


def test_nothing_can_follow_it_before_it_is_complete(rig: KeptRig) -> None:
    begin(rig)
    assert rig.respond(previous_response_id=OURS, input="And?").refusal == (400, "previous_response_incomplete")
    rig.visit("POST", f"/v1/responses/{OURS}/cancel")
    assert rig.respond(previous_response_id=OURS, input="And?").refusal == (400, "previous_response_incomplete")
