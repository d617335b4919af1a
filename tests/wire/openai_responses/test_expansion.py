import json

import pytest

from mainstay.model.conversation import Thinking
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire import envelope
from mainstay.wire.openai_responses.expansion import (
    EXPANDED_BYTES_MAX,
    expanded,
    in_progress_object,
    response_object,
)
from tests.wire.openai_responses.native import Json, Native, first, golden, response
from tests.wire.openai_responses.sdk import whole

SEALED = envelope.seal(Thinking("anthropic", "Hm", "sig"))


def asked(**fields: object) -> bytes:
    return json.dumps({"model": "m", **fields}).encode()


def answered(*output: Json) -> bytes:
    return json.dumps(response("resp_1", "completed", output)).encode()


def told(body: bytes, *history: tuple[bytes, bytes]) -> Json:
    full = expanded(body, history)
    assert isinstance(full, bytes), full
    return dict(json.loads(full))


def test_what_was_said_before_comes_first() -> None:
    message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": []}
    call: Json = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "c", "name": "f"}
    result: Json = {"type": "function_call_output", "call_id": "c", "output": "12"}
    again = told(
        asked(previous_response_id="resp_2", input=[result], temperature=0.5),
        (asked(input="Hi", instructions="Be brief.", tools=[]), answered(message)),
        (asked(input=[{"role": "user", "content": "And?"}]), answered(call)),
    )
    assert again == {
        "model": "m",
        "temperature": 0.5,
        "input": [
            {"type": "message", "role": "user", "content": "Hi"},
            {"type": "message", "role": "assistant", "content": []},
            {"role": "user", "content": "And?"},
            {"type": "function_call", "call_id": "c", "name": "f"},
            result,
        ],
    }


def test_reasoning_is_kept_with_what_its_provider_needs() -> None:
    theirs: Json = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    ours: Json = {"id": "rs_2", "type": "reasoning", "summary": [], "encrypted_content": SEALED}
    again = told(asked(input=[]), (asked(input="Hi"), answered(theirs, ours)))
    assert again["input"] == [
        {"type": "message", "role": "user", "content": "Hi"},
        theirs,
        {"type": "reasoning", "summary": [], "encrypted_content": SEALED},
    ]


def test_without_input_the_conversation_alone_goes_on() -> None:
    assert told(asked(previous_response_id="r"), (asked(), answered()))["input"] == []


def test_odd_items_pass_for_the_provider_to_judge() -> None:
    assert told(asked(input=[7]), (asked(input=["x"]), b'{"output":[8]}'))["input"] == ["x", 8, 7]


@pytest.mark.parametrize(
    ("body", "history"),
    [
        (b"{", ()),
        (asked(input=7), ()),
        (asked(), ((b"[]", b"{}"),)),
        (asked(), ((b"{}", b'{"output":{}}'),)),
    ],
)
def test_what_makes_no_sense_is_refused(body: bytes, history: tuple[tuple[bytes, bytes], ...]) -> None:
    fault = expanded(body, history)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.REQUEST


def test_a_conversation_has_a_bound() -> None:
    long = asked(input="x" * (EXPANDED_BYTES_MAX // 2))
    fault = expanded(asked(input="Hi"), ((long, b"{}"), (long, b"{}")))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.status) == (FaultKind.CONTEXT, 400)


def test_the_response_stands_in_the_last_event() -> None:
    found = response_object(golden("stream_text.sse") + b": recovered\n\n")
    assert found is not None
    assert whole(found).output_text == "Hello, wörld 🌍!\n\nSecond “paragraph”."
    assert response_object(first(golden("stream_text.sse"), 5)) is None
    failed = response_object(golden("stream_failed.sse"))
    assert failed is not None
    assert whole(failed).status == "failed"


def test_a_response_that_runs_shows_what_is_done() -> None:
    native = Native()
    events = native.begin() + native.said("One") + native.message() + native.text("tw")
    running = whole(in_progress_object(events, "resp_ours"))
    assert (running.id, running.status, running.output_text) == ("resp_ours", "in_progress", "One")


def test_a_response_without_an_event_waits() -> None:
    waiting = whole(in_progress_object(b"", "resp_ours", "m"))
    assert (waiting.id, waiting.status, waiting.model, waiting.output) == ("resp_ours", "queued", "m", [])


def test_a_response_that_is_over_is_shown_as_it_ended() -> None:
    over = whole(in_progress_object(golden("stream_text.sse"), "resp_a1"))
    assert (over.status, len(over.output)) == ("completed", 1)
