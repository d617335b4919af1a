from mainstay.gateway.tokens.aws_container import ContainerRole
from mainstay.gateway.tokens.source import Token
from tests.gateway.tokens.identity import SOON, WALL, Told, said

KEYS = {"AccessKeyId": "ASIA1", "SecretAccessKey": "secret", "Token": "session", "Expiration": SOON}
POD = "http://169.254.170.23/v1/credentials"


def test_asks_with_the_authorization_of_the_file() -> None:
    source = ContainerRole(POD, "/authorization", "fixed")
    told = Told(source, said(KEYS), texts={"/authorization": "pod-token"})
    (request,) = told.requests
    assert (request.method, request.url) == ("GET", POD)
    assert request.headers == (("accept", "application/json"), ("authorization", "pod-token"))
    assert told.token == Token("ASIA1:secret:session", WALL + 3600)


def test_asks_with_a_fixed_authorization_or_none() -> None:
    assert ("authorization", "Basic abc") in Told(ContainerRole(POD, "", "Basic abc"), said(KEYS)).requests[0].headers
    assert Told(ContainerRole(POD), said(KEYS)).requests[0].headers == (("accept", "application/json"),)


def test_asks_nobody_without_the_file() -> None:
    told = Told(ContainerRole(POD, "/authorization"))
    assert (told.requests, told.trouble) == ([], "file /authorization cannot be read: No such file")


def test_an_authorization_cannot_bring_another_header_along() -> None:
    told = Told(ContainerRole(POD, "/authorization"), texts={"/authorization": "a\r\nx: y"})
    assert (told.requests, told.trouble) == (
        [],
        "the authorization of the container credentials cannot stand in a header",
    )


def test_asks_only_here_or_encrypted() -> None:
    assert Told(ContainerRole("http://evil.example/")).requests == []
    assert len(Told(ContainerRole("https://credentials.example/"), said(KEYS)).requests) == 1


def test_shows_neither_path_nor_authorization() -> None:
    source = ContainerRole("http://169.254.170.2/v2/credentials/very-secret", "", "very-secret")
    assert "very-secret" not in repr(source) + source.identity
