import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.openai_responses.dialect import OpenaiResponsesDialect
from mainstay.wire.openai_responses.rename import (
    RenamingReader,
    answer_id,
    first_answer_id,
    rename_answer,
    rename_event,
)
from tests.wire.openai_responses.native import events, golden
from tests.wire.openai_responses.sdk import streamed
from tests.wire.streams import pieces_of, read

NEW = "resp_ours"


def renamed(*pieces: bytes) -> bytes:
    frames = read(RenamingReader(OpenaiResponsesDialect().frames(), NEW), pieces)
    return b"".join(frame.raw for frame in frames)


@pytest.mark.parametrize("name", ["text", "reasoning_tools", "incomplete", "failed"])
def test_every_lifecycle_event_carries_the_new_id_and_nothing_else_changes(name: str) -> None:
    stream = golden(f"stream_{name}.sse")
    old = first_answer_id(stream)
    sent = renamed(stream)
    assert sent == stream.replace(b'"response": {"id": "' + old.encode(), b'"response": {"id": "' + NEW.encode())
    ids = {event["response"]["id"] for event in events(sent) if isinstance(event.get("response"), dict)}  # type: ignore[index]
    assert ids == {NEW}


def test_the_official_sdk_reads_a_renamed_stream() -> None:
    assert streamed(renamed(golden("stream_text.sse"))).id == NEW


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=10))
def test_any_cuts_give_the_same_bytes(cuts: list[int]) -> None:
    stream = golden("stream_text.sse")
    assert renamed(*pieces_of(stream, cuts)) == renamed(stream)


def test_malformed_events_are_counted_behind_it() -> None:
    reader = RenamingReader(OpenaiResponsesDialect().frames(), NEW)
    reader.feed(b"data: {oops\n\n")
    assert reader.dropped == 1


def test_an_event_without_a_response_stays() -> None:
    event = b'event: x\ndata: {"type":"x","text":"\\"response\\""}\n\n'
    assert rename_event(event, NEW) == event
    assert rename_event(b": note\n\n", NEW) == b": note\n\n"
    assert rename_event(b'data: {"response":{}}\n\n', NEW) == b'data: {"response":{}}\n\n'


def test_an_event_of_several_lines_is_written_anew() -> None:
    event = b'event: response.created\ndata: {"response":\ndata: {"a":1,\ndata: "id":"resp_1"}}\n\n'
    told = rename_event(event, NEW)
    assert json.loads(told.partition(b"data: ")[2]) == {"response": {"a": 1, "id": NEW}}


def test_a_whole_answer_keeps_every_other_byte() -> None:
    body = golden("answer_tools.json")
    assert rename_answer(body, NEW) == body.replace(b'"resp_b1"', b'"resp_ours"', 1)


def test_only_the_answers_own_id_is_renamed() -> None:
    body = b'{"output":[{"id":"resp_1"}], "note":"\\"id\\":\\"resp_1\\"", "id" : "resp_1"}'
    told = json.loads(rename_answer(body, NEW))
    assert (told["id"], told["output"]) == (NEW, [{"id": "resp_1"}])


def test_an_id_in_escapes_is_renamed_all_the_same() -> None:
    assert json.loads(rename_answer(b'{"id":"resp\\u005f1"}', NEW)) == {"id": NEW}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":""}', b'{"id":7}'])
def test_what_has_no_id_stays(body: bytes) -> None:
    assert rename_answer(body, NEW) == body
    assert answer_id(body) == ""
    assert first_answer_id(b"data: " + body + b"\n\n") == ""
