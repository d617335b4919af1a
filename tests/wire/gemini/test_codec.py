import pytest

from mainstay.model.catalogue import ABLE
from mainstay.model.conversation import Prompt, Role, Text, Turn
from mainstay.model.fault import FaultKind
from mainstay.model.piece import Said, WholeAnswer
from mainstay.wire.codec import Target, UpstreamCodec, Written
from mainstay.wire.gemini.codec import GeminiCodec
from tests.wire.gemini.golden import golden

CODEC: UpstreamCodec = GeminiCodec()


def test_it_speaks_for_every_part_of_the_dialect() -> None:
    prompt = Prompt("anthropic", "m", (Turn(Role.USER, (Text("hi"),)),))
    assert isinstance(CODEC.write_prompt(prompt, Target("g", "google", ABLE)), Written)
    assert isinstance(CODEC.read_answer((), golden("tools.json")), WholeAnswer)
    assert Said("Hello") in CODEC.pieces().feed(golden("text.sse"))
    assert CODEC.classify(503, (), b"", 0.0).kind is FaultKind.SERVER


@pytest.mark.parametrize(
    ("content_type", "is_stream"),
    [("text/event-stream", True), ("Text/Event-Stream; charset=utf-8", True), ("application/json", False), ("", False)],
)
def test_a_stream_is_told_by_its_type(content_type: str, *, is_stream: bool) -> None:
    assert CODEC.is_stream((("content-type", content_type),)) is is_stream
    assert CODEC.is_stream(()) is False
