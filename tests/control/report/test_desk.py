"""The desk makes reports in every format."""

import pytest

from mainstay.control.report.desk import Format, ReportDesk, written
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Cursor, Query, StoredRecord
from mainstay.model.settings import Clocks
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.report.making import incident_report
from tests.control.report.memory_store import Store, minutes
from tests.ops.report.samples import NOW, records, sources, storm


class Watched(Store):
    """Tells whether it was let go of."""

    is_closed = False
    is_down = False

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        if self.is_down:
            raise StoreError("the store does not answer")
        return super().records(query, after, limit)

    def close(self) -> None:
        self.is_closed = True


def incident(name: str) -> IncidentState | None:
    return storm() if name == "INC-7" else None


def test_a_report_is_made_of_what_the_store_has() -> None:
    store = Watched(records(), minutes())
    report = ReportDesk(lambda: store, incident, Clocks(), lambda: NOW).report("INC-7")
    assert report is not None
    assert report.summary == incident_report(sources()).summary
    assert store.is_closed


def test_an_incident_that_does_not_exist_has_none() -> None:
    def never() -> Store:
        pytest.fail("the store is not needed")

    assert ReportDesk(never, incident, Clocks(), lambda: NOW).report("INC-8") is None


def test_a_store_that_fails_is_let_go_of() -> None:
    store = Watched()
    store.is_down = True
    with pytest.raises(StoreError):
        ReportDesk(lambda: store, incident, Clocks(), lambda: NOW).report("INC-7")
    assert store.is_closed


@pytest.mark.parametrize(
    ("form", "beginning"), [(Format.MARKDOWN, b"# INC-7"), (Format.HTML, b"<!doc"), (Format.PDF, b"%PDF")]
)
def test_every_format_is_written(form: Format, beginning: bytes) -> None:
    assert written(incident_report(sources()), form).startswith(beginning)


def test_every_format_has_its_media_type() -> None:
    assert [form.media_type.partition(";")[0] for form in Format] == ["text/markdown", "text/html", "application/pdf"]
