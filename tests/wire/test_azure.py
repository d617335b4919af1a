import pytest

from mainstay.model.catalogue import Platform, Upstream
from mainstay.model.http import Outgoing
from mainstay.wire.azure import AzureDoor
from mainstay.wire.platform import Parcel

HOST = "https://example.test"


def sent(path: str, base_url: str = HOST, version: str = "", model: str = "gpt", key: str = "k") -> Outgoing:
    upstream = Upstream("azure", "openai-chat", base_url, platform=Platform.AZURE, api_version=version)
    parcel = Parcel("openai-chat", path, (("a", "b"),), b'{"model":"gpt"}', model, stream=False)
    return AzureDoor().outgoing(parcel, upstream, key, 0.0)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/chat/completions", "/openai/deployments/gpt/chat/completions?api-version=2025-04-01"),
        ("/v1/chat/completions", "/openai/deployments/gpt/chat/completions?api-version=2025-04-01"),
        ("/responses", "/openai/responses?api-version=2025-04-01"),
        ("/responses/resp_1?stream=true", "/openai/responses/resp_1?api-version=2025-04-01&stream=true"),
        (
            "/chat/completions?api-version=old&x=1",
            "/openai/deployments/gpt/chat/completions?api-version=2025-04-01&x=1",
        ),
    ],
)
@pytest.mark.parametrize("base_url", [HOST, f"{HOST}/", f"{HOST}/openai"])
def test_a_dated_version_has_deployments(path: str, url: str, base_url: str) -> None:
    assert sent(path, base_url, "2025-04-01").url == HOST + url


@pytest.mark.parametrize("base_url", [HOST, f"{HOST}/openai", f"{HOST}/openai/v1", f"{HOST}/openai/v1/"])
@pytest.mark.parametrize("path", ["/chat/completions", "/responses", "/responses/resp_1?stream=true"])
def test_without_a_version_the_paths_are_openais(path: str, base_url: str) -> None:
    assert sent(path, base_url).url == f"{HOST}/openai/v1{path}"


def test_the_new_root_takes_a_version_too() -> None:
    url = f"{HOST}/openai/v1/chat/completions?api-version=preview"
    assert sent("/chat/completions", f"{HOST}/openai/v1", "preview").url == url


@pytest.mark.parametrize(
    ("model", "segment"), [("my deploy/ment?", "my%20deploy%2Fment%3F"), ("..", "%2E%2E"), ("gpt-5.1", "gpt-5.1")]
)
def test_a_deployment_stays_one_segment(model: str, segment: str) -> None:
    url = sent("/chat/completions", version="v", model=model).url
    assert url == f"{HOST}/openai/deployments/{segment}/chat/completions?api-version=v"


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        ("k", (("a", "b"), ("api-key", "k"))),
        ("eyJhbGciOi.J9.x", (("a", "b"), ("authorization", "Bearer eyJhbGciOi.J9.x"))),
        ("", (("a", "b"),)),
    ],
)
def test_keys_and_tokens_have_headers_of_their_own(key: str, headers: object) -> None:
    assert sent("/responses", key=key).headers == headers


def test_the_body_passes() -> None:
    assert sent("/chat/completions", version="v").body == b'{"model":"gpt"}'
    assert AzureDoor().decoder(()) is None
