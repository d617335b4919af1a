"""Recorded streams, read for those who ask for their response again."""

import json
from pathlib import Path

import pytest

from mainstay.wire.openai_responses.kept import Asked, cancelled_object, events_through, failed_object, running_object

GOLDEN = Path(__file__).parent.parent / "golden" / "openai_responses"
RESPONSE = {"id": "resp_theirs", "object": "response", "status": "in_progress", "model": "gpt", "output": []}


def event(number: int | None, **members: object) -> bytes:
    numbered = {} if number is None else {"sequence_number": number}
    return f"data: {json.dumps(members | numbered)}\n\n".encode()


NUMBERED = b"".join(event(number, type="x") for number in range(4))


@pytest.mark.parametrize(("number", "count"), [(-1, 0), (-7, 0), (0, 1), (2, 3), (3, 4), (4, None), (99, None)])
def test_events_are_counted_through_the_number(number: int, count: int | None) -> None:
    assert events_through(NUMBERED, number) == count


def test_of_an_empty_stream_only_the_beginning_is_there() -> None:
    assert events_through(b"", -1) == 0
    assert events_through(b"", 0) is None


def test_comments_do_not_count_and_events_without_a_number_do() -> None:
    stream = event(0) + b": still here\n\n" + event(None, type="error") + b"data: no JSON\n\n" + event(1)
    assert events_through(stream, 0) == 1
    assert events_through(stream, 1) == 4


def test_where_a_number_was_left_out_the_events_before_it_are_counted() -> None:
    assert events_through(event(0) + event(5), 3) == 1
    assert events_through(event(0) + event(5), 5) == 2


def test_an_event_that_is_not_whole_is_not_there() -> None:
    assert events_through(event(0) + event(1)[:-1], 1) is None


def test_every_event_of_a_recorded_stream_is_found_at_its_place() -> None:
    stream = (GOLDEN / "stream_text.sse").read_bytes()
    events = stream.count(b"sequence_number")
    assert [events_through(stream, number) for number in range(events)] == list(range(1, events + 1))
    assert events_through(stream, events) is None


def test_before_anything_was_said_a_response_is_queued() -> None:
    shown = json.loads(running_object(b"", Asked("resp_ours", "gpt")))
    assert (shown["id"], shown["object"], shown["model"], shown["status"]) == ("resp_ours", "response", "gpt", "queued")


def test_while_it_runs_a_response_shows_what_is_done_under_our_id() -> None:
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": []}
    stream = event(0, type="response.created", response=RESPONSE)
    stream += event(1, type="response.output_item.done", output_index=0, item=item)
    shown = json.loads(running_object(stream, Asked("resp_ours", "gpt")))
    assert (shown["id"], shown["status"], shown["output"]) == ("resp_ours", "in_progress", [item])


@pytest.mark.parametrize("stream", [b"", event(0, type="response.created", response=RESPONSE)], ids=["queued", "begun"])
def test_a_response_that_was_taken_back_says_so_and_is_otherwise_the_same(stream: bytes) -> None:
    running = json.loads(running_object(stream, Asked("resp_ours", "gpt")))
    cancelled = json.loads(cancelled_object(stream, Asked("resp_ours", "gpt")))
    assert cancelled == running | {"status": "cancelled"}


def test_what_failed_on_the_way_says_so_and_what_had_been_said() -> None:
    stream = event(0, type="response.created", response=RESPONSE)
    shown = json.loads(failed_object(stream, Asked("resp_ours", "gpt")))
    assert (shown["id"], shown["status"], shown["error"]["code"]) == ("resp_ours", "failed", "server_error")


def test_a_background_response_is_dated_and_says_what_it_is() -> None:
    asked = Asked("resp_ours", "gpt", 1_790_000_000, background=True)
    shown = json.loads(running_object(b"", asked))
    assert (shown["created_at"], shown["background"]) == (1_790_000_000, True)
    started = json.loads(running_object(event(0, type="response.created", response=RESPONSE), asked))
    assert started["background"] is True
