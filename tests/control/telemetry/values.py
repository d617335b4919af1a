"""Readings of a control plane in the middle of an outage."""

from mainstay.control.bookkeeping.bookkeeping import BookkeepingStatus
from mainstay.control.feeds.standing import FeedStanding
from mainstay.control.lease import LeaseStatus
from mainstay.control.notices.desk import NoticeStatus, TargetStatus
from mainstay.control.probes.prober import ProberStatus
from mainstay.control.shipping.status import Finding, ShippingStatus
from mainstay.control.telemetry.readings import Readings
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.ops.detection.values import Standing, State
from mainstay.ops.incidents.state import IncidentState

WALL = 1_000_000.0


def incident(number: int, impact: Impact, acknowledged_at: float | None = None) -> IncidentState:
    return IncidentState(
        id=f"INC-{number}",
        number=1,
        title="down",
        status=IncidentStatus.INVESTIGATING,
        impact=impact,
        worst_impact=impact,
        source="detection",
        started_at=WALL,
        opened_at=WALL,
        detected_at=WALL,
        updated_at=WALL,
        acknowledged_at=acknowledged_at,
    )


def standing(component: str, state: State) -> Standing:
    return Standing(component, state, WALL, "because", ComponentStatus.OPERATIONAL, Impact.NONE)


def feed(upstream: str, state: str, read_at: float | None) -> FeedStanding:
    about = ("https://status.example.com", state, "", read_at, "statuspage", "Example")
    return FeedStanding(upstream, *about, ComponentStatus.OPERATIONAL, (), (), ())


READINGS = Readings(
    WALL,
    "1.2.3",
    shipping=ShippingStatus(lag_records=7, lag_seconds=1.5, findings=(Finding("store-gap", "c", "m", WALL),)),
    lease=LeaseStatus(is_held=True, holder="me", epoch=3),
    journal=JournalStatus(pending=2, dropped=1, trouble="full"),
    incidents=(incident(1, Impact.MAJOR), incident(2, Impact.MAJOR, WALL), incident(3, Impact.CRITICAL)),
    standing=(standing("upstream:a", "ill"), standing("upstream:b", "well"), standing("model:m", "suspected")),
    feeds=(feed("a", "ok", WALL - 30.0), feed("b", "down", None)),
    orders={"drain": 2},
    runs_waiting=1,
    notices=NoticeStatus(
        (TargetStatus("chat", "apprise", "Slack", waiting=3),),
        {("chat", "sent"): 5, ("chat", "failed"): 2, ("", "deduplicated"): 4},
        dropped=6,
        unwritten=8,
    ),
    bookkeeping=BookkeepingStatus(behind=9),
    probes=ProberStatus(is_on=True, probes_last_hour=10, usd_today=0.25, running=()),
)
