import json

import pytest

from mainstay.model.catalogue import Platform, Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.bedrock.door import ConverseDoor, InvokeDoor, base_url, region
from mainstay.wire.bedrock.invoke import VERSION
from mainstay.wire.bedrock.signature import read_key, signed
from mainstay.wire.platform import Parcel, PlatformDoor

WALL = 1_790_000_000.0
KEY = "AKID:SECRET:TOKEN"
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
CALLER: Headers = (
    ("content-type", "application/json"),
    ("anthropic-version", "2023-06-01"),
    ("anthropic-beta", "context-1m"),
    ("x-amz-date", "forged"),
    ("user-agent", "sdk"),
)
BODY = b'{"model":"m","max_tokens":5,"messages":[],"stream":true}'
EVENT_STREAM: Headers = (("content-type", "application/vnd.amazon.eventstream"),)


def upstream(base_url: str = "", region: str = "eu-central-1") -> Upstream:
    return Upstream("bedrock-eu", "bedrock", base_url, region=region, platform=Platform.BEDROCK)


def sent(door: PlatformDoor, parcel: Parcel, key: str = KEY, where: Upstream | None = None) -> Outgoing:
    return door.outgoing(parcel, where or upstream(), key, WALL)


def message(path: str = "/v1/messages?beta=true", *, stream: bool = False) -> Parcel:
    return Parcel("anthropic", path, CALLER, BODY, MODEL, stream)


CONVERSE = Parcel("bedrock", "/model/a/converse", (("content-type", "application/json"),), b"{}", "a", stream=False)


def test_converse_goes_as_it_is_signed() -> None:
    outgoing = sent(ConverseDoor(), CONVERSE)
    assert outgoing.url == "https://bedrock-runtime.eu-central-1.amazonaws.com/model/a/converse"
    assert (outgoing.body, outgoing.method) == (b"{}", "POST")
    key = read_key(KEY)
    assert key is not None
    plain = Outgoing(outgoing.url, CONVERSE.headers, b"{}")
    assert outgoing.headers == signed(plain, "eu-central-1", key, WALL)


def test_converse_has_no_envelope_and_invocations_have_one() -> None:
    assert ConverseDoor().decoder(EVENT_STREAM) is None
    assert InvokeDoor().decoder(EVENT_STREAM) is not None
    assert InvokeDoor().decoder((("content-type", "application/json"),)) is None


@pytest.mark.parametrize(
    ("parcel", "operation"),
    [
        (message(), "invoke"),
        (message(stream=True), "invoke-with-response-stream"),
        (message("/v1/messages/count_tokens"), "count-tokens"),
    ],
)
def test_the_paths_of_invocations(parcel: Parcel, operation: str) -> None:
    url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/"
    assert sent(InvokeDoor(), parcel).url == url + operation


def test_an_invocation_leaves_what_is_anthropics_own_at_home() -> None:
    outgoing = sent(InvokeDoor(), message())
    assert json.loads(outgoing.body) == {
        "max_tokens": 5,
        "messages": [],
        "anthropic_version": VERSION,
        "anthropic_beta": ["context-1m"],
    }
    assert [name for name, _ in outgoing.headers] == [
        "content-type",
        "user-agent",
        "x-amz-date",
        "x-amz-security-token",
        "authorization",
    ]
    assert dict(outgoing.headers)["x-amz-date"] == "20260921T141320Z"


def test_other_paths_are_left_to_the_service() -> None:
    outgoing = sent(InvokeDoor(), message("/v1/models"))
    assert (outgoing.url, outgoing.body) == ("https://bedrock-runtime.eu-central-1.amazonaws.com/v1/models", BODY)


def test_a_bearer_key_or_none() -> None:
    assert dict(sent(InvokeDoor(), message(), "ABSKkey").headers)["authorization"] == "Bearer ABSKkey"
    assert "authorization" not in dict(sent(ConverseDoor(), CONVERSE, "").headers)


@pytest.mark.parametrize(
    ("where", "url", "signed_for"),
    [
        (upstream(), "https://bedrock-runtime.eu-central-1.amazonaws.com", "eu-central-1"),
        (upstream(region=""), "https://bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        (upstream(region="cn-north-1"), "https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (upstream("http://127.0.0.1:9/base/", "eu-west-1"), "http://127.0.0.1:9/base", "eu-west-1"),
        (
            upstream("https://bedrock-runtime.us-gov-west-1.amazonaws.com", "us"),
            "https://bedrock-runtime.us-gov-west-1.amazonaws.com",
            "us-gov-west-1",
        ),
        (
            upstream("https://bedrock-runtime-fips.ca-central-1.amazonaws.com", ""),
            "https://bedrock-runtime-fips.ca-central-1.amazonaws.com",
            "ca-central-1",
        ),
    ],
)
def test_endpoints_and_regions(where: Upstream, url: str, signed_for: str) -> None:
    assert (base_url(where), region(where)) == (url, signed_for)
    authorization = dict(sent(ConverseDoor(), CONVERSE, where=where).headers)["authorization"]
    assert f"/20260921/{signed_for}/bedrock/aws4_request" in f"/{authorization.partition('/')[2]}"
