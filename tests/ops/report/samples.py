"""An incident with everything that is recorded around it, for tests of its report."""

from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Moved,
    Noted,
    Opened,
    Posted,
    Scoped,
    Staffed,
)
from mainstay.model.notice import Severity
from mainstay.model.orders import Order, OrderKind
from mainstay.model.playbook import Playbook, RunBegan, RunEnded, StepEnded
from mainstay.model.records import (
    AlertRecord,
    BreakerRecord,
    ConfigurationRecord,
    DetectionRecord,
    FeedRecord,
    NoticeRecord,
    OrderRecord,
    ProbeRecord,
    ProcessRecord,
    PublicationRecord,
    Record,
    RunRecord,
    TroubleRecord,
)
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.status.traffic import TalliedSpan
from mainstay.ops.tallies.tally import AttemptTally, ExchangeTally, SpanTallies, TenantTally
from tests.ops.status.samples import incident

BEGAN = 1_772_452_140.0
"""2026-03-02 11:49:00 UTC."""
ENDED = BEGAN + 3_600
NOW = BEGAN + 86_400
NORTH = "upstream:north"
OUT, PART, WELL = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.OPERATIONAL


def seen(at: float = BEGAN + 20, kind: str = "own") -> Evidence:
    words = "12 of 14 attempts failed within 30 s"
    if kind == "page":
        return Evidence("page", NORTH, at, is_bad=True, words="Elevated errors", source="https://status.north.example")
    return Evidence("own", NORTH, at, is_bad=True, words=words, value=0.86, usual=0.004, samples=14)


def storm(*, is_open: bool = False) -> IncidentState:
    """A provider fails for an hour."""
    affected = (Affected("model:sonnet", PART), Affected(NORTH, OUT))
    events: list[tuple[float, IncidentEvent]] = [
        (BEGAN + 40, Opened("North | fails *again*", Impact.MAJOR, "detection", BEGAN, affected, "", (seen(),))),
        (BEGAN + 90, Acknowledged()),
        (BEGAN + 95, Staffed("commander", "ada")),
        (BEGAN + 200, Posted("Some answers fail.")),
        (BEGAN + 600, Linked("run", "RUN-1", "provider down")),
        (BEGAN + 900, Moved(IncidentStatus.IDENTIFIED, "The provider is down. Others serve for it.")),
        (BEGAN + 2_000, Noted("Action: raise the quota at south\nand thank bob\ntodo: test the fail-back")),
    ]
    if not is_open:
        events += [
            (BEGAN + 3_000, Moved(IncidentStatus.MONITORING, "It works again.")),
            (ENDED, Scoped((Affected("model:sonnet", WELL), Affected(NORTH, WELL)))),
            (ENDED, Moved(IncidentStatus.RESOLVED, "Over.")),
        ]
    return incident("INC-7", *events)


def records() -> tuple[Record, ...]:
    order = Order(
        "ORD-1", OrderKind.DRAIN, "ada", "north is down", BEGAN + 120, BEGAN + 9_000, "north", incident="INC-7"
    )
    run = Playbook("provider-down", "What to do.", ())
    return (
        ConfigurationRecord("c1", BEGAN - 600, "mainstay.yaml", "a1b2c3d4e5f6a7b8"),
        ProcessRecord("p1", BEGAN - 300, "gateway", "started", "1.0"),
        DetectionRecord("d1", BEGAN + 12, NORTH, "suspected", "3 failures in a row", (seen(BEGAN + 10),)),
        BreakerRecord("b1", BEGAN + 14, "north", "sonnet-v4", "main", "open", "6 of 8 attempts failed"),
        DetectionRecord("d2", BEGAN + 38, NORTH, "ill", "12 of 14 attempts failed", (seen(), seen(BEGAN + 30, "page"))),
        DetectionRecord("d3", BEGAN + 39, "upstream:south", "suspected", "one slow answer"),
        NoticeRecord("n1", BEGAN + 43, "INC-7", Severity.MAJOR, "pager", "sent", "North fails", incident="INC-7"),
        NoticeRecord(
            "n2", BEGAN + 44, "INC-7", Severity.MAJOR, "chat", "failed", "North fails", 1, "no answer", "INC-7"
        ),
        NoticeRecord("n3", BEGAN + 45, "INC-9", Severity.MAJOR, "pager", "sent", "Elsewhere", incident="INC-9"),
        PublicationRecord("u1", BEGAN + 201, "written", "major", "Partial outage"),
        OrderRecord("o1", BEGAN + 120, order, "given", "ada"),
        RunRecord("x1", BEGAN + 100, "RUN-1", 1, "detection", RunBegan(run, "ab", "INC-7", "INC-7", "INC-7")),
        RunRecord("x2", BEGAN + 121, "RUN-1", 2, "playbook", StepEnded("drain", "done", words="ORD-1")),
        RunRecord("x3", BEGAN + 130, "RUN-1", 3, "playbook", RunEnded("done")),
        RunRecord("x4", BEGAN + 131, "RUN-2", 1, "bob", RunBegan(run, "ab", "by hand", "h", "INC-9")),
        FeedRecord("f0", BEGAN + 300, "north", "component API", "operational", BEGAN - 9_000),
        FeedRecord(
            "f1", BEGAN + 745, "north", "about upstream:north", "partial_outage", BEGAN + 730, "Elevated errors"
        ),
        ProbeRecord("q1", BEGAN + 60, NORTH, "failed", 1.0, fault="overloaded", cost_nanodollars=2_000_000),
        ProbeRecord("q2", BEGAN + 70, NORTH, "failed", 1.0, fault="overloaded", cost_nanodollars=2_000_000),
        ProbeRecord("q3", BEGAN + 2_900, NORTH, "served", 0.4),
        TroubleRecord("t1", BEGAN + 50, "hash", "page", text="secret-complaint"),
        TroubleRecord("t2", BEGAN + 55, "hash", "page", counted=False),
        AlertRecord("a1", BEGAN + 20, "credential-refused", "north", "sonnet-v4", "main", "401 for a good key"),
        DetectionRecord("d4", BEGAN + 3_100, NORTH, "well", "no failure for 5 min"),
    )


def spans() -> tuple[TalliedSpan, ...]:
    """Minutes of an hour before, of the hour itself (of which the first half is bad), and of half an hour after it."""
    first = int(BEGAN // 60) * 60
    return tuple(_span(first + 60 * number, is_bad=0 <= number < 30) for number in range(-60, 90))


def _span(start: int, *, is_bad: bool) -> TalliedSpan:
    north = AttemptTally(100, 40, 60, 0, {"overloaded": 60}) if is_bad else AttemptTally(100, 100)
    sonnet = ExchangeTally(100, 100, cost_nanodollars=100_000_000)
    if is_bad:
        sonnet = ExchangeTally(100, 90, 10, rescued=40, recovered=5, cached=3, left=1, cost_nanodollars=180_000_000)
    tallies = SpanTallies(
        {
            "north/sonnet-v4": north,
            "south/sonnet-v4": AttemptTally(50, 50),
        },
        {"sonnet chat": sonnet, "opus chat": ExchangeTally(10, 10)},
        {"acme": TenantTally(60, 10 * is_bad), "secret-tenant": TenantTally(40)},
    )
    return TalliedSpan(start, 60, tallies)


def sources(*, is_open: bool = False) -> ReportSources:
    return ReportSources(BEGAN + 1_200 if is_open else NOW, storm(is_open=is_open), records(), spans())
