import json

import pytest

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.platform import Parcel
from mainstay.wire.vertex import VertexDoor

BASE = "https://example.test/v1/projects/p/locations/l"
UPSTREAM = Upstream("vertex", "anthropic", BASE)
BODY = b'{"model":"m", "max_tokens": 10,"messages":[{"role":"user","content":"h\\u00ef"}],"stream":true}'
HEADERS: Headers = (("anthropic-version", "2026-10-21"), ("anthropic-beta", "b1"))


def sent(
    path: str = "/v1/messages", headers: Headers = HEADERS, body: bytes = BODY, *, stream: bool = True
) -> Outgoing:
    parcel = Parcel("anthropic", path, headers, body, "claude-sonnet-4-5@20250929", stream)
    return VertexDoor().outgoing(parcel, UPSTREAM, "token", 0.0)


@pytest.mark.parametrize(("stream", "verb"), [(True, "streamRawPredict"), (False, "rawPredict")])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages?beta=true"])
def test_claudes_model_stands_in_the_url(path: str, verb: str, *, stream: bool) -> None:
    url = f"{BASE}/publishers/anthropic/models/claude-sonnet-4-5@20250929:{verb}"
    assert sent(path, stream=stream).url == url


def test_nothing_else_of_the_body_changes() -> None:
    version = b'"anthropic_version":"2026-10-21"}'
    kept = b'{"max_tokens":10,"messages":[{"role":"user","content":"h\\u00ef"}],"stream":true,'
    assert sent().body == kept + version


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ((("anthropic-version", "2023-06-01"),), "vertex-2023-10-16"),
        ((), "vertex-2023-10-16"),
        ((("anthropic-version", "2026-10-21"),), "2026-10-21"),
    ],
)
def test_the_callers_version_goes_into_the_body(headers: Headers, version: str) -> None:
    outgoing = sent(headers=headers)
    assert json.loads(outgoing.body)["anthropic_version"] == version
    assert "anthropic-version" not in dict(outgoing.headers)


def test_a_version_in_the_body_stays() -> None:
    assert json.loads(sent(body=b'{"anthropic_version":"v","model":"m"}').body) == {"anthropic_version": "v"}


def test_betas_and_the_token_go_along() -> None:
    assert sent().headers == (("anthropic-beta", "b1"), ("authorization", "Bearer token"))


def test_tokens_are_counted_at_an_address_of_its_own() -> None:
    outgoing = sent("/v1/messages/count_tokens?beta=true", body=b'{"model":"m","messages":[]}', stream=False)
    assert outgoing.url == f"{BASE}/publishers/anthropic/models/count-tokens:rawPredict"
    assert json.loads(outgoing.body) == {"model": "m", "messages": [], "anthropic_version": "2026-10-21"}


@pytest.mark.parametrize(
    ("model", "segment"), [("a/../b", "a%2F..%2Fb"), ("a:rawPredict?", "a%3ArawPredict%3F"), ("a;b", "a%3Bb")]
)
def test_a_models_name_stays_one_segment(model: str, segment: str) -> None:
    parcel = Parcel("anthropic", "/v1/messages", (), BODY, model, stream=False)
    url = VertexDoor().outgoing(parcel, UPSTREAM, "", 0.0).url
    assert url == f"{BASE}/publishers/anthropic/models/{segment}:rawPredict"


def test_gemini_stands_under_google_as_it_is() -> None:
    parcel = Parcel("gemini", "/models/g:streamGenerateContent?alt=sse", (("a", "b"),), b"{}", "g", stream=True)
    url = f"{BASE}/publishers/google/models/g:streamGenerateContent?alt=sse"
    headers = (("a", "b"), ("authorization", "Bearer token"))
    assert VertexDoor().outgoing(parcel, UPSTREAM, "token", 0.0) == Outgoing(url, headers, b"{}")


def test_without_a_token_none_is_sent() -> None:
    parcel = Parcel("gemini", "/models/g:generateContent", (), b"{}", "g", stream=False)
    assert VertexDoor().outgoing(parcel, UPSTREAM, "", 0.0).headers == ()


def test_a_body_that_is_none_passes() -> None:
    assert sent(body=b"").body == b""


def test_there_is_no_envelope() -> None:
    assert VertexDoor().decoder((("content-type", "text/event-stream"),)) is None
