from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from mainstay.gateway.tokens.google_accounts import (
    CLOUD_SCOPE,
    TOKEN_URL,
    AuthorizedUserFile,
    ServiceAccount,
    ServiceAccountFile,
    authorized_user,
    service_account,
)
from mainstay.gateway.tokens.source import Token, Trouble
from tests.gateway.tokens.identity import WALL, Told, private_pem, public_pem, said

EMAIL = "robot@p.iam.gserviceaccount.com"
ANSWER = {"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"}


def account(token_uri: str = TOKEN_URL, key_id: str = "key-1") -> ServiceAccount:
    source = service_account(ServiceAccountFile(EMAIL, private_pem(), key_id, token_uri))
    assert isinstance(source, ServiceAccount)
    return source


class TestServiceAccount:
    def test_exchanges_a_signed_assertion_for_a_token(self) -> None:
        told = Told(account(), said(ANSWER))
        (request,) = told.requests
        form = parse_qs(request.body.decode(), strict_parsing=True)
        assert (request.method, request.url) == ("POST", TOKEN_URL)
        assert ("content-type", "application/x-www-form-urlencoded") in request.headers
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        assert told.token == Token("ya29.token", WALL + 3599)
        signed = jwt.decode(form["assertion"][0], RSAKey.import_key(public_pem()), algorithms=["RS256"])
        assert signed.header == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
        assert signed.claims == {
            "iss": EMAIL,
            "scope": CLOUD_SCOPE,
            "aud": TOKEN_URL,
            "iat": int(WALL),
            "exp": int(WALL) + 3600,
        }

    def test_names_no_key_where_the_file_names_none(self) -> None:
        signed = jwt.decode(account(key_id="").assertion(WALL), RSAKey.import_key(public_pem()), algorithms=["RS256"])
        assert signed.header == {"alg": "RS256", "typ": "JWT"}

    @pytest.mark.parametrize(
        ("token_uri", "audience"),
        [
            ("https://identity.example/token", "https://identity.example/token"),
            ("https://accounts.google.com/o/oauth2/token", TOKEN_URL),
        ],
    )
    def test_addresses_the_assertion_to_who_reads_it(self, token_uri: str, audience: str) -> None:
        assertion = account(token_uri).assertion(WALL)
        signed = jwt.decode(assertion, RSAKey.import_key(public_pem()), algorithms=["RS256"])
        assert signed.claims["aud"] == audience

    def test_is_told_apart_by_account_and_key(self) -> None:
        assert account().identity == f"service account {EMAIL}, key key-1"

    def test_tells_why_it_was_refused(self) -> None:
        told = Told(account(), said({"error": "invalid_grant", "error_description": "Invalid grant"}, 400))
        assert told.trouble == "the identity service answered 400: invalid_grant Invalid grant"

    @pytest.mark.parametrize(
        "pem",
        [
            "",
            "no key",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            ECKey.generate_key("P-256").as_pem(private=True).decode(),
            RSAKey.generate_key(2048).as_pem(private=True, password="p").decode(),
        ],
    )
    def test_needs_a_key_that_can_sign(self, pem: str) -> None:
        source = service_account(ServiceAccountFile(EMAIL, pem))
        assert source == Trouble("private_key of the service account is not an RSA key in PEM")

    def test_needs_the_private_key(self) -> None:
        source = service_account(ServiceAccountFile(EMAIL, public_pem()))
        assert source == Trouble("private_key of the service account holds only a public key")

    def test_sends_no_assertion_in_the_open(self) -> None:
        source = service_account(ServiceAccountFile(EMAIL, private_pem(), "", "http://identity.example/token"))
        assert source == Trouble("http://identity.example must be https, or an http address of this machine")


class TestAuthorizedUser:
    def test_exchanges_the_refresh_token(self) -> None:
        source = authorized_user(AuthorizedUserFile("client", "client-secret", "refresh"))
        assert not isinstance(source, Trouble)
        told = Told(source, said(ANSWER))
        (request,) = told.requests
        assert parse_qs(request.body.decode()) == {
            "grant_type": ["refresh_token"],
            "client_id": ["client"],
            "client_secret": ["client-secret"],
            "refresh_token": ["refresh"],
        }
        assert request.url == TOKEN_URL
        assert told.token == Token("ya29.token", WALL + 3599)
        assert source.identity == "user of client client"

    def test_sends_no_secret_in_the_open(self) -> None:
        source = authorized_user(AuthorizedUserFile("c", "s", "r", "http://identity.example/token"))
        assert isinstance(source, Trouble)
