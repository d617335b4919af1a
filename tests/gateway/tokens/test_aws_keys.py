import pytest

from mainstay.gateway.tokens.aws_keys import keys, keys_from_json
from mainstay.gateway.tokens.source import Token, Trouble
from tests.gateway.tokens.identity import SOON, WALL, said

KEYS = {"AccessKeyId": "ASIA1", "SecretAccessKey": "s/e+c", "Token": "ses==", "Expiration": SOON}


def test_keys_are_one_word() -> None:
    assert keys_from_json(said(KEYS), WALL) == Token("ASIA1:s/e+c:ses==", WALL + 3600)


def test_success_may_be_written_out() -> None:
    assert isinstance(keys_from_json(said({**KEYS, "Code": "Success", "Type": "AWS-HMAC"}), WALL), Token)


@pytest.mark.parametrize("missing", list(KEYS))
def test_half_of_them_is_nothing(missing: str) -> None:
    answer = keys_from_json(said({name: value for name, value in KEYS.items() if name != missing}), WALL)
    assert isinstance(answer, Trouble)


@pytest.mark.parametrize("field", ["AccessKeyId", "SecretAccessKey"])
def test_keys_that_would_fall_apart_elsewhere_are_refused(field: str) -> None:
    assert isinstance(keys_from_json(said({**KEYS, field: "a:b"}), WALL), Trouble)


def test_an_error_within_a_success_is_told() -> None:
    answer = keys_from_json(said({"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume"}), WALL)
    assert answer == Trouble("the metadata service answered: AssumeRoleUnauthorizedAccess EC2 cannot assume")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"AccessKeyId":1}', b"[" * 100_000])
def test_what_cannot_be_read_is_nothing(body: bytes) -> None:
    answer = keys_from_json(said(body), WALL)
    assert answer == Trouble("the metadata service answered 200 without keys that can be read")


def test_a_refusal_is_told() -> None:
    assert keys_from_json(said({"code": "AccessDenied", "message": "no"}, 403), WALL) == Trouble(
        "the identity service answered 403: AccessDenied no"
    )


def test_keys_past_their_date_are_used_only_where_asked() -> None:
    old = said({**KEYS, "Expiration": "2026-03-02T10:48:00Z"})
    assert isinstance(keys_from_json(old, WALL), Trouble)
    assert keys_from_json(old, WALL, extended_seconds=900) == Token("ASIA1:s/e+c:ses==", WALL + 900)
    assert keys_from_json(said(KEYS), WALL, extended_seconds=900) == Token("ASIA1:s/e+c:ses==", WALL + 3600)


def test_keys_without_a_date_are_nothing() -> None:
    assert keys("a", "b", "c", None, WALL) == Trouble(
        "the identity service does not say in RFC 3339 when the keys expire"
    )
