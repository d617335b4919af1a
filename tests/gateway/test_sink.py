from mainstay.gateway.metrics import Metrics
from mainstay.gateway.sink import Sink
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.records import AlertRecord
from tests.gateway.doubles import KeptRecords

ALERT = AlertRecord("al_1", 0.0, "billing", "anthropic", "claude", "main", "no money left")


def test_a_record_is_kept_and_counted() -> None:
    journal, metrics = KeptRecords(), Metrics(version="1")
    sink = Sink(journal, metrics)
    sink.write(ALERT)
    sink.write(ALERT)
    assert journal.records == [ALERT, ALERT]
    assert b'mainstay_alerts_total{kind="billing"} 2.0' in metrics.render(running=0, journal=JournalStatus())
