import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import FaultKind
from mainstay.model.frame import FrameKind
from mainstay.wire.anthropic.dialect import AnthropicDialect
from mainstay.wire.anthropic.stream import EventMeaning
from mainstay.wire.bedrock.event_stream import event, exception
from mainstay.wire.bedrock.invoke import VERSION, ChunkDecoder, count_body, invocation, unwrapped
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.bedrock.service import request_report
from tests.wire.streams import ANTHROPIC_TEXT, ANTHROPIC_TOOLS, pieces_of, read

DIALECT = AnthropicDialect()
BODY = b'{"model": "m", "max_tokens":  5, "messages": [ {"role":"user","content":"\\u0048i"} ], "stream": true}'
COUNT = Call("anthropic", CallKind.COUNT_TOKENS, "/v1/messages/count_tokens", "m", False, (), b"")  # noqa: FBT003


def chunk(data: bytes, padding: str = "abc") -> bytes:
    return event("chunk", json.dumps({"bytes": base64.b64encode(data).decode(), "p": padding}).encode())


def chunks(events: list[bytes]) -> list[bytes]:
    return [chunk(one.data) for one in SseSplitter().feed(b"".join(events)) if one.data is not None]


def decoded(*pieces: bytes) -> bytes:
    decoder = ChunkDecoder()
    return b"".join(decoder.feed(piece) for piece in pieces)


def test_an_invocation_differs_in_its_envelope_alone() -> None:
    written = invocation(BODY, ())
    assert written == (
        b'{"max_tokens":5,"messages":[ {"role":"user","content":"\\u0048i"} ],"anthropic_version":"bedrock-2023-05-31"}'
    )


def test_the_beta_header_moves_into_the_body() -> None:
    headers = (("anthropic-beta", "a, b"), ("anthropic-beta", "b,c"), ("anthropic-version", "2023-06-01"))
    assert json.loads(invocation(BODY, headers))["anthropic_beta"] == ["a", "b", "c"]
    assert "anthropic_beta" not in json.loads(invocation(BODY, (("anthropic-beta", ""),)))


def test_a_version_of_the_caller_does_not_stay() -> None:
    written = invocation(b'{"anthropic_version":"2023-06-01","messages":[]}', ())
    assert json.loads(written) == {"anthropic_version": VERSION, "messages": []}


def test_what_is_no_object_is_left_to_the_service() -> None:
    assert invocation(b"[]", ()) == b"[]"


def test_a_count_holds_an_invocation() -> None:
    body = count_body(b'{"model":"m","messages":[]}', ())
    assert request_report(body, "CountTokens") == ""
    counted = json.loads(base64.b64decode(json.loads(body)["input"]["invokeModel"]["body"]))
    assert counted == {"messages": [], "anthropic_version": VERSION, "max_tokens": 1}
    kept = json.loads(base64.b64decode(json.loads(count_body(BODY, ()))["input"]["invokeModel"]["body"]))
    assert kept["max_tokens"] == 5


@pytest.mark.parametrize("stream", [ANTHROPIC_TEXT, ANTHROPIC_TOOLS])
def test_a_stream_comes_out_as_the_dialects_own(stream: list[bytes]) -> None:
    frames = read(StreamReader(EventMeaning(), SseSplitter()), [decoded(*chunks(stream))])
    plain = [one.raw for one in SseSplitter().feed(b"".join(stream)) if one.data is not None]
    assert [frame.kind for frame in frames] == [
        frame.kind for frame in read(StreamReader(EventMeaning(), SseSplitter()), plain)
    ]
    assert frames[-1].kind is FrameKind.END


@given(st.lists(st.integers(0, 5000), max_size=20))
def test_any_cuts_give_the_same_bytes(cuts: list[int]) -> None:
    stream = b"".join(chunks(ANTHROPIC_TOOLS))
    assert decoded(*pieces_of(stream, cuts)) == decoded(stream)


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("throttlingException", "Slow down.", FaultKind.THROTTLE),
        ("serviceUnavailableException", "Busy.", FaultKind.OVERLOAD),
        ("modelNotReadyException", "Loading.", FaultKind.OVERLOAD),
        ("internalServerException", "Oh.", FaultKind.SERVER),
        ("modelStreamErrorException", "Oh.", FaultKind.SERVER),
        ("modelTimeoutException", "Oh.", FaultKind.SERVER),
        ("validationException", "Wrong.", FaultKind.REQUEST),
        ("validationException", "Input is too long.", FaultKind.CONTEXT),
        ("accessDeniedException", "No.", FaultKind.AUTH),
        ("resourceNotFoundException", "No.", FaultKind.MODEL_GONE),
    ],
)
def test_an_exception_means_the_same_to_the_dialect(name: str, message: str, kind: FaultKind) -> None:
    failed = exception(name, json.dumps({"message": message}).encode())
    written = decoded(*chunks(ANTHROPIC_TEXT[:3]), failed, chunk(b'{"type":"ping"}'))
    last = read(StreamReader(EventMeaning(), SseSplitter()), [written])[-1]
    assert last.fault is not None
    assert last.fault.kind is kind
    assert message in last.fault.message
    assert written.endswith(last.raw)


def test_what_follows_an_exception_in_the_same_bytes_is_passed_over() -> None:
    failed = exception("throttlingException", b"{}")
    assert decoded(failed + chunk(b'{"type":"ping"}') + b"\0" * 20) == decoded(failed)


def test_damaged_framing_is_an_error_of_the_service() -> None:
    decoder = ChunkDecoder()
    written = decoder.feed(chunk(b'{"type":"ping"}') + b"\0" * 20)
    assert written.startswith(b'event: ping\ndata: {"type":"ping"}\n\nevent: error\n')
    assert b'"api_error"' in written
    assert decoder.feed(chunk(b'{"type":"ping"}')) == b""


def test_other_events_are_passed_over() -> None:
    assert decoded(event("initial-response", b"{}")) == b""


@pytest.mark.parametrize("payload", [b"{}", b'{"bytes":"!"}', b'{"bytes":"e30="}', b"oops"])
def test_a_malformed_chunk_is_left_to_the_dialects_reader(payload: bytes) -> None:
    reader = StreamReader(EventMeaning(), SseSplitter())
    assert reader.feed(decoded(event("chunk", payload))) == []
    assert reader.dropped == 1


@pytest.mark.parametrize(
    ("status", "name", "message", "kind", "told"),
    [
        (400, "ServiceQuotaExceededException", "Full.", FaultKind.THROTTLE, 429),
        (424, "ModelErrorException", "Oh.", FaultKind.SERVER, 500),
        (503, "ServiceUnavailableException", "Busy.", FaultKind.OVERLOAD, 529),
        (404, "ResourceNotFoundException", "Gone.", FaultKind.MODEL_GONE, 404),
        (403, "ExpiredTokenException", "Old.", FaultKind.AUTH, 403),
        (400, "ValidationException", "Input is too long for requested model.", FaultKind.CONTEXT, 400),
        (400, "ValidationException", "Wrong.", FaultKind.REQUEST, 400),
        (500, "", "", FaultKind.SERVER, 500),
    ],
)
def test_a_whole_error_means_the_same_to_the_dialect(
    status: int, name: str, message: str, kind: FaultKind, told: int
) -> None:
    body = json.dumps({"message": message}).encode()
    new_status, written = unwrapped(status, (("x-amzn-errortype", name),), body)
    fault = DIALECT.classify(new_status, (), written, 0.0)
    assert (fault.kind, new_status) == (kind, told)
    assert message in fault.message


def test_answers_pass_and_counts_change_their_name() -> None:
    message = b'{"type":"message","content":[],"usage":{"input_tokens":1}}'
    assert unwrapped(200, (), message) == (200, message)
    status, body = unwrapped(200, (), b'{"inputTokens": 12}')
    assert (status, msgspec.json.decode(body)) == (200, {"input_tokens": 12})
    assert DIALECT.read_answer(COUNT, (), body).fault is None
