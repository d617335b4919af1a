"""Readings: what the control plane's metrics are made of, read from its desks."""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import msgspec

from mainstay.control.bookkeeping.bookkeeping import BookkeepingStatus
from mainstay.control.console import Control
from mainstay.control.feeds.standing import FeedStanding
from mainstay.control.lease import LeaseStatus
from mainstay.control.notices.desk import NoticeStatus
from mainstay.control.operations.desks import Desks
from mainstay.control.probes.prober import ProberStatus
from mainstay.control.shipping.status import ShippingStatus
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.writing.status import JournalStatus
from mainstay.ops.detection.values import Standing
from mainstay.ops.incidents.state import IncidentState

Kind = TypeVar("Kind")


class Readings(msgspec.Struct, frozen=True):
    """Everything at one instant (`wall`, seconds since 1970). `None`: that part does not run, or could not be read."""

    wall: float
    version: str
    shipping: ShippingStatus | None = None
    lease: LeaseStatus | None = None
    journal: JournalStatus | None = None
    incidents: tuple[IncidentState, ...] | None = None
    """Those that are open."""
    standing: tuple[Standing, ...] | None = None
    feeds: tuple[FeedStanding, ...] | None = None
    orders: dict[str, int] | None = None
    """Those in force, by kind."""
    runs_waiting: int | None = None
    notices: NoticeStatus | None = None
    bookkeeping: BookkeepingStatus | None = None
    probes: ProberStatus | None = None


def readings_of(control: Control, wall: float) -> Readings:
    """Read everything. May wait for the store; raises nothing."""
    desks = control.desks
    base = Readings(
        wall,
        control.version,
        shipping=control.shipping_status(),
        lease=control.lease_status(),
        journal=control.journal_status(),
    )
    return base if desks is None else _of_desks(base, desks)


def _of_desks(base: Readings, desks: Desks) -> Readings:
    orders = _had(desks.orders.in_force)
    waiting = _had(desks.playbooks.waiting)
    return msgspec.structs.replace(
        base,
        incidents=_had(desks.incidents.current),
        standing=_had(desks.standing),
        feeds=_had(desks.feeds.standings),
        orders=None if orders is None else dict(Counter(order.kind.value for order in orders)),
        runs_waiting=None if waiting is None else len(waiting),
        notices=_had(desks.notices.status),
        bookkeeping=_had(desks.bookkeeping),
        probes=_had(desks.probes),
    )


def _had(ask: Callable[[], Kind]) -> Kind | None:
    """What is answered; `None` where the store or the disk does not let it be."""
    try:
        return ask()
    except (LedgerError, OSError):
        return None
