from mainstay.gateway.tokens.google_accounts import AuthorizedUserFile, ServiceAccountFile
from mainstay.gateway.tokens.source import Response, Token


def test_what_holds_a_secret_never_shows_it() -> None:
    secret = "very-secret"
    values = (
        Token(secret, 1.0),
        Response(200, (), secret.encode()),
        ServiceAccountFile("robot@example", secret),
        AuthorizedUserFile("id", secret, secret),
    )
    assert [repr(value) for value in values if secret in repr(value)] == []
    assert repr(values[0]) == "Token(...)"
