"""Claude on the fake Vertex AI, asked by Anthropic's own client and by hand."""

import json

import anthropic
import pytest
from anthropic import AnthropicVertex

from mainstay.lab.provider.gemini import Gemini
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.lab.provider.vertex import VertexClaude, answering_voice, counts_tokens, google_voice
from tests.lab.provider.gemini_talk import message_of, performed

PROJECT = "/v1/projects/p/locations/l/publishers/anthropic/models"
HELLO = {"max_tokens": 100, "messages": [{"role": "user", "content": "hi in 5 words"}]}


def asked(verb: str = "rawPredict", **fields: object) -> ProviderRequest:
    body = {"anthropic_version": "vertex-2023-10-16", **HELLO, **fields}
    return ProviderRequest("POST", f"{PROJECT}/claude@1:{verb}", body=json.dumps(body).encode())


def test_anthropics_client_is_served() -> None:
    with FakeProviderThread() as provider:
        where = {"region": "l", "project_id": "p", "base_url": f"{provider.url}/v1"}
        with AnthropicVertex(**where, access_token="t", max_retries=0) as client:  # type: ignore[arg-type]
            question = {"role": "user", "content": "hi in 5 words"}
            whole = client.messages.create(model="claude@1", max_tokens=100, messages=[question])  # type: ignore[list-item]
            with client.messages.stream(model="claude@1", max_tokens=100, messages=[question]) as stream:  # type: ignore[list-item]
                said = stream.get_final_text()
            counted = client.messages.count_tokens(model="claude@1", messages=[question])  # type: ignore[list-item]
            block = whole.content[0]
            assert isinstance(block, anthropic.types.TextBlock)
            assert (block.text, whole.model) == (said, "claude@1")
            assert counted.input_tokens > 0
            provider.break_with("overloaded")
            with pytest.raises(anthropic.InternalServerError, match="Overloaded"):
                client.messages.create(model="claude@1", max_tokens=100, messages=[question])  # type: ignore[list-item]


def test_the_model_comes_from_the_url() -> None:
    status, body = performed(asked())
    assert status == 200
    assert json.loads(body)["model"] == "claude@1"
    status, body = performed(asked("streamRawPredict", stream=True))
    assert status == 200
    assert b'"type":"message_stop"' in body


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked(anthropic_version="2023-06-01"), "anthropic_version"),
        (asked(anthropic_version=""), "anthropic_version"),
        (asked(model="claude@1"), "Extra inputs"),
        (asked(stream=True), "rawPredict"),
        (asked("streamRawPredict"), "streamRawPredict"),
        (asked(anthropic_version=5), "not valid"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(request_: ProviderRequest, words: str) -> None:
    assert words in message_of(request_)


def test_the_version_rules_as_anthropic_means_it() -> None:
    assert performed(asked(temperature=0.5))[0] == 200
    assert performed(asked(temperature=0.5, anthropic_version="2026-10-21"))[0] == 400


def test_who_speaks_where() -> None:
    claude = f"{PROJECT}/claude@1:rawPredict"
    gemini = claude.replace("anthropic", "google").replace("rawPredict", "generateContent")
    assert isinstance(answering_voice(claude), VertexClaude)
    assert isinstance(answering_voice(gemini), Gemini)
    assert isinstance(google_voice("/v1beta/models"), Gemini)
    assert isinstance(google_voice("/token"), Gemini)
    assert answering_voice("/v1beta/models") is None
    assert google_voice("/v1/messages") is answering_voice("/v1/messages") is None


def test_where_tokens_are_counted() -> None:
    assert counts_tokens(f"{PROJECT}/count-tokens:rawPredict")
    assert not counts_tokens(f"{PROJECT}/claude@1:rawPredict")
    assert not counts_tokens("/v1/messages/count_tokens")
