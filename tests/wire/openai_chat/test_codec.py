import pytest

from mainstay.model.call import Call
from mainstay.model.catalogue import ABLE
from mainstay.model.conversation import Prompt
from mainstay.model.fault import FaultKind
from mainstay.model.http import Headers
from mainstay.model.piece import Began, WholeAnswer
from mainstay.wire.codec import CallerCodec, Target, UpstreamCodec, Written
from mainstay.wire.openai_chat.codec import OpenaiChatCodec
from mainstay.wire.openai_chat.request import read_call
from tests.wire.openai_chat.crossing import IDENTITY, golden, prompt_of
from tests.wire.streams import role_chunk

CODEC = OpenaiChatCodec()


def test_it_serves_both_sides() -> None:
    caller: CallerCodec = CODEC
    upstream: UpstreamCodec = CODEC
    call = read_call("/v1/chat/completions", "", (), golden("request_full.json"))
    assert isinstance(call, Call)
    assert isinstance(caller.read_prompt(call), Prompt)
    assert isinstance(upstream.write_prompt(prompt_of(), Target("gpt-4o", "u", ABLE)), Written)


def test_an_answer_from_one_chat_server_to_a_caller_of_another() -> None:
    answer = CODEC.read_answer((), golden("answer_text.json"))
    assert isinstance(answer, WholeAnswer)
    assert b'"content":"Hello!"' in CODEC.write_answer(prompt_of(), answer, IDENTITY)


def test_a_stream_likewise() -> None:
    (began,) = CODEC.pieces().feed(role_chunk())
    assert isinstance(began, Began)
    assert b'"role":"assistant"' in CODEC.writer(prompt_of(), IDENTITY).began(began)


def test_faults_are_those_of_the_dialect() -> None:
    body = b'{"error": {"message": "m", "code": "context_length_exceeded"}}'
    assert CODEC.classify(400, (), body, 0.0).kind is FaultKind.CONTEXT


@pytest.mark.parametrize(
    ("headers", "is_stream"),
    [
        ((("content-type", "text/event-stream; charset=utf-8"),), True),
        ((), True),
        ((("content-type", "application/json"),), False),
    ],
)
def test_what_is_a_stream(headers: Headers, *, is_stream: bool) -> None:
    assert CODEC.is_stream(headers) is is_stream
