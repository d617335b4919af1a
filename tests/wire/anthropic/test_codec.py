import pytest

from mainstay.model.call import Call
from mainstay.model.conversation import Prompt
from mainstay.model.fault import FaultKind
from mainstay.model.http import Headers
from mainstay.model.piece import Began, Done, Said, Stop, Stopped, WholeAnswer
from mainstay.wire.anthropic.codec import AnthropicCodec
from mainstay.wire.anthropic.request import read_call
from mainstay.wire.codec import CallerCodec, UpstreamCodec, Written
from tests.wire.anthropic.neutral import GOLDEN, IDENTITY, prompt, target
from tests.wire.streams import ANTHROPIC_TEXT

CODEC = AnthropicCodec()
CALLER: CallerCodec = CODEC
UPSTREAM: UpstreamCodec = CODEC


def test_a_request_in_and_out() -> None:
    call = read_call("/v1/messages", "", (), (GOLDEN / "request.json").read_bytes())
    assert isinstance(call, Call)
    read = CALLER.read_prompt(call)
    assert isinstance(read, Prompt)
    assert isinstance(UPSTREAM.write_prompt(read, target()), Written)


def test_a_whole_answer_in_and_out() -> None:
    answer = UPSTREAM.read_answer((), (GOLDEN / "answer.json").read_bytes())
    assert isinstance(answer, WholeAnswer)
    assert UPSTREAM.read_answer((), CALLER.write_answer(prompt(), answer, IDENTITY)) == answer


def test_a_stream_in_and_out() -> None:
    writer = CALLER.writer(prompt(), IDENTITY)
    stream = writer.began(Began()) + writer.said("Hi") + writer.stopped(Stopped(Stop.END)) + writer.done()
    pieces = UPSTREAM.pieces().feed(stream)
    assert [type(piece) for piece in pieces] == [Began, Said, Stopped, Done]
    assert UPSTREAM.pieces().feed(b"".join(ANTHROPIC_TEXT))[-1] == Done()


def test_an_error_means_what_it_means_in_the_dialect() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}'
    assert UPSTREAM.classify(529, (), body, 0.0).kind is FaultKind.OVERLOAD


@pytest.mark.parametrize(
    ("headers", "is_stream"),
    [
        ((), True),
        ((("content-type", "text/event-stream; charset=utf-8"),), True),
        ((("content-type", " Text/Event-Stream"),), True),
        ((("content-type", "application/json"),), False),
    ],
)
def test_what_a_stream_looks_like(headers: Headers, is_stream: bool) -> None:  # noqa: FBT001 (parameter)
    assert UPSTREAM.is_stream(headers) is is_stream
