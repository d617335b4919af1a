"""The Responses door: answers that are stored, conversations that are followed by id."""

import errno
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.model.http import Reply
from mainstay.wire.openai_responses import expansion
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.kept_rig import KEPT_YAML, KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import snapshot
from tests.gateway.talk import ENDING, OPENING, said, text_of, whole_response
from tests.wire.openai_responses.native import Native, events

Json = dict[str, object]
FOREIGN_YAML = KEPT_YAML.replace("gpt: {candidates: [{upstream: gamma}]}", "gpt: {candidates: [{upstream: alpha}]}")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[KeptRig]:
    """Nobody here speaks the caller's dialect."""
    yield from kept_rig(tmp_path / "state", FOREIGN_YAML)


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[KeptRig]:
    """Drafts are switched off."""
    yield from kept_rig(tmp_path / "state", keeps=False)


def read(reply: Reply) -> Json:
    fields: Json = msgspec.json.decode(reply.body)
    return fields


def sent(rig: KeptRig) -> Json:
    """The body of the last attempt."""
    fields: Json = msgspec.json.decode(rig.attempt.command.body)
    return fields


def streamed(rig: KeptRig, response_id: str = "resp_1", **fields: object) -> bytes:
    """A whole streamed answer; what its caller was given."""
    caller = rig.respond(stream=True, **fields)
    native = Native(response_id)
    rig.streams(native.begin(), native.said("Hel", "lo"), native.end())
    rig.closes()
    assert caller.end == "finish"
    return caller.body


def plain(rig: KeptRig, response_id: str = "resp_1", text: str = "Hello", **fields: object) -> Reply:
    """A whole plain answer."""
    caller = rig.respond(**fields)
    rig.replies(200, whole_response(response_id, text))
    return caller.answer


# -- stored answers


def test_a_plain_answer_is_given_again(rig: KeptRig) -> None:
    given = plain(rig)
    again = rig.visit("GET", "/v1/responses/resp_1").answer
    assert (again.status, again.body) == (200, given.body)
    assert dict(again.headers) == {
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-mainstay-id": "ex_1",
    }


def test_of_a_streamed_answer_the_response_is_given_again(rig: KeptRig) -> None:
    given = events(streamed(rig))
    assert read(rig.visit("GET", "/v1/responses/resp_1").answer) == given[-1]["response"]


def test_a_streamed_answer_is_given_again_as_a_stream(rig: KeptRig) -> None:
    given = streamed(rig)
    again = rig.visit("GET", "/v1/responses/resp_1?stream=true")
    assert (again.body, again.end) == (given, "finish")


@pytest.mark.parametrize("number", [0, 1, 4])
def test_a_stream_goes_on_behind_a_sequence_number(rig: KeptRig, number: int) -> None:
    given = events(streamed(rig))
    again = rig.visit("GET", f"/v1/responses/resp_1?stream=true&starting_after={number}")
    assert events(again.body) == given[number + 1 :]
    assert events(again.body)[0]["sequence_number"] == number + 1


def test_a_sequence_number_that_has_not_been_is_refused(rig: KeptRig) -> None:
    last = len(events(streamed(rig))) - 1
    whole = rig.visit("GET", f"/v1/responses/resp_1?stream=true&starting_after={last}")
    assert (whole.body, whole.end) == (b"", "finish")
    caller = rig.visit("GET", f"/v1/responses/resp_1?stream=true&starting_after={last + 1}")
    assert caller.refusal == (400, "after_beyond_end")


def test_a_sequence_number_that_is_none_is_refused(rig: KeptRig) -> None:
    assert rig.visit("GET", "/v1/responses/resp_1?stream=true&starting_after=x").refusal == (400, "invalid_after")


def test_while_it_is_streamed_what_is_done_is_told(rig: KeptRig) -> None:
    rig.respond(stream=True)
    native = Native("resp_1")
    rig.streams(native.begin(), native.said("Hello"), native.message())
    found = read(rig.visit("GET", "/v1/responses/resp_1").answer)
    assert (found["id"], found["status"]) == ("resp_1", "in_progress")
    assert [item["type"] for item in found["output"]] == ["message"]  # type: ignore[attr-defined] # JSON


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_not_to_be_stored_is_not_found(rig: KeptRig, *, stream: bool) -> None:
    if stream:
        streamed(rig, store=False)
    else:
        plain(rig, store=False)
    caller = rig.visit("GET", "/v1/responses/resp_1")
    assert caller.refusal == (404, "response_not_found")
    assert "'resp_1'" in caller.faults[0].message


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/responses/resp_9"),
        ("GET", "/v1/responses/resp_9?stream=true"),
        ("GET", "/v1/responses/..%2Fkey"),
        ("DELETE", "/v1/responses/resp_9"),
        ("POST", "/v1/responses/resp_9/cancel"),
    ],
)
def test_an_id_that_is_none_is_unknown(rig: KeptRig, method: str, path: str) -> None:
    plain(rig)
    assert rig.visit(method, path).refusal == (404, "response_not_found")


def test_an_answer_survives_a_restart(rig: KeptRig) -> None:
    given = plain(rig)
    rig.die()
    assert rig.visit("GET", "/v1/responses/resp_1").answer.body == given.body


def test_a_draft_that_cannot_be_read_is_gone(rig: KeptRig) -> None:
    plain(rig)
    (path,) = rig.world.files()
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    for caller in (
        rig.visit("GET", "/v1/responses/resp_1"),
        rig.visit("GET", "/v1/responses/resp_1?stream=true"),
        rig.respond(previous_response_id="resp_1"),
    ):
        assert caller.refusal == (410, "exchange_gone")


def test_an_error_is_what_asking_again_gives(rig: KeptRig) -> None:
    """Only an answer has an id that somebody could ask for; a job in the background has one before."""
    caller = rig.respond(background=True)
    response_id = str(read(caller.answer)["id"])
    rig.replies(400, b'{"error":{"message":"no","type":"invalid_request_error"}}')
    again = rig.visit("GET", f"/v1/responses/{response_id}").answer
    assert (again.status, b'"no"' in again.body) == (400, True)
    assert rig.respond(previous_response_id=response_id).refusal == (400, "previous_response_incomplete")


def test_without_drafts_nothing_is_stored(forgetful: KeptRig) -> None:
    plain(forgetful)
    for method, path in (("GET", ""), ("GET", "?stream=true"), ("DELETE", ""), ("POST", "/cancel")):
        door, _, query = path.partition("?")
        caller = forgetful.visit(method, f"/v1/responses/resp_1{door}?{query}")
        assert caller.refusal == (404, "response_not_found")


def test_an_answer_that_a_keep_alive_came_before_is_stored(rig: KeptRig) -> None:
    caller = rig.respond(stream=True)
    rig.streams()
    rig.clock.advance(20.0)
    assert caller.body, "somebody said that it goes on"
    native = Native("resp_1")
    rig.goes_on(native.begin(), native.said("Hello"), native.end())
    rig.closes()
    assert caller.end == "finish"
    assert rig.visit("GET", "/v1/responses/resp_1").faults == []


def test_a_durable_answer_that_only_a_later_process_begins_is_stored(rig: KeptRig) -> None:
    rig.respond("must", stream=True)
    rig.die()
    rig.resumption.pick_up()
    rig.settle()
    native = Native("resp_1")
    rig.streams(native.begin(), native.said("Hello"), native.end())
    rig.closes()
    assert rig.outcome() == "answered"
    assert rig.visit("GET", "/v1/responses/resp_1").faults == []


# -- deleted


def test_what_is_deleted_is_not_found(rig: KeptRig) -> None:
    plain(rig)
    assert read(rig.visit("DELETE", "/v1/responses/resp_1").answer) == {
        "id": "resp_1",
        "object": "response",
        "deleted": True,
    }
    for method, path in (("GET", ""), ("GET", "?stream=true"), ("DELETE", "")):
        assert rig.visit(method, f"/v1/responses/resp_1{path}").refusal == (404, "response_not_found")
    assert rig.respond(previous_response_id="resp_1", model="claude").refusal == (404, "response_not_found")
    assert rig.world.files() == []


def test_deleting_what_runs_ends_it(rig: KeptRig) -> None:
    caller = rig.respond(stream=True)
    native = Native("resp_1")
    rig.streams(native.begin(), native.message(), native.text("Hel"))
    assert read(rig.visit("DELETE", "/v1/responses/resp_1").answer)["deleted"]
    assert (rig.attempt.cancelled, rig.running, rig.world.files()) == (True, 0, [])
    assert caller.end == "abort", "who waits for it is not left waiting"
    assert rig.visit("GET", "/v1/responses/resp_1").refusal == (404, "response_not_found")


# -- conversations


def test_the_upstream_that_knows_the_conversation_is_asked_in_its_own_way(rig: KeptRig) -> None:
    plain(rig, "resp_1", "Hello")
    rig.respond(previous_response_id="resp_1", input="And?")
    assert rig.attempt.command.url == "http://gamma/v1/responses"
    assert sent(rig) == {"model": "gpt", "input": "And?", "previous_response_id": "resp_1"}


def test_everybody_else_is_sent_the_whole_conversation(rig: KeptRig) -> None:
    plain(rig, "resp_1", "Hello", model="both")
    rig.respond(previous_response_id="resp_1", input="And?", model="both")
    assert rig.attempt.command.url == "http://gamma/v1/responses"
    rig.replies(500, b"{}")
    assert rig.attempt.command.url == "http://alpha/v1/messages"
    assert [(turn["role"], text(turn)) for turn in sent(rig)["messages"]] == [  # type: ignore[attr-defined] # JSON
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "And?"),
    ]


def text(turn: Json) -> object:
    content = turn["content"]
    return content if isinstance(content, str) else "".join(str(part["text"]) for part in content)  # type: ignore[attr-defined] # JSON


def test_a_conversation_goes_on_where_nobody_speaks_the_callers_dialect(foreign: KeptRig) -> None:
    caller = foreign.respond(stream=True)
    foreign.streams(OPENING, said("Hello"), ENDING)
    foreign.closes()
    response = events(caller.body)[-1]["response"]
    foreign.respond(previous_response_id=response["id"], input="And?")  # type: ignore[index] # JSON
    turns = sent(foreign)["messages"]
    assert [(turn["role"], text(turn)) for turn in turns] == [  # type: ignore[attr-defined] # JSON
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "And?"),
    ]


def test_a_long_conversation_is_kept_whole(rig: KeptRig) -> None:
    plain(rig, "resp_1", "One")
    plain(rig, "resp_2", "Two", previous_response_id="resp_1", input="2?")
    plain(rig, "resp_3", "Three", previous_response_id="resp_2", input="3?")
    rig.config = snapshot(FOREIGN_YAML)
    rig.respond(previous_response_id="resp_3", input="4?")
    turns = sent(rig)["messages"]
    assert [text(turn) for turn in turns] == ["Hi", "One", "2?", "Two", "3?", "Three", "4?"]  # type: ignore[attr-defined] # JSON


def test_a_conversation_that_has_grown_too_long_is_refused(rig: KeptRig, monkeypatch: pytest.MonkeyPatch) -> None:
    plain(rig)
    monkeypatch.setattr(expansion, "EXPANDED_BYTES_MAX", 100)
    assert rig.respond(previous_response_id="resp_1").refusal == (400, "context_length_exceeded")
    assert len(rig.attempts) == 1


def test_an_unknown_previous_response_is_left_to_the_provider_whose_it_may_be(rig: KeptRig) -> None:
    rig.respond(previous_response_id="resp_theirs", input="And?", model="both")
    assert rig.attempt.command.url == "http://gamma/v1/responses"
    assert sent(rig)["previous_response_id"] == "resp_theirs"
    for _ in range(4):
        rig.replies(500, b"{}")
        rig.clock.advance(30.0)
    assert {attempt.command.upstream for attempt in rig.attempts} == {"gamma"}, "nobody else can know it"


def test_an_unknown_previous_response_that_can_be_nobodys_is_refused(foreign: KeptRig) -> None:
    caller = foreign.respond(previous_response_id="resp_theirs", input="And?")
    assert caller.refusal == (404, "response_not_found")
    assert foreign.attempts == []


@pytest.mark.parametrize(
    ("previous", "model", "refusal"),
    [
        ("resp_theirs", "both", None),
        ("resp_theirs", "claude", (503, "draft_unavailable")),
        (f"resp_{25 * '0'}", "both", (503, "draft_unavailable")),
    ],
)
def test_while_replicas_cannot_be_asked_a_response_that_they_may_have_is_not_called_unknown(
    previous: str, model: str, refusal: tuple[int, str] | None, tmp_path: Path
) -> None:
    cloud = Cloud()
    for rig in kept_rig(tmp_path, cloud=cloud):
        cloud.paused = True
        caller = rig.respond(previous_response_id=previous, input="And?", model=model)
        assert len(rig.attempts) == (refusal is None), "its own provider knows it by the id that it gave"
        assert refusal is None or caller.refusal == refusal
        for method, path in (("GET", ""), ("POST", "/cancel"), ("DELETE", "")):
            assert rig.visit(method, f"/v1/responses/{previous}{path}").refusal == (503, "draft_unavailable")


@pytest.mark.parametrize("how", ["runs", "left", "failed"])
def test_what_is_not_complete_cannot_be_followed(rig: KeptRig, how: str) -> None:
    first = rig.respond(stream=True)
    native = Native("resp_1")
    rig.streams(native.begin(), native.message(), native.text("Hel"))
    if how == "left":
        first.leave()
    elif how == "failed":
        rig.goes_on(native.event("error", code="server_error", message="no"))
        for _ in range(9):
            if not first.end:
                rig.breaks()
                rig.clock.advance(10.0)
    rig.settle()
    attempts = len(rig.attempts)
    assert rig.respond(previous_response_id="resp_1").refusal == (400, "previous_response_incomplete")
    assert len(rig.attempts) == attempts


def test_who_leaves_while_the_conversation_is_read_is_not_answered(rig: KeptRig) -> None:
    plain(rig)
    caller = Listener()
    rig.responses.serve(rig.response_job(previous_response_id="resp_1"), caller, caller.refuse)
    caller.leave()
    rig.settle()
    assert (len(rig.attempts), rig.running) == (1, 0)


def test_who_leaves_while_a_stream_is_looked_for_does_not_count_as_listening(rig: KeptRig) -> None:
    first = rig.respond(stream=True)
    native = Native("resp_1")
    rig.streams(native.begin(), native.message(), native.text("Hel"))
    rig.knock("GET", "/v1/responses/resp_1?stream=true").leave()
    rig.settle()
    assert rig.run().caller.listeners == 0
    first.leave()
    rig.settle()
    rig.knock("GET", "/v1/responses/resp_1?stream=true").leave()
    rig.settle()
    assert (len(rig.attempts), rig.running) == (1, 0), "nobody goes on for nobody"


def test_without_drafts_the_provider_keeps_the_conversation(forgetful: KeptRig) -> None:
    forgetful.respond(previous_response_id="resp_1", input="And?")
    assert sent(forgetful)["previous_response_id"] == "resp_1"


def test_a_disk_that_refuses_keeps_nobody_from_being_answered(rig: KeptRig) -> None:
    rig.world.disk.refuses = errno.EIO
    assert plain(rig).status == 200
    rig.world.disk.refuses = 0
    assert rig.visit("GET", "/v1/responses/resp_1").refusal == (404, "response_not_found")


def test_what_is_translated_is_stored_under_the_id_that_its_caller_was_given(foreign: KeptRig) -> None:
    caller = foreign.respond(stream=True)
    foreign.streams(OPENING, said("Hello"), ENDING)
    foreign.closes()
    given = events(caller.body)
    assert text_of(caller.body, "openai-responses") == "Hello"
    response_id = given[0]["response"]["id"]  # type: ignore[index] # JSON
    assert read(foreign.visit("GET", f"/v1/responses/{response_id}").answer) == given[-1]["response"]
