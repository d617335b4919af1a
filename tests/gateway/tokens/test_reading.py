import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.tokens.reading import (
    ASSUMED_LIFE_SECONDS,
    LIFE_SECONDS_MAX,
    WORDS_CHARACTERS_MAX,
    access_token,
    instant,
    refusal,
    token,
    unsafe,
    words,
)
from mainstay.gateway.tokens.source import Token, Trouble
from tests.gateway.tokens.identity import SOON, WALL, said


class TestAccessToken:
    @pytest.mark.parametrize(
        ("answer", "life_seconds"),
        [
            ({"access_token": "t", "expires_in": 3599, "token_type": "Bearer"}, 3599.0),
            ({"access_token": "t", "expires_in": "3599"}, 3599.0),
            ({"access_token": "t"}, ASSUMED_LIFE_SECONDS),
            ({"access_token": "t", "expires_in": 10**12}, LIFE_SECONDS_MAX),
        ],
    )
    def test_lives_for_as_long_as_its_issuer_says(self, answer: object, life_seconds: float) -> None:
        assert access_token(said(answer), WALL) == Token("t", WALL + life_seconds)

    @pytest.mark.parametrize("seconds", [0, -1, "0", "-3600", "nan"])
    def test_that_is_dead_on_arrival_is_none(self, seconds: object) -> None:
        answer = access_token(said({"access_token": "t", "expires_in": seconds}), WALL)
        assert answer == Trouble("the identity service gave a token that has already expired")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b"{}",
            b'{"access_token":1}',
            b'{"access_token":"t","expires_in":"soon"}',
            b'{"access_token":"t","expires_in":true}',
            b'{"access_token":"t","expires_in":[]}',
            b"[" * 100_000,
        ],
    )
    def test_that_cannot_be_read_is_none(self, body: bytes) -> None:
        answer = access_token(said(body), WALL)
        assert answer == Trouble("the identity service answered 200 without a token that can be read")

    @pytest.mark.parametrize("value", ["", "a b", "a\r\nx-evil: 1", "ключ", "t" * 70_000])
    def test_that_no_header_can_carry_is_none(self, value: str) -> None:
        answer = access_token(said({"access_token": value, "expires_in": 60}), WALL)
        assert answer == Trouble("the identity service gave a token that no header can carry")

    def test_is_not_looked_for_in_an_error(self) -> None:
        answer = access_token(said({"access_token": "t", "expires_in": 60}, status=500), WALL)
        assert isinstance(answer, Trouble)

    @given(st.binary() | st.from_regex(rb'\{"access_token":"[a-z]*","expires_in":.*\}', fullmatch=True))
    def test_whatever_comes_nothing_is_raised_and_no_dead_token_returned(self, body: bytes) -> None:
        answer = access_token(said(body), WALL)
        assert isinstance(answer, Trouble) or WALL < answer.expires_at <= WALL + LIFE_SECONDS_MAX


def test_a_token_without_an_end_that_is_a_number_is_none() -> None:
    assert isinstance(token("t", math.nan, WALL), Trouble)
    assert token("t", math.inf, WALL) == Token("t", WALL + LIFE_SECONDS_MAX)


class TestInstant:
    @pytest.mark.parametrize(
        "text",
        ["2026-03-02T11:49:00Z", "2026-03-02T11:49:00.000Z", "2026-03-02T12:49:00+01:00", "2026-03-02T11:49:00"],
    )
    def test_reads_rfc_3339(self, text: str) -> None:
        assert instant(text) == WALL + 3600
        assert instant(SOON) == WALL + 3600

    @pytest.mark.parametrize("text", ["", "soon", "1772452140", "2026-13-02T11:49:00Z"])
    def test_is_nothing_for_anything_else(self, text: str) -> None:
        assert instant(text) is None


class TestRefusal:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"error": "invalid_grant", "error_description": "Invalid JWT"}, "invalid_grant Invalid JWT"),
            ({"error": "invalid_grant"}, "invalid_grant"),
            ({"error": {"code": 403, "message": "Denied", "status": "PERMISSION_DENIED"}}, "PERMISSION_DENIED Denied"),
            ({"code": "AccessDenied", "message": "no role"}, "AccessDenied no role"),
            (b"<html>502</html>", "no reason given"),
            ({}, "no reason given"),
        ],
    )
    def test_tells_status_and_reason(self, body: object, reason: str) -> None:
        assert refusal(said(body, 400)).text == f"the identity service answered 400: {reason}"

    def test_never_repeats_what_looks_like_a_token(self) -> None:
        text = refusal(said({"error": "bad", "error_description": f"token {'s3cret' * 40} is bad"}, 400)).text
        assert text.endswith("bad token [...] is bad")


@given(st.text(max_size=5_000))
def test_words_of_others_fit_on_one_line(text: str) -> None:
    line = words(text)
    assert len(line) <= WORDS_CHARACTERS_MAX
    assert line == "" or line.isprintable()


class TestUnsafe:
    @pytest.mark.parametrize(
        "url",
        [
            "https://oauth2.googleapis.com/token",
            "http://127.0.0.1:8491/token",
            "http://localhost/token",
            "http://[::1]/token",
            "http://169.254.169.254/latest",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://metadata.google.internal/computeMetadata",
        ],
    )
    def test_is_no_place_that_is_encrypted_or_here(self, url: str) -> None:
        assert unsafe(url) is None

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("http://oauth2.googleapis.com/token?secret=1", "http://oauth2.googleapis.com must be https"),
            ("http://10.0.0.1/token", "http://10.0.0.1 must be https"),
            ("http://localhost.evil.example/", "http://localhost.evil.example must be https"),
            ("ftp://localhost/", "ftp://localhost must be https"),
            ("token", ":// must be https"),
            ("https:///token", "https:// must be https"),
        ],
    )
    def test_is_every_other_and_only_its_host_is_shown(self, url: str, shown: str) -> None:
        assert unsafe(url) == Trouble(f"{shown}, or an http address of this machine")

    def test_is_what_is_no_url(self) -> None:
        assert unsafe("https://[") == Trouble("an address of the identity service is not a URL")
