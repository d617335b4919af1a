import msgspec
import pytest

from mainstay.lab.provider.bedrock_body import Body, Reasoning
from tests.wire.bedrock.service import golden

DECODER = msgspec.json.Decoder(Body)


def test_a_rich_request_is_read() -> None:
    body = DECODER.decode(golden("request.json"))
    assert [message.role for message in body.messages] == ["user", "assistant", "user"]
    assert body.messages[1].text == "Let me look."
    assert body.additional_model_request_fields.thinking.is_on
    assert body.output_config.text_format is not None


@pytest.mark.parametrize("field", ["maxTokens", "messages.role", "modelId", "inference_config"])
def test_members_that_the_service_does_not_know_are_refused(field: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        DECODER.decode(msgspec.json.encode({field: 1}))


def test_both_kinds_of_reasoning_have_a_seal() -> None:
    decode = msgspec.json.Decoder(Reasoning).decode
    assert decode(b'{"reasoningText":{"text":"Hm","signature":"s"}}').seal == "s"
    assert decode(b'{"redactedContent":"s"}').seal == "s"
    assert decode(b"{}").seal == ""
