"""What was not told in time is told in one summary."""

from mainstay.model.notice import Severity
from mainstay.ops.notices.summary import TITLES_MAX, Kept, keep, summarised_target, summary, summary_key
from tests.ops.notices.notes import BEGAN_AT, record


def kept(*severities: Severity) -> Kept:
    found: Kept | None = None
    for number, severity in enumerate(severities):
        event = record("limited", "chat", after=60.0 * number, severity=severity, title=f"number {number}")
        found = keep(found, event)
    assert found is not None
    return found


def test_a_summary_counts_and_names_the_newest() -> None:
    found = kept(*[Severity.WARNING] * 6, Severity.CRITICAL)
    told = summary("chat", found, 60, BEGAN_AT + 600.0)
    assert told.title == "7 notices were not sent"
    assert told.text.splitlines()[0] == (
        "1 critical, 6 warning, within the last 10 min: more than the 60 an hour that this target may be told."
    )
    assert told.text.splitlines()[2:] == [f"- number {number}" for number in range(7 - TITLES_MAX, 7)]
    assert (told.severity, told.targets, told.key) == (Severity.CRITICAL, ("chat",), "summary/chat")


def test_one_is_one() -> None:
    assert summary("chat", kept(Severity.INFO), 1, BEGAN_AT).title == "1 notice was not sent"


def test_a_key_of_summaries_is_known() -> None:
    assert summarised_target(summary_key("chat")) == "chat"
    assert summarised_target("incident/INC-1") == ""
