from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.http import Headers
from mainstay.wire.retry_after import WAIT_SECONDS_MAX, wait_seconds

WALL = datetime(2026, 11, 14, 22, 26, 40, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "287441"}, WAIT_SECONDS_MAX),
        ({"retry-after": "9" * 25}, WAIT_SECONDS_MAX),
        ({"retry-after": "Sat, 14 Nov 2026 22:27:10 GMT"}, 30.0),
        ({"retry-after": "Sat, 14 Nov 2026 22:20:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "a while"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_what_a_provider_asks_for(headers: dict[str, str], wait: float | None) -> None:
    assert wait_seconds(503, tuple(headers.items()), WALL) == wait


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "17ms"}, 0.017),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h1m1.5s"}, WAIT_SECONDS_MAX),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "12"}, 12.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1.2.3s"}, None),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"}, None),
        ({"x-ratelimit-remaining-tokens": "0"}, None),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-14T22:26:45Z",
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-14T22:27:00Z",
                "anthropic-ratelimit-input-tokens-remaining": "1000",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-14T22:40:00Z",
            },
            20.0,
        ),
        ({"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "soon"}, None),
        ({"retry-after": "2", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 2.0),
    ],
)
def test_a_used_up_limit_says_when_it_is_full_again(headers: dict[str, str], wait: float | None) -> None:
    assert wait_seconds(429, tuple(headers.items()), WALL) == pytest.approx(wait)


def test_a_used_up_limit_means_nothing_beside_another_status() -> None:
    headers = (("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0s"))
    assert wait_seconds(500, headers, WALL) is None


def test_the_first_of_two_headers_counts() -> None:
    assert wait_seconds(429, (("retry-after", "1"), ("retry-after", "2")), WALL) == 1.0


@given(st.text(max_size=30), st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens"]))
def test_nonsense_never_raises_and_never_leaves_the_bounds(text: str, name: str) -> None:
    headers: Headers = ((name, text), ("x-ratelimit-remaining-tokens", "0"))
    wait = wait_seconds(429, headers, WALL)
    assert wait is None or 0.0 <= wait <= WAIT_SECONDS_MAX
