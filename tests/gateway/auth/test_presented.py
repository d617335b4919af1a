import pytest

from mainstay.gateway.auth.presented import presented_token
from mainstay.model.fault import Fault
from mainstay.model.http import Headers


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ((), ""),
        ((("x-api-key", "abc"),), "abc"),
        ((("x-api-key", " abc "),), "abc"),
        ((("authorization", "Bearer abc"),), "abc"),
        ((("authorization", "bearer   abc "),), "abc"),
        ((("authorization", "abc"),), ""),
        ((("authorization", "Bearer"),), ""),
        ((("authorization", "Basic abc"),), ""),
        ((("x-api-key", ""), ("authorization", "Bearer abc")), "abc"),
        ((("x-api-key", "abc"), ("authorization", "Basic other")), "abc"),
        ((("x-api-key", "abc"), ("authorization", "Bearer abc")), "abc"),
        ((("x-api-key", "abc"), ("x-api-key", "abc")), "abc"),
        ((("x-other", "abc"), ("cookie", "x-api-key=abc")), ""),
    ],
)
def test_the_token_is_found(headers: Headers, token: str) -> None:
    assert presented_token(headers) == token


@pytest.mark.parametrize(
    "headers",
    [
        (("x-api-key", "abc"), ("authorization", "Bearer def")),
        (("authorization", "Bearer def"), ("x-api-key", "abc")),
        (("x-api-key", "abc"), ("x-api-key", "def")),
        (("authorization", "Bearer abc"), ("authorization", "Bearer def")),
    ],
)
def test_tokens_must_agree(headers: Headers) -> None:
    found = presented_token(headers)
    assert isinstance(found, Fault)
    assert (found.status, found.code) == (401, "conflicting_credentials")
    assert "abc" not in found.message
