"""Which hosts belong to what is down now, so that nobody is told of an outage by way of it alone."""

import ipaddress
from collections.abc import Iterable
from typing import Final

from mainstay.config.snapshot import Snapshot
from mainstay.config.url import url_address
from mainstay.model.components import component_of
from mainstay.ops.detection.values import Standing

ILL: Final = "ill"
SHARED_MIN: Final = 2
"""A dependency is suspected when so many upstreams that share it are down."""


def is_ill_host(host: str, snapshot: Snapshot, standing: Iterable[Standing]) -> bool:
    """Whether a host belongs to an upstream that is down, or bears the name of what several of those depend on."""
    ill = _ill_upstreams(standing)
    if not ill:
        return False
    places = (url_address(one.base_url) for one in snapshot.upstreams if one.name in ill)
    # What runs beside us may be down alone: this machine is not.
    if any(place is not None and not place.is_loopback and _owner(place.host) == _owner(host) for place in places):
        return True
    labels = frozenset(host.lower().split("."))
    return any(cause.lower() in labels for cause in _shared_causes(snapshot, ill))


def _ill_upstreams(standing: Iterable[Standing]) -> frozenset[str]:
    found = (component_of(one.component) for one in standing if one.state == ILL)
    return frozenset(component.upstream for component in found if component is not None and component.upstream)


def _shared_causes(snapshot: Snapshot, ill: frozenset[str]) -> frozenset[str]:
    named = [set(part.depends_on) for name, part in snapshot.file.upstreams.items() if name in ill]
    return frozenset(cause for one in named for cause in one if sum(cause in other for other in named) >= SHARED_MIN)


def _owner(host: str) -> str:
    """The end of a host's name that tells whose it is, as far as that can be told; an address is its own."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ".".join(host.lower().rstrip(".").split(".")[-2:])
