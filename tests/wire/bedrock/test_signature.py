"""Every signature is compared with the one that botocore makes of the same request."""

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import unquote

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.http import Headers, Outgoing
from mainstay.wire.bedrock.signature import Key, authorized, model_segment, read_key, signed

WALL = 1_790_000_000.7
KEY = Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
URL = "https://bedrock-runtime.eu-central-1.amazonaws.com"
CONTENT_TYPE: Headers = (("content-type", "application/json"),)
SEGMENT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF), max_size=12).map(model_segment)
QUERY = st.lists(st.tuples(SEGMENT, SEGMENT), max_size=4).map(lambda pairs: "&".join(f"{k}={v}" for k, v in pairs))


def by_botocore(outgoing: Outgoing, key: Key, region: str, service: str = "bedrock") -> str:
    request = AWSRequest(outgoing.method, outgoing.url, headers=dict(outgoing.headers), data=outgoing.body)
    signer = auth.SigV4Auth(Credentials(key.id, key.secret, key.token or None), service, region)
    with patch.object(auth, "get_current_datetime", lambda: datetime.fromtimestamp(WALL, UTC)):
        signer.add_auth(request)
    return str(request.headers["Authorization"])


def by_us(outgoing: Outgoing, key: Key, region: str) -> str:
    return dict(signed(outgoing, region, key, WALL))["authorization"]


@given(st.lists(SEGMENT | st.sampled_from(("", ".", "..")), max_size=5), QUERY, st.binary(max_size=100))
def test_any_request_is_signed_as_botocore_signs_it(segments: list[str], query: str, body: bytes) -> None:
    path = "".join(f"/{segment}" for segment in segments)
    outgoing = Outgoing(f"{URL}{path}?{query}" if query else f"{URL}{path}", CONTENT_TYPE, body)
    assert by_us(outgoing, KEY, "eu-central-1") == by_botocore(outgoing, KEY, "eu-central-1")


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6",
        "modèle avec espaces",
        "a/../b",
    ],
)
@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:8080", "https://[::1]:443/base/", "http://h:80"])
def test_model_names_and_hosts_of_all_kinds(model: str, url: str) -> None:
    outgoing = Outgoing(f"{url}/model/{model_segment(model)}/converse", CONTENT_TYPE, b"{}")
    assert by_us(outgoing, KEY, "us-east-1") == by_botocore(outgoing, KEY, "us-east-1")


def test_a_session_token_is_sent_and_signed() -> None:
    key = Key("ASIA", "secret", "token/with+signs==")
    outgoing = Outgoing(URL + "/", CONTENT_TYPE, b"{}")
    headers = dict(signed(outgoing, "us-east-1", key, WALL))
    assert headers["x-amz-security-token"] == "token/with+signs=="
    assert "x-amz-security-token" in headers["authorization"]
    assert headers["authorization"] == by_botocore(outgoing, key, "us-east-1")


def test_fields_of_amazon_are_signed_and_others_are_not() -> None:
    fields: Headers = (*CONTENT_TYPE, ("x-amzn-bedrock-trace", " ENABLED   twice "))
    extra: Headers = (("user-agent", "somebody"), ("accept-encoding", "identity"))
    ours = by_us(Outgoing(URL + "/", fields + extra, b"{}"), KEY, "us-east-1")
    assert "SignedHeaders=content-type;host;x-amz-date;x-amzn-bedrock-trace," in ours
    assert ours == by_botocore(Outgoing(URL + "/", fields, b"{}"), KEY, "us-east-1")


def test_other_requests_have_other_signatures() -> None:
    requests = [
        Outgoing(URL + "/a", CONTENT_TYPE, b"{}"),
        Outgoing(URL + "/b", CONTENT_TYPE, b"{}"),
        Outgoing(URL + "/a", CONTENT_TYPE, b"{ }"),
        Outgoing(URL + "/a?x=1", CONTENT_TYPE, b"{}"),
        Outgoing(URL + "/a", CONTENT_TYPE, b"{}", "GET"),
    ]
    assert len({by_us(request, KEY, "us-east-1") for request in requests}) == len(requests)


def test_the_date_is_sent() -> None:
    headers = dict(signed(Outgoing(URL, (), b""), "us-east-1", KEY, WALL))
    assert headers["x-amz-date"] == "20260921T141320Z"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("ID:SECRET", Key("ID", "SECRET")),
        ("ID:SECRET:TOKEN:more", Key("ID", "SECRET", "TOKEN:more")),
        ("ABSKbearer==", None),
        ("", None),
    ],
)
def test_keys_as_they_are_written(key: str, expected: Key | None) -> None:
    assert read_key(key) == expected


def test_a_bearer_key_is_sent_as_it_is() -> None:
    outgoing = Outgoing(URL, CONTENT_TYPE, b"")
    assert authorized(outgoing, "us-east-1", "ABSKkey", WALL).headers == (
        *CONTENT_TYPE,
        ("authorization", "Bearer ABSKkey"),
    )
    assert authorized(outgoing, "us-east-1", "", WALL) == outgoing
    assert dict(authorized(outgoing, "us-east-1", "ID:S", WALL).headers)["authorization"].startswith("AWS4-HMAC-SHA256")


def test_a_key_does_not_show_its_secret() -> None:
    assert repr(Key("ID", "SECRET", "TOKEN")) == "Key('ID')"


@pytest.mark.parametrize("model", ["..", ".", "a/b", "a:b", "ü", "?x=1", "#"])
def test_a_model_is_one_segment_whatever_its_name(model: str) -> None:
    segment = model_segment(model)
    assert unquote(segment) == model
    assert segment not in {".", ".."}
    assert not set(segment) & set("/?#:")
