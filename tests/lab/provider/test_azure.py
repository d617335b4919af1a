"""Azure's URLs, asked by OpenAI's own client and by hand."""

import json

import msgspec
import pytest
from openai import AzureOpenAI, OpenAI

from mainstay.lab.provider.azure import at_home
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.thread import FakeProviderThread

DATED = ProviderRequest("POST", "/openai/deployments/my%20gpt/chat/completions", "api-version=v", body=b'{"a":1}')


def path_of(path: str, query: str = "api-version=v") -> str:
    return at_home(ProviderRequest("POST", path, query)).path


def test_openais_client_is_served_at_both_addresses() -> None:
    with FakeProviderThread(personality=Personality(key="k")) as provider:
        messages = [{"role": "user", "content": "hi in 5 words"}]
        with AzureOpenAI(azure_endpoint=provider.url, api_version="v", api_key="k", max_retries=0) as dated:
            first = dated.chat.completions.create(model="my gpt", messages=messages)  # type: ignore[arg-type]
        with OpenAI(base_url=f"{provider.url}/openai/v1", api_key="k", max_retries=0) as new:
            second = new.chat.completions.create(model="my gpt", messages=messages)  # type: ignore[arg-type]
            third = new.responses.create(model="my gpt", input="hi in 5 words")
        assert first.model == second.model == third.model == "my gpt"
        assert first.choices[0].message.content == second.choices[0].message.content == third.output_text


def test_a_deployment_names_the_model() -> None:
    home = at_home(DATED)
    assert (home.path, json.loads(home.body)) == ("/v1/chat/completions", {"a": 1, "model": "my gpt"})


def test_paths_find_home() -> None:
    assert path_of("/openai/responses") == "/v1/responses"
    assert path_of("/openai/responses/resp_1") == "/v1/responses/resp_1"
    assert path_of("/openai/v1/responses", "") == "/v1/responses"
    assert path_of("/openai/v1/chat/completions", "") == "/v1/chat/completions"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/openai/deployments/d/chat/completions", ""),
        ("/openai/chat/completions", "api-version=v"),
        ("/openai/deployments/d/responses", "api-version=v"),
        ("/v1/chat/completions", "api-version=v"),
        ("/openai/responses", "api-version="),
    ],
)
def test_what_is_not_at_home_there_stays(path: str, query: str) -> None:
    assert path_of(path, query) == path


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff"])
def test_a_body_that_is_none_is_left_for_the_reader(body: bytes) -> None:
    assert at_home(msgspec.structs.replace(DATED, body=body)).body == body
