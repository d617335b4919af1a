"""Records of operations as lines."""

import pytest

from mainstay.cli.audit_operations import OperationsRecord, operations_line
from mainstay.model.incident import IncidentStatus, Moved
from mainstay.model.notice import Severity
from mainstay.model.orders import Order, OrderKind
from mainstay.model.records import (
    DetectionRecord,
    FeedRecord,
    IncidentRecord,
    NoticeRecord,
    OrderRecord,
    ProbeRecord,
    PublicationRecord,
    TroubleRecord,
)

ORDER = Order("ORD-1", OrderKind.DRAIN, "vera", "it fails", 1.0, 2.0, upstream="anthropic")


@pytest.mark.parametrize(
    ("record", "word", "text"),
    [
        (OrderRecord("r", 1.0, ORDER, "given", "vera"), "order", "ORD-1  given  drain anthropic  by vera  it fails"),
        (
            IncidentRecord("r", 1.0, "INC-1", 2, "vera", Moved(IncidentStatus.IDENTIFIED, "found")),
            "incident",
            "INC-1  moved  identified  found  by vera",
        ),
        (
            DetectionRecord("r", 1.0, "upstream:a", "ill", "12 of 14 failed", cause="cloudflare"),
            "detection",
            "upstream:a  ill  12 of 14 failed  cause cloudflare",
        ),
        (ProbeRecord("r", 1.0, "upstream:a", "failed", 0.5, fault="server", reason="thin"), "probe", "0.500 s  thin"),
        (FeedRecord("r", 1.0, "anthropic", "incident 1", "identified", text="API"), "feed", "incident 1  identified"),
        (TroubleRecord("r", 1.0, "hash", "page", text="slow", counted=False), "trouble", "-  page  not counted  slow"),
        (NoticeRecord("r", 1.0, "k", Severity.MAJOR, "oncall", "sent", "It is down"), "notice", "oncall  sent  major"),
        (PublicationRecord("r", 1.0, "written", "major", "INC-1"), "publication", "written  major  INC-1"),
    ],
)
def test_each_kind_has_its_line(record: OperationsRecord, word: str, text: str) -> None:
    found, _style, line = operations_line(record)
    assert found == word
    assert text in line


def test_who_reports_trouble_is_not_shown() -> None:
    assert "hash" not in operations_line(TroubleRecord("r", 1.0, "hash", "page"))[2]


def test_a_long_text_is_cut() -> None:
    record = DetectionRecord("r", 1.0, "upstream:a", "ill", "x" * 1_000)
    assert len(operations_line(record)[2]) < 300
