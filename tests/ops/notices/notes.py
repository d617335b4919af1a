"""Notices, and the records of what became of them, for tests."""

from mainstay.model.notice import Notice, NoticeOutcome, NoticePolicy, Route, Severity
from mainstay.model.records import NoticeRecord
from mainstay.ops.notices.telling import Telling, fold

BEGAN_AT = 1_000_000.0
POLICY = NoticePolicy(
    targets=("chat", "pager", "boss"),
    routes=(
        Route(Severity.WARNING, ("chat",)),
        Route(Severity.CRITICAL, ("pager", "chat"), 300.0, ("boss",)),
    ),
)
KEY = "incident/INC-1"
STREAM = f"notice/{KEY}~1"


def notice(severity: Severity = Severity.CRITICAL, key: str = KEY) -> Notice:
    return Notice(key, severity, "anthropic is down", "Nothing answers.", BEGAN_AT, "INC-1", needs_acknowledgement=True)


def record(
    outcome: NoticeOutcome,
    target: str = "",
    *,
    after: float = 0.0,
    attempt: int = 0,
    severity: Severity = Severity.CRITICAL,
    title: str = "anthropic is down",
) -> NoticeRecord:
    about = (f"rec-{outcome}-{target}", BEGAN_AT + after, KEY, severity, target, outcome, title, attempt)
    return NoticeRecord(*about, "Nothing answers.", "INC-1")


def telling(*events: NoticeRecord, targets: str = "pager, chat") -> Telling:
    """What a telling is after these events that follow its acceptance."""
    found = fold(None, STREAM, 1, record("awaited", targets))
    for number, event in enumerate(events, start=2):
        found = fold(found, STREAM, number, event)
    assert found is not None
    return found
