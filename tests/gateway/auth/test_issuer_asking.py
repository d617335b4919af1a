import msgspec
import pytest

from mainstay.gateway.auth.issuer_asking import ask_for_keys
from mainstay.gateway.tokens.source import Response, Token, Trouble
from mainstay.model.http import Outgoing
from tests.gateway.tokens.identity import said
from tests.wire.trust.foreign_makers import ISSUER, key_set_text, public

KEYS_URL = "https://keys.example/jwks"
KEY_SET = key_set_text(public("RS256"))


class Asked:
    """A conversation with an issuer that gives these answers."""

    def __init__(self, *answers: Response, issuer: str = ISSUER, keys_url: str = "") -> None:
        self.urls: list[str] = []
        asking = ask_for_keys(issuer, keys_url)
        waiting = list(answers)
        try:
            self._note(next(asking))
            while True:
                self._note(asking.send(waiting.pop(0)))
        except StopIteration as end:
            self.outcome: Token | Trouble = end.value

    def _note(self, request: Outgoing) -> None:
        assert request.method == "GET"
        self.urls.append(request.url)

    @property
    def trouble(self) -> str:
        assert isinstance(self.outcome, Trouble)
        return self.outcome.text


def found(issuer: str = ISSUER, keys_url: str = KEYS_URL) -> Response:
    return said({"issuer": issuer, "jwks_uri": keys_url, "other": [1]})


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/", f"{ISSUER}/realms/a"])
def test_keys_are_found_by_discovery(issuer: str) -> None:
    asked = Asked(found(issuer), said(KEY_SET.encode()), issuer=issuer)
    assert asked.urls == [f"{issuer.rstrip('/')}/.well-known/openid-configuration", KEYS_URL]
    assert isinstance(asked.outcome, Token)
    assert asked.outcome.value == KEY_SET


def test_where_the_address_of_the_keys_is_known_only_they_are_asked_for() -> None:
    asked = Asked(said(KEY_SET.encode()), keys_url=KEYS_URL)
    assert asked.urls == [KEYS_URL]
    assert isinstance(asked.outcome, Token)


def test_the_discovery_document_must_be_the_issuers_own() -> None:
    assert "another issuer" in Asked(found("https://evil.example")).trouble


@pytest.mark.parametrize(
    "url", ["http://keys.example/jwks", "ftp://keys.example", "file:///etc/passwd", "", "https://"]
)
def test_keys_are_fetched_safely_only(url: str) -> None:
    assert "must be https" in Asked(found(keys_url=url)).trouble


@pytest.mark.parametrize("answer", [said({}, 500), said(b"<html>"), said([]), said(b"[" * 100_000), said({}, 302)])
def test_a_discovery_document_that_cannot_be_had_is_trouble(answer: Response) -> None:
    assert Asked(answer).trouble


@pytest.mark.parametrize(
    "answer",
    [said({}, 500), said(b"<html>"), said({"keys": []}), said(msgspec.json.encode({"keys": [{"kty": "oct"}]}))],
)
def test_a_key_set_that_cannot_be_had_is_trouble(answer: Response) -> None:
    assert Asked(answer, keys_url=KEYS_URL).trouble
