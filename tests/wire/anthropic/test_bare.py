import json
from collections.abc import Mapping
from typing import cast

import pytest

from mainstay.wire.anthropic.bare import without_thinking

Body = Mapping[str, object]
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "of another"}
HIDDEN = {"type": "redacted_thinking", "data": "x"}
SAID = {"type": "text", "text": "So."}
CALLED = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
ASKED = {"role": "user", "content": "Why?"}
ON = {"type": "enabled", "budget_tokens": 1024}


def stripped(*messages: Body) -> Body:
    body = json.dumps({"model": "m", "thinking": ON, "messages": list(messages), "top_k": 1}).encode()
    return cast("Body", json.loads(without_thinking(body)))


def test_thinking_goes_and_everything_else_stays() -> None:
    body = stripped(ASKED, {"role": "assistant", "content": [THOUGHT, HIDDEN, SAID]}, ASKED)
    assert body["messages"] == [ASKED, {"role": "assistant", "content": [SAID]}, ASKED]
    assert (body["thinking"], body["top_k"]) == (ON, 1)


def test_a_turn_of_thinking_alone_goes_with_it() -> None:
    assert stripped(ASKED, {"role": "assistant", "content": [THOUGHT]}, ASKED)["messages"] == [ASKED, ASKED]


def test_an_open_tool_turn_without_its_thinking_switches_thinking_off() -> None:
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "9"}]}
    body = stripped(ASKED, {"role": "assistant", "content": [THOUGHT, CALLED]}, result)
    assert "thinking" not in body
    assert body["messages"] == [ASKED, {"role": "assistant", "content": [CALLED]}, result]


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b'{"model": "m"}',
        b'{"messages": 7}',
        b'{ "messages": [{"role":"assistant","content":[{"type":"text","text":"thinking"}]}, 7, {"content":3}] }',
    ],
)
def test_a_body_without_thinking_keeps_every_byte(body: bytes) -> None:
    assert without_thinking(body) is body
