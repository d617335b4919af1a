import pytest

from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.bedrock import Bedrock, asked_model, count_tokens
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp
from mainstay.model.conversation import Text, Thinking
from mainstay.model.conversation import ToolCall as NeutralCall
from mainstay.model.piece import Called, Counted, Done, Failed, Piece, Said, Sealed, Stopped, WholeAnswer
from mainstay.wire.bedrock.answer import read_answer
from mainstay.wire.bedrock.stream import ConverseReader
from tests.wire.bedrock.service import answer_report

VOICE = Bedrock()
STAMP = Stamp("primary", "0123456789abcdef", 0.0)
ASK = Ask(model="m", stream=True, conversation=(), input_tokens=100, cached_tokens=40)
RICH = Turn(text="one two three", thinking="Hm, hm.", tool_calls=(ToolCall("f", '{"a":"Zürich"}'),), stop=Stop.TOOL)


def pieces(turn: Turn) -> list[Piece]:
    return ConverseReader().feed(b"".join(part.data for part in VOICE.stream(ASK, turn, STAMP, Manner())))


def whole(turn: Turn) -> WholeAnswer:
    body = VOICE.plain(ASK, turn, STAMP)
    assert answer_report(body) == ""
    answer = read_answer((), body)
    assert isinstance(answer, WholeAnswer)
    return answer


def test_a_whole_answer_and_a_stream_say_the_same() -> None:
    answer, stream = whole(RICH), pieces(RICH)
    text = "".join(piece.text for piece in stream if isinstance(piece, Said))
    calls = [piece.call for piece in stream if isinstance(piece, Called)]
    sealed = [piece.thinking for piece in stream if isinstance(piece, Sealed)]
    assert answer.parts == (*sealed, Text(text), *calls)
    assert [type(part) for part in answer.parts] == [Thinking, Text, NeutralCall]
    assert stream[-3:] == [Stopped(answer.stop), Counted(answer.usage), Done()] if answer.usage else False


def test_usage_leaves_the_cache_out_of_the_input() -> None:
    usage = whole(RICH).usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (100, 40, RICH.output_tokens)


@pytest.mark.parametrize("stop", list(Stop))
def test_every_stop_reason_is_one_of_the_service(stop: Stop) -> None:
    whole(Turn(text="a", stop=stop))


def test_a_refusal_says_so() -> None:
    assert whole(Turn(stop=Stop.REFUSAL, refusal="No.")).parts == (Text("No."),)


def test_the_parts_of_a_stream_have_their_kinds() -> None:
    kinds = [part.kind for part in VOICE.stream(ASK, RICH, STAMP, Manner(words_per_event=9))]
    assert kinds[:3] == [PartKind.PREAMBLE, PartKind.THINKING, PartKind.THINKING]
    assert kinds[-2:] == [PartKind.FINISH, PartKind.END]
    assert {PartKind.TEXT, PartKind.TOOL} <= set(kinds)
    parts = VOICE.stream(ASK, RICH, STAMP, Manner())
    assert sum(part.chars for part in parts) == len("one two three")


def test_a_broken_call_still_has_an_object_where_there_must_be_one() -> None:
    broken = Turn(tool_calls=(ToolCall("f", '{"a'),), stop=Stop.TOOL)
    assert b"INVALID_JSON" in VOICE.plain(ASK, broken, STAMP)
    assert isinstance(pieces(broken)[-1], Failed)


def test_errors() -> None:
    answer = ErrorAnswer(429, "ThrottlingException", "slow", "rate_limit_exceeded")
    assert VOICE.error(answer, STAMP) == b'{"__type":"ThrottlingException","message":"slow"}'
    (failed,) = ConverseReader().feed(VOICE.inband_error(answer, (), as_response=False))
    assert isinstance(failed, Failed)
    assert failed.fault.code == "ThrottlingException"


def test_the_model_stands_in_the_path() -> None:
    path = "/model/arn%3Aaws%3Abedrock%2Fx/converse-stream"
    assert asked_model(ProviderRequest("POST", path)) == "arn:aws:bedrock/x"
    ask = VOICE.read(ProviderRequest("POST", path, body=b'{"messages":[{"role":"user","content":[{"text":"a"}]}]}'))
    assert isinstance(ask, Ask)
    assert (ask.model, ask.stream) == ("arn:aws:bedrock/x", True)
    assert asked_model(ProviderRequest("POST", "/model")) == ""
    assert isinstance(VOICE.read(ProviderRequest("POST", path)), Problem)


def test_events_that_nobody_knows_are_harmless() -> None:
    data = VOICE.ping() + VOICE.event("lab_notice", b"{}")
    reader = ConverseReader()
    reader.feed(data + VOICE.event("content_block_delta", b"{oops"))
    assert reader.dropped == 1


def test_ids_models_and_counts() -> None:
    assert len(dict(VOICE.headers(STAMP))["x-amzn-requestid"]) == 36
    assert b'"modelId":"a"' in VOICE.models(("a",))
    assert b'"modelId":"a"' in VOICE.model("a")
    assert count_tokens(ASK) == b'{"inputTokens":100}'
