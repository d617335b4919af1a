"""What a target was not told because it had heard enough: told later, all at once."""

import msgspec

from mainstay.model.notice import Notice, Severity
from mainstay.model.records import NoticeRecord

TITLES_MAX = 5
_PREFIX = "summary/"


class Kept(msgspec.Struct, frozen=True):
    """What a target was not told since an instant."""

    since: float
    counts: dict[Severity, int] = {}
    titles: tuple[str, ...] = ()
    """The newest ones, the oldest of them first."""


def keep(kept: Kept | None, record: NoticeRecord) -> Kept:
    """What is kept after one more was limited."""
    kept = kept or Kept(record.at)
    counts = kept.counts | {record.severity: kept.counts.get(record.severity, 0) + 1}
    return Kept(min(kept.since, record.at), counts, (*kept.titles, record.title)[-TITLES_MAX:])


def summary_key(target: str) -> str:
    """The key of summaries for a target."""
    return f"{_PREFIX}{target}"


def summarised_target(key: str) -> str:
    """The target that a key of summaries is about; empty for other keys."""
    return key.removeprefix(_PREFIX) if key.startswith(_PREFIX) else ""


def summary(target: str, kept: Kept, per_hour: int, wall: float) -> Notice:
    """The notice that makes up for what was not told."""
    total = sum(kept.counts.values())
    graver = sorted(kept.counts, key=lambda severity: -severity.rank)
    counts = ", ".join(f"{kept.counts[severity]} {severity}" for severity in graver)
    minutes = max(1, round((wall - kept.since) / 60))
    many = "notice was" if total == 1 else "notices were"
    lines = (
        f"{counts}, within the last {minutes} min: more than the {per_hour} an hour that this target may be told.",
        "The newest of them:",
        *(f"- {title}" for title in kept.titles),
    )
    title = f"{total} {many} not sent"
    return Notice(summary_key(target), graver[0], title, "\n".join(lines), wall, targets=(target,))
