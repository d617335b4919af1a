import msgspec

from mainstay.model.incident import ComponentStatus, Impact
from mainstay.model.records import Record
from mainstay.ops.detection.values import Decision
from tests.ops.detection.samples import NOW, OPUS, said


def test_a_decision_is_written_down() -> None:
    decision = Decision(
        component=OPUS.name,
        state="ill",
        before="suspected",
        at=NOW,
        started_at=NOW - 30,
        reason="12 of 14 failed",
        impact=Impact.MINOR,
        status=ComponentStatus.PARTIAL_OUTAGE,
        evidence=(said(OPUS),),
        cause="cloudflare",
        group="upstream:claude",
    )
    record = decision.record("d1")
    assert (record.id, record.at, record.component, record.state) == ("d1", NOW, OPUS.name, "ill")
    assert (record.reason, record.evidence, record.cause) == ("12 of 14 failed", (said(OPUS),), "cloudflare")
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
