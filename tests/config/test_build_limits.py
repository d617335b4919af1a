"""What a snapshot takes over of limits, tenants and caches."""

from pathlib import Path

import msgspec

from mainstay.config.build import build
from mainstay.config.schema import (
    CacheSection,
    CandidateSection,
    File,
    LimitsSection,
    ModelSection,
    TenantSection,
    UpstreamSection,
    WorkloadSection,
)
from mainstay.model.catalogue import CacheRule, Limits
from mainstay.model.identity import Allowance


def file(workloads: dict[str, WorkloadSection] | None = None) -> File:
    return File(
        upstreams={"u": UpstreamSection(dialect="anthropic", base_url="https://u/")},
        models={"m": ModelSection(candidates=(CandidateSection("u"),))},
        workloads=workloads or {},
    )


def test_limits_of_an_upstream_are_taken_over_with_shares_of_one() -> None:
    limits = LimitsSection(concurrency=8, output_tokens_per_minute=9_000, reserved={"w": 25.0})
    upstream = UpstreamSection(dialect="anthropic", base_url="https://u", limits=limits)
    made = build(msgspec.structs.replace(file(), upstreams={"u": upstream}), {}, Path())
    assert made.upstreams[0].limits == Limits(concurrency=8, output_tokens_per_minute=9_000, reserved=(("w", 0.25),))


def test_a_tenant_has_an_allowance_a_weight_and_a_say_over_the_cache() -> None:
    tenants = {
        "big": TenantSection(weight=3.0, input_tokens_per_minute=7),
        "plain": TenantSection(),
        "*": TenantSection(weight=0.5, cache="off"),
    }
    made = build(msgspec.structs.replace(file(), tenants=tenants), {}, Path())
    assert made.allowance("big") == Allowance(input_tokens_per_minute=7)
    assert [made.weight(one) for one in ("big", "plain", "unknown")] == [3.0, 1.0, 0.5]
    assert [made.may_mark(one) for one in ("big", "plain", "unknown")] == [True, True, False]


def test_a_cache_has_a_rule_per_workload_and_one_store() -> None:
    workloads = {"w": WorkloadSection(cache=CacheSection(ttl_seconds=5, stale_if_error_seconds=60, requests="all"))}
    made = build(file(workloads), {}, Path())
    assert made.workloads["w"].cache == CacheRule(5, 60, every=True)
    assert made.workloads["default"].cache is None
    assert made.cache is not None
    assert (made.cache.bytes_max, made.cache.key) == (256_000_000, None)
    assert build(msgspec.structs.replace(file(), cache="off"), {}, Path()).cache is None
