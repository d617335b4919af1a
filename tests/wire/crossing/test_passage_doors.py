"""The way through a platform's door: what goes out is wrapped, what comes back is unwrapped before it is read."""

import msgspec
import pytest

from mainstay.model.call import Call
from mainstay.model.catalogue import Platform
from mainstay.model.fault import FaultKind
from mainstay.model.frame import FrameKind
from mainstay.model.http import Headers, Outgoing
from mainstay.model.ports import Passage
from mainstay.wire.registry import SPEECH
from tests.wire.crossing.toy import WRAP, Wrapper
from tests.wire.crossing.world import ANSWER_TEXT, CHAT_ANSWER, SAID, WALL, call, candidate, passages
from tests.wire.streams import CHAT_TEXT, read, text_of

WRAPPED_SPEECH = msgspec.structs.replace(
    SPEECH, doors={(Platform.AZURE, "openai-chat"): Wrapper(), (Platform.AZURE, "anthropic"): Wrapper()}
)
WRAPPED: Headers = (("content-type", "wrapped"),)
BEHIND_A_DOOR = candidate("openai-chat", platform=Platform.AZURE)


def behind_a_door(asked: Call) -> Passage:
    return passages(asked, speech=WRAPPED_SPEECH).to(BEHIND_A_DOOR)


@pytest.mark.parametrize("caller", ["openai-chat", "anthropic"], ids=["verbatim", "translated"])
def test_a_request_and_its_key_go_through_the_door(caller: str) -> None:
    made = behind_a_door(call(caller)).request("secret", WALL)
    assert isinstance(made, Outgoing)
    assert made.body.startswith(WRAP)
    assert ("key", "secret") in made.headers
    assert "authorization" not in dict(made.headers)


@pytest.mark.parametrize("caller", ["openai-chat", "anthropic"], ids=["verbatim", "translated"])
def test_the_rest_is_asked_for_through_the_door_too(caller: str) -> None:
    made = behind_a_door(call(caller)).continuation("secret", WALL, SAID)
    assert made is not None
    assert made.body.startswith(WRAP)
    assert ("key", "secret") in made.headers


@pytest.mark.parametrize("caller", ["openai-chat", "anthropic"], ids=["verbatim", "translated"])
def test_a_platforms_words_for_a_fault_are_the_dialects(caller: str) -> None:
    way = behind_a_door(call(caller))
    fault = way.classify(418, (), WRAP + b'{"error":{"message":"Busy."}}', WALL)
    assert (fault.kind, fault.status, fault.message) == (FaultKind.OVERLOAD, 529, "Busy.")


def test_within_a_dialect_a_wrapped_answer_reaches_the_caller_unwrapped() -> None:
    assert behind_a_door(call("openai-chat")).read_answer((), WRAP + CHAT_ANSWER).body == CHAT_ANSWER
    assert behind_a_door(call("openai-chat")).read_answer((), CHAT_ANSWER).body is None


def test_across_a_wrapped_answer_is_understood() -> None:
    answer = behind_a_door(call()).read_answer((), WRAP + CHAT_ANSWER)
    assert answer.fault is None
    assert answer.body is not None
    assert b"Hello" in answer.body


@pytest.mark.parametrize("caller", ["openai-chat", "anthropic"], ids=["verbatim", "translated"])
def test_a_wrapped_stream_is_one_and_is_understood(caller: str) -> None:
    way = behind_a_door(call(caller, stream=True))
    assert way.is_stream(WRAPPED)
    assert dict(way.response_headers(WRAPPED))["content-type"].startswith("text/event-stream")
    told = read(way.frames(WRAPPED), [WRAP + event for event in CHAT_TEXT])
    assert text_of(told) == ANSWER_TEXT
    assert way.frames(WRAPPED).dropped == 0


# -- a real door


def test_a_platforms_envelope_is_a_stream_whose_headers_are_ours() -> None:
    way = passages(call(stream=True)).to(candidate("anthropic", platform=Platform.BEDROCK))
    packed: Headers = (("content-type", "application/vnd.amazon.eventstream"), ("x-amzn-requestid", "1"))
    assert way.is_stream(packed)
    assert dict(way.response_headers(packed))["content-type"].startswith("text/event-stream")
    assert "x-amzn-requestid" not in dict(way.response_headers(packed))


def test_a_real_envelope_that_is_broken_is_an_error_in_the_callers_stream() -> None:
    way = passages(call("openai-chat", stream=True)).to(candidate("anthropic", platform=Platform.BEDROCK))
    packed: Headers = (("content-type", "application/vnd.amazon.eventstream"),)
    assert way.is_stream(packed)
    reader = way.frames(packed)
    (error,) = [*reader.feed(b"\x00" * 64), *reader.close()]
    assert (error.kind, reader.dropped) == (FrameKind.ERROR, 0)
