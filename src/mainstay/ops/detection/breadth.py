"""Whether a trouble is everybody's. What one tenant or one credential alone meets, while others are served, is no
outage of the provider: a poisoned request, a spent quota, a revoked key."""

from collections.abc import Callable, Iterable
from typing import Final

from mainstay.ops.detection.sample import Sample

_WINDOW_SECONDS: Final = 300.0
_CERTAIN: Final = 7.0
"""Others must have been served so often that chance explains it less than once in a thousand times."""
_TENANT: Final = "all of one tenant, while others were served"
_CREDENTIAL: Final = "all with one credential, while others were served"


def whose_alone(samples: Iterable[Sample], wall: float, since: float) -> str:
    """In words, who alone is hit, by the samples since then; empty if it is not one alone or cannot be told."""
    start = max(since, wall - _WINDOW_SECONDS)
    counted = [one for one in samples if one.at >= start and not one.aside and not one.is_probe]
    failed = [one for one in counted if one.kind]
    if not failed:
        return ""
    if _is_one_alone(counted, failed, _tenant):
        return _TENANT
    if _is_one_alone(counted, failed, _credential):
        return _CREDENTIAL
    return ""


def _tenant(sample: Sample) -> str:
    return sample.tenant


def _credential(sample: Sample) -> str:
    return sample.credential


def _is_one_alone(counted: list[Sample], failed: list[Sample], owner: Callable[[Sample], str]) -> bool:
    hit = {owner(one) for one in failed}
    if len(hit) != 1:
        return False
    own = sum(owner(one) in hit for one in counted)
    others = len(counted) - own
    return others * len(failed) / own >= _CERTAIN
