import pytest

from mainstay.config.policy import refusal
from mainstay.model.catalogue import Candidate, Limits, Upstream, Workload


def candidate(region: str = "", *, private: bool = False, substitute: bool = False) -> Candidate:
    return Candidate(
        Upstream("u", "anthropic", "https://u", region=region, private=private), "m", substitute=substitute
    )


@pytest.mark.parametrize("region", ["eu", "eu-central-1"])
def test_residency_takes_the_region_and_what_lies_in_it(region: str) -> None:
    assert refusal(candidate(region), Workload(residency=("ch", "eu"))) == ""


@pytest.mark.parametrize("region", ["us", "europe", "e", "us-eu"])
def test_residency_refuses_every_other_region(region: str) -> None:
    assert refusal(candidate(region), Workload(residency=("eu",))) == f"residency: {region} is not in eu"


def test_residency_fails_closed_where_no_region_is_stated() -> None:
    assert refusal(candidate(), Workload(residency=("eu",))) == "residency: the upstream states no region"


def test_private_only_refuses_what_is_not_private() -> None:
    assert refusal(candidate(), Workload(private_only=True)) == "private_only: the upstream is not private"
    assert refusal(candidate(private=True), Workload(private_only=True)) == ""


def test_substitutes_never_refuses_another_model() -> None:
    assert refusal(candidate(substitute=True), Workload(substitutes=False)) == "substitutes: never"
    assert refusal(candidate(substitute=False), Workload(substitutes=False)) == ""


def test_without_rules_everything_may_serve() -> None:
    assert refusal(candidate(substitute=True), Workload()) == ""


def test_an_upstream_that_is_kept_whole_serves_nobody_else() -> None:
    limits = Limits(reserved=(("critical", 0.75), ("audit", 0.25)))
    kept = Candidate(Upstream("u", "anthropic", "https://u", limits=limits), "m")
    assert refusal(kept, Workload("critical")) == ""
    assert refusal(kept, Workload("audit")) == ""
    assert refusal(kept, Workload("default")) == "reserved for critical, audit"


def test_an_upstream_of_which_a_share_is_kept_serves_everybody() -> None:
    limits = Limits(concurrency=8, reserved=(("critical", 0.75),))
    assert refusal(Candidate(Upstream("u", "anthropic", "https://u", limits=limits), "m"), Workload()) == ""
