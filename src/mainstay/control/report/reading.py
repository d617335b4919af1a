"""Reads from the store what a report is made of."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from mainstay.ledger.store.port import Cursor, Query, Span, StoredRecord
from mainstay.model.records import Record
from mainstay.model.settings import Clocks
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.report.sources import ReportSources, window
from mainstay.ops.status.traffic import TalliedSpan
from mainstay.ops.tallies.tally import SpanTallies

RECORDS_OF_KIND_MAX: Final = 2_000
PAGE_RECORDS: Final = 500
KINDS: Final = (
    "detection",
    "feed",
    "order",
    "run",
    "notice",
    "publication",
    "probe",
    "trouble",
    "alert",
    "breaker",
    "capacity",
    "configuration",
    "process",
    "lease",
)
"""What is read. Of exchanges and attempts only their sums are: there may be millions."""
SPAN_SECONDS: Final = (60, 3_600, 86_400)

_records: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
_tallies: Final = msgspec.json.Decoder(SpanTallies)


class ReadingStore(Protocol):
    """Where records and spans are had; see `ledger.store.port.Store`. Both may raise `StoreError`."""

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        """Records for readings behind `after`, in order."""

    def spans(self, seconds: int, since: float, until: float) -> list[Span]:
        """Spans of this length that begin between the two."""


def read_sources(store: ReadingStore, incident: IncidentState, clocks: Clocks, now: float) -> ReportSources:
    """Everything about the time of an incident. May raise `StoreError`."""
    since, until = window(incident, now)
    found: list[Record] = []
    is_cut = False
    for kind in KINDS:
        records = _of_kind(store, Query(since, until, kind))
        is_cut = is_cut or len(records) >= RECORDS_OF_KIND_MAX
        found += records
    return ReportSources(now, incident, tuple(found), _spans(store, incident, since, until), is_cut, clocks)


def _of_kind(store: ReadingStore, query: Query) -> list[Record]:
    found: list[Record] = []
    after: Cursor | None = None
    read = 0
    while read < RECORDS_OF_KIND_MAX:
        page = store.records(query, after, min(PAGE_RECORDS, RECORDS_OF_KIND_MAX - read))
        if not page:
            break
        read += len(page)
        after = Cursor(page[-1].at, page[-1].chain, page[-1].sequence)
        found += _decoded(page)
    return found


def _decoded(page: Sequence[StoredRecord]) -> list[Record]:
    found = []
    for row in page:
        try:
            found.append(_records.decode(row.body))
        except (msgspec.DecodeError, UnicodeDecodeError):
            # A kind that this version does not know.
            continue
    return found


def _spans(store: ReadingStore, incident: IncidentState, since: float, until: float) -> tuple[TalliedSpan, ...]:
    """The finest that there are of the incident's own time: minutes are kept for days, hours for months."""
    for seconds in SPAN_SECONDS:
        # The span in which it begins counts whole.
        spans = store.spans(seconds, since // seconds * seconds, until)
        if any(span.start + seconds > incident.started_at for span in spans):
            return tuple(_tallied(spans))
    return ()


def _tallied(spans: Sequence[Span]) -> list[TalliedSpan]:
    found = []
    for span in spans:
        try:
            found.append(TalliedSpan(span.start, span.seconds, _tallies.decode(span.body)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found
