"""The desk: makes reports of incidents in whatever format is asked."""

import importlib
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from mainstay.control.report.markdown import markdown
from mainstay.control.report.reading import ReadingStore, read_sources
from mainstay.control.report.web_page import web_page
from mainstay.model.settings import Clocks
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.report.making import incident_report
from mainstay.ops.report.report import IncidentReport


class Format(StrEnum):
    """How a report is written."""

    MARKDOWN = "md"
    HTML = "html"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """For an answer over HTTP."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
    Format.PDF: "application/pdf",
}


class OpenedStore(ReadingStore, Protocol):
    """A store that can be let go of."""

    def close(self) -> None:
        """Let go of it."""


class ReportDesk:
    """May be used from any thread; a report may take a second or two."""

    def __init__(
        self,
        open_store: Callable[[], OpenedStore],
        incident: Callable[[str], IncidentState | None],
        clocks: Clocks,
        wall: Callable[[], float],
    ) -> None:
        """`open_store` and `incident` (by its id) may raise `LedgerError`; `wall` gives seconds since 1970."""
        self._open_store = open_store
        self._incident = incident
        self._clocks = clocks
        self._wall = wall

    def report(self, incident_id: str) -> IncidentReport | None:
        """The report; `None` for an incident that does not exist. May raise `LedgerError`."""
        incident = self._incident(incident_id)
        if incident is None:
            return None
        store = self._open_store()
        try:
            return incident_report(read_sources(store, incident, self._clocks, self._wall()))
        finally:
            store.close()


def written(report: IncidentReport, form: Format) -> bytes:
    """A report as a file. Raises `OSError` where the package is not whole."""
    match form:
        case Format.MARKDOWN:
            return markdown(report)
        case Format.HTML:
            return web_page(report)
        case Format.PDF:
            # fpdf2 takes a third of a second to import, so whoever does not ask for PDF does not get it.
            made: bytes = importlib.import_module("mainstay.control.report.pdf").pdf(report)
            return made
