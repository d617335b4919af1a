from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import Prompt, Role, Text, Turn
from mainstay.model.fault import FaultKind
from mainstay.model.piece import Done, Stop, WholeAnswer
from mainstay.wire.bedrock.codec import BedrockCodec
from mainstay.wire.codec import Target, UpstreamCodec, Written
from tests.wire.bedrock.service import golden, golden_stream

CODEC: UpstreamCodec = BedrockCodec()


def test_everything_is_in_its_place() -> None:
    prompt = Prompt("anthropic", "m", (Turn(Role.USER, (Text("Hi"),)),))
    written = CODEC.write_prompt(prompt, Target("amazon.nova-pro-v1:0", "b", Capabilities()))
    assert isinstance(written, Written)
    assert written.path == "/model/amazon.nova-pro-v1%3A0/converse"
    answer = CODEC.read_answer((), golden("answer.json"))
    assert isinstance(answer, WholeAnswer)
    assert answer.stop is Stop.TOOL
    assert CODEC.pieces().feed(b"".join(golden_stream("stream_text.jsonl")))[-1] == Done()
    assert CODEC.classify(429, (), b"", 0.0).kind is FaultKind.THROTTLE


def test_each_stream_has_a_reader_of_its_own() -> None:
    assert CODEC.pieces() is not CODEC.pieces()


def test_streams_are_known_by_their_content_type() -> None:
    assert CODEC.is_stream((("content-type", "Application/Vnd.Amazon.EventStream; x=y"),))
    assert not CODEC.is_stream((("content-type", "application/json"),))
    assert not CODEC.is_stream(())
