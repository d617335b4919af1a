from mainstay.gateway.tokens.google_metadata import GoogleMetadata
from mainstay.gateway.tokens.source import Token
from tests.gateway.tokens.identity import WALL, Told, said


def test_asks_the_metadata_server_by_its_number() -> None:
    told = Told(GoogleMetadata(), said({"access_token": "t", "expires_in": 3599, "token_type": "Bearer"}))
    (request,) = told.requests
    assert (request.method, request.headers, request.body) == ("GET", (("metadata-flavor", "Google"),), b"")
    assert request.url == (
        "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
        "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
    )
    assert told.token == Token("t", WALL + 3599)


def test_another_host_may_stand_in() -> None:
    source = GoogleMetadata("127.0.0.1:8080")
    assert source.url.startswith("http://127.0.0.1:8080/computeMetadata/")
    assert source.identity == "service account of this machine (127.0.0.1:8080)"


def test_a_machine_without_an_account_says_so() -> None:
    assert Told(GoogleMetadata(), said(b"Not Found", 404)).trouble == (
        "the identity service answered 404: no reason given"
    )
