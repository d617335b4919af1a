"""Outages by schedule: which fault befalls which upstream, from when to when."""

from collections.abc import Sequence

import msgspec

from mainstay.lab.provider.fault import OK, FaultSpec
from mainstay.lab.provider.request import ProviderRequest


class Outage(msgspec.Struct, frozen=True):
    """One upstream's bad time, from `begin` until before `end`, in seconds from the start."""

    upstream: str
    begin: float
    end: float
    fault: FaultSpec


class Schedule:
    """`upstreams.Weather`: fair but for these outages. Of two at once the first counts."""

    def __init__(self, outages: Sequence[Outage]) -> None:
        """Outages may follow or overlap each other in any order."""
        self._of: dict[str, list[Outage]] = {}
        for outage in outages:
            self._of.setdefault(outage.upstream, []).append(outage)

    def __call__(self, upstream: str, now: float, request: ProviderRequest) -> FaultSpec:  # noqa: ARG002
        """The fault of this instant."""
        for outage in self._of.get(upstream, ()):
            if outage.begin <= now < outage.end:
                return outage.fault
        return OK
