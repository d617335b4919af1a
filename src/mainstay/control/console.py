"""Control: all that the control plane's pages ask of the rest of the plane, as callables."""

from collections.abc import Awaitable, Callable

import msgspec

from mainstay.control.evidence import Evidence
from mainstay.control.gateway_glance import Glance
from mainstay.control.lease import LeaseStatus
from mainstay.control.operations.desks import Desks
from mainstay.control.shipping.status import ShippingStatus
from mainstay.ledger.writing.status import JournalStatus


class Control(msgspec.Struct, frozen=True):
    """What the pages show. None of the callables may block or raise; `None` stands for a part that does not run."""

    version: str
    is_draining: Callable[[], bool]
    report: Callable[[str], None]
    """Takes one line for the operator."""
    gateway: Callable[[], Awaitable[Glance]]
    shipping_status: Callable[[], ShippingStatus | None]
    lease_status: Callable[[], LeaseStatus | None]
    journal_status: Callable[[], JournalStatus | None]
    evidence: Evidence
    """Writes down what people do."""
    desks: Desks | None = None
    """What there is of operations; `None` where they do not run."""
