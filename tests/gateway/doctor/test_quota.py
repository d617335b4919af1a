import pytest

from mainstay.gateway.doctor.quota import quota_check
from mainstay.model.catalogue import UNLIMITED, Limits
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.rates import Bucket, Told
from tests.gateway.doctor.wards import load

BUSY = load(requests=60, tokens=1_000)


def told(limit: int | None, remaining: int) -> Told:
    return Told(requests=Bucket(limit, remaining, 0.0))


def test_where_nothing_is_known_that_is_said() -> None:
    found = quota_check(None, UNLIMITED, BUSY, None)
    assert (found.outcome, "tells no limits" in found.words) == ("unknown", True)


def test_limits_without_a_load_prove_nothing() -> None:
    found = quota_check(told(4_000, 3_999), UNLIMITED, None, None)
    assert found.outcome == "unknown"
    assert found.words == "4,000 requests a minute (provider); no requests of the last hour to compare with"


def test_enough_for_the_busiest_minute_is_well() -> None:
    found = quota_check(told(60, 10), UNLIMITED, BUSY, None)
    assert (found.outcome, found.words) == ("ok", "the busiest minute needs 60 of 60 requests (provider)")


@pytest.mark.parametrize(
    ("provided", "configured", "named"),
    [
        (told(59, 59), UNLIMITED, "60 of 59 requests (provider)"),
        (told(None, 59), UNLIMITED, "60 of 59 requests (provider)"),
        (Told(input_tokens=Bucket(999, 999, 0.0)), UNLIMITED, "1,000 of 999 input tokens (provider)"),
        (Told(output_tokens=Bucket(99, 99, 0.0)), UNLIMITED, "100 of 99 output tokens (provider)"),
        (Told(tokens=Bucket(1_099, 1_099, 0.0)), UNLIMITED, "1,100 of 1,099 tokens (provider)"),
        (told(4_000, 4_000), Limits(requests_per_minute=59), "60 of 59 requests (configured)"),
        (None, Limits(input_tokens_per_minute=999), "1,000 of 999 input tokens (configured)"),
        (None, Limits(output_tokens_per_minute=99), "100 of 99 output tokens (configured)"),
    ],
)
def test_too_little_for_the_busiest_minute_fails(provided: Told | None, configured: Limits, named: str) -> None:
    found = quota_check(provided, configured, BUSY, None)
    assert found.outcome == "failed"
    assert found.words == f"too little for the busiest minute: {named}; raise it, or add another standby"


def test_nothing_left_fails_whatever_the_limit() -> None:
    found = quota_check(told(4_000, 0), UNLIMITED, None, None)
    assert found.outcome == "failed"
    assert found.words.startswith("nothing is left now of 4,000 requests a minute (provider)")


@pytest.mark.parametrize(("wait", "words"), [(12.3, "throttled now, for 12 s more: "), (None, "throttled now: ")])
def test_a_throttled_candidate_fails(wait: float | None, words: str) -> None:
    fault = Fault(FaultKind.THROTTLE, "slow down", 429, wait_seconds=wait)
    found = quota_check(told(4_000, 4_000), UNLIMITED, BUSY, fault)
    assert (found.outcome, found.words.startswith(words)) == ("failed", True)


def test_other_faults_say_nothing_of_the_quota() -> None:
    assert quota_check(told(4_000, 9), UNLIMITED, BUSY, Fault(FaultKind.SERVER, "")).outcome == "ok"
