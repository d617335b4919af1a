from mainstay.model.call import Call
from mainstay.model.catalogue import ABLE
from mainstay.model.conversation import Prompt, Role, Text, Turn
from mainstay.model.fault import FaultKind
from mainstay.model.piece import Began, Done, Piece, Said, Stop, Stopped, WholeAnswer
from mainstay.wire.codec import CallerCodec, Identity, StreamWriter, Target, UpstreamCodec, Written
from mainstay.wire.openai_responses.codec import OpenaiResponsesCallerCodec, OpenaiResponsesUpstreamCodec
from mainstay.wire.openai_responses.request import read_call
from tests.wire.openai_responses.native import golden
from tests.wire.openai_responses.sdk import streamed

CALLER: CallerCodec = OpenaiResponsesCallerCodec()
UPSTREAM: UpstreamCodec = OpenaiResponsesUpstreamCodec()
WHO = Identity("ex_1", 1760000000, "gpt", "openai")
PROMPT = Prompt("openai-responses", "m", (Turn(Role.USER, (Text("Hi"),)),))


def write(writer: StreamWriter, piece: Piece) -> bytes:
    match piece:
        case Began():
            return writer.began(piece)
        case Said():
            return writer.said(piece.text)
        case Stopped():
            return writer.stopped(piece)
        case Done():
            return writer.done()
        case _:
            return b""


def test_a_request_there_and_back() -> None:
    call = read_call("/v1/responses", "", (), b'{"model":"m","input":"Hi"}')
    assert isinstance(call, Call)
    prompt = CALLER.read_prompt(call)
    assert isinstance(prompt, Prompt)
    written = UPSTREAM.write_prompt(prompt, Target("gpt", "openai", ABLE))
    assert isinstance(written, Written)
    again = read_call("/v1/responses", "", (), written.body)
    assert isinstance(again, Call)
    read = CALLER.read_prompt(again)
    assert isinstance(read, Prompt)
    assert read.turns == prompt.turns


def test_a_stream_there_and_back() -> None:
    pieces = UPSTREAM.pieces().feed(golden("stream_text.sse"))
    writer = CALLER.writer(PROMPT, WHO)
    final = streamed(b"".join(write(writer, piece) for piece in pieces))
    assert final.output_text == "Hello, wörld 🌍!\n\nSecond “paragraph”."


def test_an_answer_there_and_back() -> None:
    answer = UPSTREAM.read_answer((), golden("answer_tools.json"))
    assert isinstance(answer, WholeAnswer)
    again = UPSTREAM.read_answer((), CALLER.write_answer(PROMPT, answer, WHO))
    assert isinstance(again, WholeAnswer)
    assert (again.stop, again.parts[1:], again.usage) == (Stop.TOOL, answer.parts[1:], answer.usage)


def test_errors_and_kinds_of_answers() -> None:
    assert UPSTREAM.classify(429, (), b"", 0.0).kind is FaultKind.THROTTLE
    assert UPSTREAM.is_stream((("content-type", "Text/Event-Stream; charset=utf-8"),))
    assert not UPSTREAM.is_stream((("content-type", "application/json"),))
    assert UPSTREAM.is_stream(())
