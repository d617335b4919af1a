from collections.abc import Iterable

from prometheus_client.core import Metric

from mainstay.engine.capacity.standing import (
    CapacityStanding,
    LearnedRateStanding,
    LineLimit,
    QuotaStanding,
    RampStanding,
    UpstreamLoad,
)
from mainstay.engine.gray.watch import SuspectStanding
from mainstay.engine.key import Key
from mainstay.gateway.capacity_metrics import capacity_families, suspect_families

STANDING = CapacityStanding(
    (UpstreamLoad("alpha", 3, 4, 8), UpstreamLoad("beta", 1, 0, None)),
    (LineLimit("alpha", "claude", 3, 5),),
    (LearnedRateStanding("beta", "claude", "main", 2.5),),
    (RampStanding("alpha", "claude", "main", 2.0, 20.0), RampStanding("alpha", "claude", "spare", 1.0, 20.0)),
    (QuotaStanding("beta", "secret-model", "main", "requests", 50, 7),),
)
MODELS = frozenset({"claude"})


def samples(families: Iterable[Metric]) -> dict[tuple[str, ...], float]:
    return {
        (family.name.removeprefix("mainstay_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_is_under_way_and_what_may_be() -> None:
    found = samples(capacity_families(STANDING, MODELS))
    assert found["upstream_running_attempts", "alpha", "here"] == 3
    assert found["upstream_running_attempts", "alpha", "elsewhere"] == 4
    assert found["upstream_concurrency_limit", "alpha"] == 8
    assert ("upstream_concurrency_limit", "beta") not in found
    assert found["learned_concurrency_limit", "alpha", "claude"] == 5
    assert found["learned_starts_per_second", "beta", "claude"] == 2.5


def test_credentials_are_added_up_and_unknown_models_are_others() -> None:
    found = samples(capacity_families(STANDING, MODELS))
    assert found["ramp_starts_per_second", "alpha", "claude"] == 3.0
    assert found["provider_quota_remaining", "beta", "other", "requests"] == 7


def test_suspects_are_named_with_what_speaks_against_them() -> None:
    rows = (SuspectStanding(Key("alpha", "claude", "main"), "slow first content", "p50 4.2 s", "0.9 s", 3.0, 27.0),)
    assert samples(suspect_families(rows, MODELS)) == {
        ("suspect_candidates", "alpha", "claude", "slow first content"): 1.0
    }
    assert samples(suspect_families((), MODELS)) == {}
