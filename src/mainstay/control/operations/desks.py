"""All desks of the control plane together: what its pages and its API ask."""

from collections.abc import Callable

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.control.book import Book
from mainstay.control.bookkeeping.bookkeeping import BookkeepingStatus
from mainstay.control.bookkeeping.tallied import Tallied
from mainstay.control.feeds.desk import FeedDesk
from mainstay.control.incidents.desk import IncidentDesk
from mainstay.control.notices.desk import NoticeDesk
from mainstay.control.orders.desk import OrderDesk
from mainstay.control.playbooks.desk import PlaybookDesk
from mainstay.control.probes.prober import ProberStatus
from mainstay.control.report.desk import ReportDesk
from mainstay.control.search.search import LedgerSearch
from mainstay.control.status_page.subscribers import Subscribers
from mainstay.control.trouble.desk import TroubleDesk
from mainstay.ops.detection.detector import Standing
from mainstay.ops.status.view import StatusView
from mainstay.ops.trouble.reports import Level


class Desks(msgspec.Struct, frozen=True):
    """Callables never block or raise; desks may do either, as they say."""

    snapshot: Callable[[], Snapshot]
    """The configuration that counts now."""
    incidents: IncidentDesk
    orders: OrderDesk
    playbooks: PlaybookDesk
    notices: NoticeDesk
    feeds: FeedDesk
    trouble: TroubleDesk
    reports: ReportDesk
    search: LedgerSearch
    tallied: Tallied
    subscribers: Subscribers
    book: Book
    standing: Callable[[], tuple[Standing, ...]]
    """How every component stands."""
    levels: Callable[[], tuple[Level, ...]]
    """How many people report trouble, beside how many usually do."""
    probes: Callable[[], ProberStatus]
    bookkeeping: Callable[[], BookkeepingStatus]
    status_view: Callable[[], StatusView | None]
    """What the status page says; `None` before it was made for the first time."""
    troubles: Callable[[], tuple[str, ...]]
    """What is wrong with operations themselves, in sentences."""
    is_acting: Callable[[], bool]
    """Whether this control plane holds the lease."""
    pulse: Callable[[], str]
    """A text that changes when anything that pages show has."""
