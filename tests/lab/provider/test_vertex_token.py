import json
from urllib.parse import urlencode

import pytest

from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.vertex_token import METADATA_PATH, is_token_path
from tests.lab.provider.gemini_talk import performed

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def grant(**form: str) -> ProviderRequest:
    return ProviderRequest("POST", "/token", body=urlencode(form).encode())


@pytest.mark.parametrize(
    "request_",
    [
        grant(grant_type=JWT, assertion="x.y.z"),
        grant(grant_type=EXCHANGE, subject_token="s"),
        grant(grant_type="refresh_token", refresh_token="r"),
        ProviderRequest("GET", METADATA_PATH, headers=(("metadata-flavor", "Google"),)),
    ],
)
def test_a_grant_gives_a_bearer_token_for_an_hour(request_: ProviderRequest) -> None:
    status, body = performed(request_)
    token = json.loads(body)
    assert status == 200
    assert token.pop("access_token").startswith("ya29.")
    assert token == {"expires_in": 3600, "token_type": "Bearer"}


def test_a_provider_with_one_key_gives_that_and_needs_none_for_it() -> None:
    assert json.loads(performed(grant(grant_type=JWT, assertion="x"), key="only")[1])["access_token"] == "only"


def test_other_grants_give_other_tokens() -> None:
    first, second = (performed(grant(grant_type=JWT, assertion=said))[1] for said in ("a", "b"))
    assert first != second


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (grant(grant_type="password"), "unsupported_grant_type"),
        (grant(), "unsupported_grant_type"),
        (grant(grant_type=JWT), "invalid_request"),
        (ProviderRequest("GET", "/token"), "unsupported_grant_type"),
        (ProviderRequest("GET", METADATA_PATH), "invalid_request"),
        (ProviderRequest("POST", METADATA_PATH, headers=(("metadata-flavor", "Google"),)), "invalid_request"),
    ],
)
def test_what_proves_nothing_is_refused(request_: ProviderRequest, error: str) -> None:
    status, body = performed(request_)
    assert (status, json.loads(body)["error"]) == (400, error)


def test_faults_reach_the_token_endpoint() -> None:
    assert performed(grant(grant_type=JWT, assertion="x"), "unavailable")[0] == 503


def test_paths() -> None:
    assert is_token_path("/token")
    assert is_token_path(METADATA_PATH)
    assert not is_token_path("/v1/messages")
