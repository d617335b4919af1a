import json

import pytest

from mainstay.wire.openai_responses.bare import without_reasoning

THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "of another"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So."}]}


def test_reasoning_goes_and_everything_else_stays() -> None:
    body = json.dumps(
        {"model": "m", "input": [{"role": "user", "content": "a"}, THOUGHT, SAID], "store": False}
    ).encode()
    assert json.loads(without_reasoning(body)) == {
        "model": "m",
        "input": [{"role": "user", "content": "a"}, SAID],
        "store": False,
    }


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"input": "text"}', b'{ "input": [{"type": "message"}, 7] }'])
def test_a_body_without_reasoning_keeps_every_byte(body: bytes) -> None:
    assert without_reasoning(body) is body
