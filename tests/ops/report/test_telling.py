"""What people were told."""

from msgspec.structs import replace

from mainstay.model.incident import Affected, Impact, IncidentStatus, Moved, Opened, Posted
from mainstay.ops.report.report import Promise
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.telling import told
from tests.ops.report.samples import BEGAN, OUT, sources
from tests.ops.status.samples import incident

OPENED = Opened("a", Impact.MAJOR, "hand", BEGAN, (Affected("model:sonnet", OUT),))


def kept(given: ReportSources) -> dict[str, bool | None]:
    return {one.name: one.is_kept for one in told(given).promises}


def test_promises_are_kept_or_missed() -> None:
    assert told(sources()).promises == (
        Promise(
            "First word to everybody",
            "after 3 min (2026-03-02 11:52:20 UTC); promised within 5 min of opening",
            is_kept=True,
        ),
        Promise(
            "What is affected", "after 0 s (2026-03-02 11:49:40 UTC); promised within 15 min of opening", is_kept=True
        ),
        Promise(
            "Further words", "1 of 3 pauses were too long, the longest 35 min; promised every 30 min", is_kept=False
        ),
    )


def test_a_promise_that_is_not_due_yet_runs() -> None:
    opened = incident("INC-1", (BEGAN, OPENED))
    assert kept(ReportSources(BEGAN + 100, opened))["First word to everybody"] is None
    assert kept(ReportSources(BEGAN + 301, opened))["First word to everybody"] is False


def test_a_long_silence_until_now_counts() -> None:
    opened = incident("INC-1", (BEGAN, OPENED), (BEGAN + 60, Posted("We look.")))
    assert kept(ReportSources(BEGAN + 600, opened))["Further words"] is True
    assert kept(ReportSources(BEGAN + 4_000, opened))["Further words"] is False


def test_late_words_are_late() -> None:
    state = incident("INC-1", (BEGAN, OPENED), (BEGAN + 400, Moved(IncidentStatus.RESOLVED, "Over.")))
    assert kept(ReportSources(BEGAN + 900, state)) == {"First word to everybody": False, "What is affected": True}


def test_nothing_is_promised_of_what_is_private_or_felt_by_nobody() -> None:
    assert kept(ReportSources(BEGAN, incident("INC-1", (BEGAN, replace(OPENED, is_private=True))))) == {}
    assert kept(ReportSources(BEGAN, incident("INC-1", (BEGAN, replace(OPENED, impact=Impact.NONE))))) == {}


def test_notices_of_this_incident_are_counted() -> None:
    found = told(sources())
    assert found.first_notice_seconds == 3.0
    assert found.channels == (("chat", "failed", 1), ("pager", "sent", 1))
    assert told(replace(sources(), records=())).first_notice_seconds is None
