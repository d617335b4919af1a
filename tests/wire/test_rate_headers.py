"""Rate headers, read from providers and written for callers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.http import Headers
from mainstay.model.rates import Bucket, Told
from mainstay.wire.rate_headers import duration_text, rate_headers, rated, read_told, without_rates
from mainstay.wire.retry_after import duration_seconds

WALL = datetime(2026, 11, 14, 22, 26, 40, tzinfo=UTC).timestamp()
RESET = "2026-11-14T22:27:10Z"


def fields(**values: str) -> Headers:
    return tuple((name.replace("_", "-"), value) for name, value in values.items())


def anthropic(what: str, limit: str, remaining: str, reset: str = RESET) -> Headers:
    names = [f"anthropic-ratelimit-{what}-{part}" for part in ("limit", "remaining", "reset")]
    return tuple(zip(names, (limit, remaining, reset), strict=True))


def openai(what: str, limit: str, remaining: str, reset: str = "30s") -> Headers:
    names = [f"x-ratelimit-{part}-{what}" for part in ("limit", "remaining", "reset")]
    return tuple(zip(names, (limit, remaining, reset), strict=True))


# What a provider tells


def test_everything_that_anthropic_tells_is_read() -> None:
    headers = (
        ("request-id", "req_1"),
        *anthropic("requests", "4000", "3999"),
        *anthropic("tokens", "2400000", "2398000"),
        *anthropic("input-tokens", "2000000", "1999000"),
        *anthropic("output-tokens", "400000", "0"),
    )
    assert read_told(headers, WALL) == Told(
        Bucket(4000, 3999, WALL + 30),
        Bucket(2_000_000, 1_999_000, WALL + 30),
        Bucket(400_000, 0, WALL + 30),
        Bucket(2_400_000, 2_398_000, WALL + 30),
    )


def test_everything_that_openai_tells_is_read() -> None:
    headers = (*openai("requests", "10000", "9999", "6ms"), *openai("tokens", "2000000", "1999000", "6m0s"))
    assert read_told(headers, WALL) == Told(
        requests=Bucket(10_000, 9_999, WALL + 0.006), tokens=Bucket(2_000_000, 1_999_000, WALL + 360)
    )


def test_azure_tells_what_remains_and_no_more() -> None:
    headers = fields(x_ratelimit_remaining_requests="99", x_ratelimit_remaining_tokens="9000")
    assert read_told(headers, WALL) == Told(requests=Bucket(None, 99, WALL + 60), tokens=Bucket(None, 9_000, WALL + 60))


@pytest.mark.parametrize(
    "headers",
    [
        (),
        fields(content_type="text/html", retry_after="3"),
        fields(x_ratelimit_limit_requests="5"),
        fields(anthropic_ratelimit_unified_status="rejected"),
        fields(x_ratelimit_remaining_project_tokens="5"),
    ],
)
def test_most_say_nothing(headers: Headers) -> None:
    assert read_told(headers, WALL) is None


@pytest.mark.parametrize("remaining", ["", "-1", "1.5", "many", "1e3", "٣", "9" * 16, " 5"])
def test_a_remainder_that_is_no_number_is_not_told(remaining: str) -> None:
    headers = (*anthropic("requests", "4000", remaining), *anthropic("output-tokens", "9", "3"))
    assert read_told(headers, WALL) == Told(output_tokens=Bucket(9, 3, WALL + 30))
    assert read_told(openai("requests", "4000", remaining), WALL) is None


@pytest.mark.parametrize("reset", ["", "soon", "-5s", "1.2.3s", "99999-01-01T00:00:00Z"])
def test_a_reset_that_cannot_be_read_takes_its_limit_along(reset: str) -> None:
    assert read_told(anthropic("requests", "4000", "5", reset), WALL) is None
    assert read_told(openai("requests", "4000", "5", reset), WALL) is None


def test_a_limit_that_is_no_number_is_unknown() -> None:
    assert read_told(openai("requests", "none", "5"), WALL) == Told(requests=Bucket(None, 5, WALL + 30))


def test_what_cannot_be_true_is_left_for_others_to_judge() -> None:
    assert read_told(anthropic("requests", "5", "900", "2020-01-01T00:00:00Z"), WALL) == Told(
        requests=Bucket(5, 900, datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    )


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_nothing_is_too_strange(limit: str, remaining: str, reset: str) -> None:
    for headers in (anthropic("tokens", limit, remaining, reset), openai("tokens", limit, remaining, reset)):
        told = read_told(headers, WALL)
        assert told is None or (told.tokens is not None and told.tokens.remaining >= 0)


# What a caller is told

ALL = Told(Bucket(60, 59, WALL + 80), Bucket(1_000, 400, WALL + 80), Bucket(500, 450, WALL + 20.25))


def test_an_anthropic_client_is_told_each_limit_and_an_instant() -> None:
    assert rate_headers("anthropic", ALL, WALL) == (
        *anthropic("requests", "60", "59", "2026-11-14T22:28:00Z"),
        *anthropic("input-tokens", "1000", "400", "2026-11-14T22:28:00Z"),
        *anthropic("output-tokens", "500", "450", "2026-11-14T22:27:01Z"),
    )


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses"])
def test_an_openai_client_is_told_the_tighter_limit_of_tokens_and_a_duration(dialect: str) -> None:
    assert rate_headers(dialect, ALL, WALL) == (
        *openai("requests", "60", "59", "1m20s"),
        *openai("tokens", "1000", "400", "1m20s"),
    )
    tight = Told(ALL.requests, ALL.input_tokens, Bucket(500, 3, WALL + 20.25))
    assert rate_headers(dialect, tight, WALL)[3:] == openai("tokens", "500", "3", "20.25s")


@pytest.mark.parametrize("dialect", ["anthropic", "openai-chat"])
def test_what_does_not_bind_is_not_told(dialect: str) -> None:
    assert rate_headers(dialect, Told(), WALL) == ()
    assert len(rate_headers(dialect, Told(output_tokens=Bucket(5, 5, WALL)), WALL)) == 3
    assert len(rate_headers(dialect, Told(input_tokens=Bucket(5, 5, WALL)), WALL)) == 3


def test_a_clients_reader_reads_what_we_write() -> None:
    assert read_told(rate_headers("anthropic", ALL, WALL), WALL) == Told(
        ALL.requests, ALL.input_tokens, Bucket(500, 450, WALL + 21)
    )
    assert read_told(rate_headers("openai-chat", ALL, WALL), WALL) == Told(
        requests=ALL.requests, tokens=ALL.input_tokens
    )


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(-5, "0s"), (0, "0s"), (17, "17ms"), (1_000, "1s"), (1_500, "1.5s"), (60_000, "1m0s"), (119_999, "1m59.999s")],
)
def test_durations_look_like_openais(milliseconds: int, text: str) -> None:
    assert duration_text(milliseconds) == text


@given(st.integers(0, 10_000_000))
def test_a_duration_is_read_as_it_was_written(milliseconds: int) -> None:
    assert duration_seconds(duration_text(milliseconds)) == pytest.approx(milliseconds / 1000)


def test_ours_take_the_place_of_the_providers() -> None:
    theirs = (("request-id", "r"), *anthropic("tokens", "9", "9"), *openai("requests", "9", "9"), ("retry-after", "3"))
    kept = (("request-id", "r"), ("retry-after", "3"))
    assert without_rates(theirs) == kept
    assert rated("anthropic", theirs, ALL, WALL) == (*kept, *rate_headers("anthropic", ALL, WALL))
