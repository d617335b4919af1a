"""Reserved shares: which part of a limit is kept for whom.

A workload with a reserved share may use that and the common part; everybody else the common part alone. What a workload
uses counts against its own share first.
"""

from collections.abc import Mapping
from functools import lru_cache

from mainstay.model.catalogue import Limits

Reserved = tuple[tuple[str, float], ...]
"""`Limits.reserved`: workloads and their shares, from 0 to 1."""

_WHOLE = 1.0 - 1e-9
"""From here on shares leave nothing in common, but for rounding."""


@lru_cache(maxsize=4096)
def parts(limit: int, reserved: Reserved) -> tuple[int, ...]:
    """What each workload keeps of so many places, in the order of `reserved`; whatever is left is common.

    A share that is worth less than one place keeps one, as long as any are left. Where the shares leave something in
    common, at least one place is common: a share must not shut everybody else out for being rounded.
    """
    left = limit if sum(share for _, share in reserved) >= _WHOLE else limit - 1
    kept = []
    for _, share in reserved:
        mine = 0 if share <= 0 else min(left, max(1, int(limit * share + 1e-9)))
        left -= mine
        kept.append(mine)
    return tuple(kept)


def fits(limit: int, reserved: Reserved, workload: str, used: int, used_by: Mapping[str, int], nodes: int = 1) -> bool:
    """Whether one more attempt of this workload fits, where `used` are under way in all. `used_by` says how many of
    them belong to each workload that has a share of its own. With `nodes`: within the fair share of one of so many
    processes, which is at least one place of each kind."""
    if used >= fair(limit, nodes):
        return False
    if not reserved:
        return True
    if _kept(limit, reserved, workload, nodes) > used_by.get(workload, 0):
        return True
    return common_used(limit, reserved, used, used_by, nodes) < common(limit, reserved, nodes)


def fair(places: int, nodes: int) -> int:
    """The fair share of one of so many processes."""
    return places if nodes == 1 else min(places, max(1, places // nodes))


def common(limit: int, reserved: Reserved, nodes: int = 1) -> int:
    """How many places are kept for nobody."""
    return fair(limit - sum(parts(limit, reserved)) if reserved else limit, nodes)


def common_used(limit: int, reserved: Reserved, used: int, used_by: Mapping[str, int], nodes: int = 1) -> int:
    """How many of those that are under way use common places."""
    if not reserved:
        return used
    kept = zip(reserved, parts(limit, reserved), strict=True)
    return used - sum([min(used_by.get(name, 0), fair(places, nodes)) for (name, _), places in kept])


def _kept(limit: int, reserved: Reserved, workload: str, nodes: int) -> int:
    for (name, _), places in zip(reserved, parts(limit, reserved), strict=True):
        if name == workload:
            return fair(places, nodes)
    return 0


def common_share(limits: Limits) -> float:
    """Which share of the limits is open to everybody."""
    return max(0.0, 1.0 - sum([share for _, share in limits.reserved]))


def own_share(limits: Limits, workload: str) -> float:
    """Which share of the limits is kept for this workload; 0 for none."""
    for name, share in limits.reserved:
        if name == workload:
            return share
    return 0.0


def is_reserved(limits: Limits, workload: str) -> bool:
    """Whether this workload has a share of its own."""
    return own_share(limits, workload) > 0
