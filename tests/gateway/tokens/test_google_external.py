from base64 import b64decode
from urllib.parse import parse_qs, unquote

import msgspec
import pytest

from mainstay.gateway.tokens.google_accounts import CLOUD_SCOPE
from mainstay.gateway.tokens.google_external import (
    STS_URL,
    CredentialSource,
    ExternalAccount,
    ExternalAccountFile,
    Impersonation,
    SubjectFormat,
    external_account,
)
from mainstay.gateway.tokens.source import Token, Trouble
from tests.gateway.tokens.identity import SOON, WALL, Told, said

AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/p"
JWT = "urn:ietf:params:oauth:token-type:jwt"
FROM_FILE = CredentialSource(file="/token")
STS_ANSWER = {"access_token": "federated", "expires_in": 3600, "token_type": "Bearer"}
IMPERSONATE = (
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot@p.iam.gserviceaccount.com"
    ":generateAccessToken"
)


def account(place: CredentialSource = FROM_FILE, **changes: object) -> ExternalAccount:
    source = external_account(msgspec.structs.replace(ExternalAccountFile(AUDIENCE, JWT, place), **changes))
    assert isinstance(source, ExternalAccount), source
    return source


def test_exchanges_the_token_of_a_file() -> None:
    told = Told(account(), said(STS_ANSWER), texts={"/token": "subject"})
    (request,) = told.requests
    assert (request.method, request.url) == ("POST", STS_URL)
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"],
        "audience": [AUDIENCE],
        "scope": [CLOUD_SCOPE],
        "requested_token_type": ["urn:ietf:params:oauth:token-type:access_token"],
        "subject_token": ["subject"],
        "subject_token_type": [JWT],
    }
    assert told.token == Token("federated", WALL + 3600)


def test_exchanges_the_token_of_a_json_file() -> None:
    place = CredentialSource(file="/token", format=SubjectFormat("json", "id_token"))
    told = Told(account(place), said(STS_ANSWER), texts={"/token": '{"id_token":"subject","other":[1]}'})
    assert parse_qs(told.requests[0].body.decode())["subject_token"] == ["subject"]


def test_exchanges_the_token_of_a_url() -> None:
    place = CredentialSource(url="http://169.254.169.254/id", headers={"Metadata": "True"})
    told = Told(account(place), said(b"subject\n"), said(STS_ANSWER))
    first, second = told.requests
    assert (first.method, first.url, first.headers) == ("GET", "http://169.254.169.254/id", (("metadata", "True"),))
    assert parse_qs(second.body.decode())["subject_token"] == ["subject"]
    assert told.token.value == "federated"


def test_goes_on_to_a_service_account() -> None:
    source = account(service_account_impersonation_url=IMPERSONATE, service_account_impersonation=Impersonation(600))
    told = Told(
        source,
        said(STS_ANSWER),
        said({"accessToken": "robot-token", "expireTime": SOON}),
        texts={"/token": "subject"},
    )
    request = told.requests[1]
    assert (request.method, request.url) == ("POST", IMPERSONATE)
    assert ("authorization", "Bearer federated") in request.headers
    assert msgspec.json.decode(request.body) == {"delegates": [], "scope": [CLOUD_SCOPE], "lifetime": "600s"}
    assert told.token == Token("robot-token", WALL + 3600)
    assert source.identity == f"federated identity {AUDIENCE} as robot@p.iam.gserviceaccount.com"


def test_names_its_client_where_there_is_one() -> None:
    told = Told(account(client_id="i d", client_secret="s:t"), said(STS_ANSWER), texts={"/token": "subject"})
    (basic,) = (value for name, value in told.requests[0].headers if name == "authorization")
    assert b64decode(basic.removeprefix("Basic ")) == b"i%20d:s%3At"


def test_names_the_project_of_a_workforce() -> None:
    audience = "//iam.googleapis.com/locations/global/workforcePools/pool/providers/p"
    told = Told(
        account(audience=audience, workforce_pool_user_project="p1"), said(STS_ANSWER), texts={"/token": "subject"}
    )
    (options,) = parse_qs(told.requests[0].body.decode())["options"]
    assert msgspec.json.decode(unquote(options)) == {"userProject": "p1"}


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (None, "file /token cannot be read: No such file"),
        ("", "the subject token is empty or too long"),
        ("x" * 70_000, "the subject token is empty or too long"),
    ],
)
def test_asks_nobody_without_a_subject_token(text: str | None, trouble: str) -> None:
    told = Told(account(), texts={} if text is None else {"/token": text})
    assert (told.requests, told.trouble) == ([], trouble)


@pytest.mark.parametrize("text", ["", "subject", "[]", '{"other":"x"}', '{"id_token":1}', "[" * 100_000])
def test_asks_nobody_without_the_field_of_the_subject_token(text: str) -> None:
    place = CredentialSource(file="/token", format=SubjectFormat("json", "id_token"))
    told = Told(account(place), texts={"/token": text})
    assert told.requests == []
    assert told.trouble == "the subject token is not in the field 'id_token' of a JSON object"


def test_each_refusal_on_the_way_is_told() -> None:
    refused = said({"error": "invalid_target"}, 400)
    by_url = account(CredentialSource(url="https://issuer.example/id"))
    impersonating = account(service_account_impersonation_url=IMPERSONATE)
    texts = {"/token": "subject"}
    assert Told(by_url, refused).trouble == "the identity service answered 400: invalid_target"
    assert Told(account(), refused, texts=texts).trouble == "the identity service answered 400: invalid_target"
    assert Told(impersonating, said(STS_ANSWER), refused, texts=texts).trouble.endswith("invalid_target")


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"[]", "the identity service answered 200 without a token that can be read"),
        ({"accessToken": "t", "expireTime": "soon"}, "the identity service does not say in RFC 3339"),
        ({"accessToken": "t", "expireTime": "2020-01-01T00:00:00Z"}, "the identity service gave a token that has"),
    ],
)
def test_an_odd_token_of_a_service_account_is_none(answer: object, trouble: str) -> None:
    source = account(service_account_impersonation_url=IMPERSONATE)
    assert Told(source, said(STS_ANSWER), said(answer), texts={"/token": "subject"}).trouble.startswith(trouble)


@pytest.mark.parametrize(
    ("place", "trouble"),
    [
        (CredentialSource(), "credential_source must have either file or url"),
        (CredentialSource(file="f", url="https://u"), "credential_source must have either file or url"),
        (CredentialSource(environment_id="aws1", url="https://u"), "credential_source.environment_id is not supported"),
        (CredentialSource(executable=msgspec.Raw(b"{}")), "credential_source.executable is not supported"),
        (CredentialSource(certificate=msgspec.Raw(b"{}")), "credential_source.certificate is not supported"),
        (CredentialSource(file="f", format=SubjectFormat("json")), "credential_source.format must name"),
        (CredentialSource(url="http://issuer.example/id"), "http://issuer.example must be https"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(place: CredentialSource, trouble: str) -> None:
    source = external_account(ExternalAccountFile(AUDIENCE, JWT, place))
    assert isinstance(source, Trouble)
    assert source.text.startswith(trouble)


@pytest.mark.parametrize("field", ["token_url", "service_account_impersonation_url"])
def test_nothing_is_sent_in_the_open(field: str) -> None:
    file = msgspec.structs.replace(ExternalAccountFile(AUDIENCE, JWT, FROM_FILE), **{field: "http://sts.example/"})
    assert isinstance(external_account(file), Trouble)


def test_a_project_is_for_a_workforce_alone() -> None:
    file = ExternalAccountFile(AUDIENCE, JWT, FROM_FILE, workforce_pool_user_project="p1")
    assert external_account(file) == Trouble("workforce_pool_user_project is for workforce pools alone")
