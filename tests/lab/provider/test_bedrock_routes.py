"""Every fault of the table, as the two voices of AWS Bedrock play it and as our readers understand it."""

import base64

import msgspec
import pytest

from mainstay.lab.provider.bedrock_routes import bedrock_voice, has_fault
from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.fault_table import FAULTS, FaultGroup
from mainstay.lab.provider.openai_chat import OpenaiChat
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.steps import Body, End, Head, Step
from mainstay.model.frame import Frame, FrameKind
from mainstay.model.piece import Done, Failed, Piece, Said, Stopped, WholeAnswer
from mainstay.wire.anthropic.stream import EventMeaning
from mainstay.wire.bedrock.codec import BedrockCodec
from mainstay.wire.bedrock.event_stream import CONTENT_TYPE
from mainstay.wire.bedrock.invoke import VERSION, ChunkDecoder
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter

CONVERSE = msgspec.json.encode({"messages": [{"role": "user", "content": [{"text": "hello"}]}]})
INVOCATION = msgspec.json.encode(
    {"anthropic_version": VERSION, "max_tokens": 9999, "messages": [{"role": "user", "content": "hello"}]}
)
CODEC = BedrockCodec()
PERSONALITY = Personality()
HARMLESS = [name for name, entry in FAULTS.items() if entry.group is FaultGroup.HARMLESS and name != "gzip"]
STATUS = [name for name, entry in FAULTS.items() if entry.group is FaultGroup.STATUS]


def steps_of(operation: str, fault: str = "ok", personality: Personality = PERSONALITY) -> list[Step]:
    body = CONVERSE if operation.startswith("converse") else INVOCATION
    return perform(ProviderRequest("POST", f"/model/a%3Ab/{operation}", body=body), parse_fault(fault), personality)


def head(steps: list[Step]) -> Head:
    return next(step for step in steps if isinstance(step, Head))


def body(steps: list[Step]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Body))


def pieces(fault: str = "ok") -> list[Piece]:
    steps = steps_of("converse-stream", fault)
    reader = CODEC.pieces()
    found = [piece for step in steps if isinstance(step, Body) for piece in reader.feed(step.data)]
    return found + (reader.close() if isinstance(steps[-1], End) else [])


def frames(fault: str = "ok") -> list[Frame]:
    decoder, reader = ChunkDecoder(), StreamReader(EventMeaning(), SseSplitter())
    steps = steps_of("invoke-with-response-stream", fault)
    return [frame for step in steps if isinstance(step, Body) for frame in reader.feed(decoder.feed(step.data))]


def said(found: list[Piece]) -> str:
    return "".join(piece.text for piece in found if isinstance(piece, Said))


def told(found: list[Frame]) -> str:
    return "".join(frame.text for frame in found)


def test_paths() -> None:
    assert bedrock_voice("/model/x/converse") is bedrock_voice("/model/y/converse-stream") is not None
    assert bedrock_voice("/model/x/invoke") is not None
    assert [bedrock_voice(path) for path in ("/model/x", "/messages", "/model/x/y/converse", "/model/x/oops")] == [
        None
    ] * 4


def test_both_voices_say_the_same() -> None:
    assert said(pieces()) == told(frames()) != ""
    answer = CODEC.read_answer(head(steps_of("converse")).headers, body(steps_of("converse")))
    assert isinstance(answer, WholeAnswer)
    assert answer.id
    assert msgspec.json.decode(body(steps_of("invoke")))["content"][0]["text"] == said(pieces())


def test_streams_are_binary_and_answers_are_json() -> None:
    for operation in ("converse-stream", "invoke-with-response-stream"):
        assert dict(head(steps_of(operation)).headers)["content-type"] == CONTENT_TYPE
    for operation in ("converse", "invoke"):
        assert dict(head(steps_of(operation)).headers)["content-type"] == "application/json"


@pytest.mark.parametrize("fault", HARMLESS)
def test_harmless_faults_are_harmless(fault: str) -> None:
    assert said(pieces(fault)) == said(pieces())
    assert pieces(fault)[-1] == Done()
    assert told(frames(fault)) == told(frames())
    assert frames(fault)[-1].kind is FrameKind.END


def test_faults_of_lines_are_for_others() -> None:
    voice = bedrock_voice("/model/x/converse")
    assert voice is not None
    assert not has_fault(voice, "crlf")
    assert has_fault(voice, "cut")
    assert has_fault(OpenaiChat(), "crlf")


@pytest.mark.parametrize("fault", STATUS)
@pytest.mark.parametrize("operation", ["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
def test_an_error_has_its_type_in_a_header(operation: str, fault: str) -> None:
    steps = steps_of(operation, fault)
    first = head(steps)
    assert first.status >= 400
    assert (fault in {"bad-gateway", "unknown-status"}) is ("x-amzn-errortype" not in dict(first.headers))
    assert b"__type" not in body(steps)
    assert ("content-length", str(len(body(steps)))) in first.headers


@pytest.mark.parametrize(
    "fault",
    ["reset", "cut", "cut:clean=true", "cut:torn=true", "cut:phase=preamble", "stall", "truncated-json", "early-finish",
     "close-early"],
)  # fmt: skip
def test_what_breaks_off_has_no_end(fault: str) -> None:
    assert not any(isinstance(piece, Done) for piece in pieces(fault))
    assert all(frame.kind is not FrameKind.END for frame in frames(fault) if fault != "early-finish")


@pytest.mark.parametrize("place", ["start", "preamble", "content"])
def test_errors_inside_a_stream_are_exceptions(place: str) -> None:
    last = pieces(f"inband-error:at={place}")[-1]
    assert isinstance(last, Failed)
    assert last.fault.code == "ServiceUnavailableException"
    fault = frames(f"inband-error:at={place}")[-1].fault
    assert fault is not None
    assert fault.code == "overloaded_error"


def test_a_whole_answer_may_be_an_error_too() -> None:
    steps = steps_of("converse", "inband-error:type=ThrottlingException")
    answer = CODEC.read_answer(head(steps).headers, body(steps))
    assert head(steps).status == 200
    assert not isinstance(answer, WholeAnswer)
    assert answer.code == "ThrottlingException"


def test_a_malformed_event_is_left_out() -> None:
    assert said(pieces("malformed-event")) == said(pieces())
    assert told(frames("malformed-event")) == told(frames())


def test_a_stream_without_its_last_event_has_ended_all_the_same() -> None:
    assert [type(piece) for piece in pieces("no-done")[-2:]] == [Stopped, Done]


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("operation", ["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
def test_every_fault_can_be_played(operation: str, fault: str) -> None:
    assert steps_of(operation, fault) == steps_of(operation, fault)


def test_keys() -> None:
    keyed = Personality(key="AKID:SECRET")
    refused = head(steps_of("converse", personality=keyed))
    assert (refused.status, dict(refused.headers)["x-amzn-errortype"]) == (403, "InvalidSignatureException")


def test_a_count() -> None:
    inner = base64.b64encode(INVOCATION).decode()
    asked = ProviderRequest(
        "POST", "/model/m/count-tokens", body=msgspec.json.encode({"input": {"invokeModel": {"body": inner}}})
    )
    assert msgspec.json.decode(body(perform(asked, parse_fault("ok"), PERSONALITY)))["inputTokens"] > 0
