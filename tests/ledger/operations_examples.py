"""One record of each kind that operations write."""

from mainstay.model.evidence import Evidence
from mainstay.model.incident import Impact, Opened
from mainstay.model.notice import Severity
from mainstay.model.orders import Order, OrderKind, Scope
from mainstay.model.playbook import Cancelled
from mainstay.model.records import (
    DetectionRecord,
    FeedRecord,
    IncidentRecord,
    NoticeRecord,
    OrderRecord,
    ProbeRecord,
    PublicationRecord,
    Record,
    RunRecord,
    TroubleRecord,
)

_SEEN = Evidence("own", "upstream:anthropic", 9.0, is_bad=True, words="all 9 attempts failed", value=1.0, samples=9)
_ORDER = Order("ORD-AAAAAAAA", OrderKind.DRAIN, "vera", "=it fails", 9.0, 99.0, "anthropic", scope=Scope(("claude",)))
_OPENED = Opened("The API fails", Impact.MAJOR, "detection", 8.0, evidence=(_SEEN,))

OPERATIONS: list[Record] = [
    OrderRecord("or_1", 9.0, _ORDER, "given", "vera"),
    IncidentRecord("in_1", 9.0, "INC-1", 1, "detection", _OPENED),
    RunRecord("ru_1", 9.0, "RUN-1", 2, "vera", Cancelled("not now"), "local"),
    DetectionRecord("de_1", 9.0, "upstream:anthropic", "ill", "all failed", (_SEEN,), group="upstream:anthropic"),
    ProbeRecord("pb_1", 9.0, "upstream:anthropic", "failed", 0.5, None, 500, "server", "provider", "suspect", 1_000),
    FeedRecord("fe_1", 9.0, "anthropic", "incident x", "investigating", 8.5, "We look into it", "https://s.example"),
    TroubleRecord("tr_1", 9.0, "0a1b", "page", "model:claude", "slow"),
    NoticeRecord("no_1", 9.0, "INC-1 opened 1", Severity.MAJOR, "oncall", "sent", "INC-1 opened", 1),
    PublicationRecord("pu_1", 9.0, "written", "major", "INC-1"),
]
OPERATIONS_KINDS = frozenset(
    {"order", "incident", "run", "detection", "probe", "feed", "trouble", "notice", "publication"}
)
