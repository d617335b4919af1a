import json

import pytest

from mainstay.model.conversation import Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.gemini.answer import read_answer
from mainstay.wire.gemini.seal import Place, Signed, sealed
from tests.wire.gemini.golden import golden


def answer(*parts: object, finish_reason: str | None = "STOP") -> bytes:
    candidate = {"content": {"parts": parts}, "finishReason": finish_reason}
    return json.dumps({"candidates": [candidate]}).encode()


def kind_of(body: bytes) -> FaultKind:
    fault = read_answer(body)
    assert isinstance(fault, Fault)
    return fault.kind


def test_a_whole_answer_is_told_in_order() -> None:
    assert read_answer(golden("tools.json")) == WholeAnswer(
        "answer-1",
        "gemini-3-pro",
        (
            Thinking(text="Which city?"),
            Text("Let me look."),
            sealed(Signed("c2lnbmVk", Place.CALL, "weather"), ""),
            ToolCall("fc-1", "weather", '{"city":"Zürich","days":[1,2]}'),
            ToolCall("fc-2", "time", "{}"),
        ),
        Stop.TOOL,
        usage=Usage(input_tokens=120, output_tokens=42, cached_tokens=64, reasoning_tokens=33),
    )


def test_neighbouring_texts_are_one() -> None:
    told = read_answer(answer({"text": "a"}, {"text": "b"}))
    assert isinstance(told, WholeAnswer)
    assert told.parts == (Text("ab"),)


def test_a_blocked_prompt_is_filtered() -> None:
    told = read_answer(b'{"promptFeedback":{"blockReason":"SAFETY"}}')
    assert isinstance(told, WholeAnswer)
    assert (told.stop, told.parts) == (Stop.FILTER, ())


def test_a_limit_explains_an_empty_answer() -> None:
    told = read_answer(answer(finish_reason="MAX_TOKENS"))
    assert isinstance(told, WholeAnswer)
    assert told.stop is Stop.LENGTH


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", FaultKind.EMPTY),
        (answer(), FaultKind.EMPTY),
        (answer({"text": "hm", "thought": True}), FaultKind.EMPTY),
        (answer({"text": "a"}, finish_reason=None), FaultKind.MALFORMED),
        (answer({"text": "a"}, finish_reason="OTHER"), FaultKind.UNKNOWN),
        (answer({"inlineData": {}}), FaultKind.MALFORMED),
        (answer({"text": 5}), FaultKind.MALFORMED),
        (b"<html>Welcome</html>", FaultKind.MALFORMED),
        (b'{"candidates"', FaultKind.MALFORMED),
        (b'{"error":"what"}', FaultKind.MALFORMED),
        (golden("throttled.json"), FaultKind.THROTTLE),
        (b"[" + golden("throttled.json") + b"]", FaultKind.THROTTLE),
    ],
)
def test_what_is_no_answer_is_a_fault(body: bytes, kind: FaultKind) -> None:
    assert kind_of(body) is kind
