import base64

import msgspec
import pytest

from mainstay.lab.provider.anthropic import Anthropic
from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.bedrock_invoke import VERSION, BedrockInvoke, chunk
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.turn import Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp
from mainstay.model.http import Headers
from mainstay.wire.bedrock.invoke import ChunkDecoder

VOICE = BedrockInvoke()
STAMP = Stamp("primary", "0123456789abcdef", 0.0)
ASK = Ask(model="m", stream=True, conversation=(), input_tokens=100)
BODY = {"anthropic_version": VERSION, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}


def asked(operation: str = "invoke", headers: Headers = (), members: dict[str, object] | None = None) -> Ask | Problem:
    body = msgspec.json.encode({**BODY, **(members or {})})
    return VOICE.read(ProviderRequest("POST", f"/model/a%3Ab/{operation}", headers=headers, body=body))


@pytest.mark.parametrize(("operation", "stream"), [("invoke", False), ("invoke-with-response-stream", True)])
def test_the_path_says_model_and_stream(operation: str, stream: bool) -> None:  # noqa: FBT001
    ask = asked(operation)
    assert isinstance(ask, Ask)
    assert (ask.model, ask.stream, ask.max_tokens) == ("a:b", stream, 5)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"model": "m"}, "extraneous key [model]"),
        ({"stream": True}, "extraneous key [stream]"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version"),
        ({"messages": []}, "at least one message"),
        ({"anthropic_version": 7}, "Malformed"),
    ],
)
def test_bodies_that_are_refused(members: dict[str, object], words: str) -> None:
    problem = asked(members=members)
    assert isinstance(problem, Problem)
    assert words in problem.message


def test_anthropics_own_headers_are_out_of_place() -> None:
    assert isinstance(asked(headers=(("anthropic-version", "2023-06-01"),)), Problem)


def test_a_stream_is_anthropics_own_in_chunks() -> None:
    turn, manner = Turn(text="one two three"), Manner()
    wrapped = VOICE.stream(ASK, turn, STAMP, manner)
    plain = Anthropic().stream(ASK, turn, STAMP, manner)
    decoder = ChunkDecoder()
    unpacked = [decoder.feed(part.data) for part in wrapped]
    assert unpacked[:-1] == [part.data for part in plain[:-1]]
    assert b"amazon-bedrock-invocationMetrics" in unpacked[-1]
    assert [(part.kind, part.chars) for part in wrapped] == [(part.kind, part.chars) for part in plain]


def test_whole_answers_are_anthropics_own() -> None:
    assert VOICE.plain(ASK, Turn(text="a"), STAMP) == Anthropic().plain(ASK, Turn(text="a"), STAMP)
    assert VOICE.models(("a",)) == Anthropic().models(("a",))
    assert VOICE.model("a") == Anthropic().model("a")


def test_what_is_counted_is_an_invocation_or_a_conversation() -> None:
    inner = base64.b64encode(msgspec.json.encode(BODY)).decode()
    counted = [
        {"invokeModel": {"body": inner}},
        {"converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}},
    ]
    for one in counted:
        request = ProviderRequest("POST", "/model/m/count-tokens", body=msgspec.json.encode({"input": one}))
        assert isinstance(VOICE.read(request), Ask)
    for bad in (b"{}", b'{"input":{"invokeModel":{"body":"!"}}}', b'{"input":{"invokeModel":{"body":"e30="}}}'):
        assert isinstance(VOICE.read(ProviderRequest("POST", "/model/m/count-tokens", body=bad)), Problem)


def test_errors_and_keep_alives() -> None:
    answer = ErrorAnswer(429, "ThrottlingException", "slow", "rate_limit_exceeded")
    assert VOICE.error(answer, STAMP) == b'{"__type":"ThrottlingException","message":"slow"}'
    failed = ChunkDecoder().feed(VOICE.inband_error(answer, (), as_response=False))
    assert b"rate_limit_error" in failed
    assert ChunkDecoder().feed(VOICE.ping()) == b'event: ping\ndata: {"type":"ping"}\n\n'
    assert VOICE.event("lab_notice", b"{}") == chunk(b"{}")
    assert dict(VOICE.headers(STAMP))["x-amzn-requestid"]
