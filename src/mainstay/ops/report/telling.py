"""What people were told: clocks of communication kept or missed, notices and what became of them."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from mainstay.model.incident import Impact
from mainstay.model.records import NoticeRecord
from mainstay.ops.report.report import Promise, Told
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.words import length, moment


def told(sources: ReportSources) -> Told:
    """What people were told, and when."""
    notices = [
        one for one in sources.records if isinstance(one, NoticeRecord) and one.incident in ("", sources.incident.id)
    ]
    ours = [one for one in notices if one.incident == sources.incident.id]
    sent = [one.at for one in ours if one.outcome == "sent" and one.at >= sources.incident.opened_at]
    counts = Counter((one.target, one.outcome) for one in ours)
    return Told(
        tuple(_promises(sources)),
        min(sent) - sources.incident.opened_at if sent else None,
        tuple((target, outcome, number) for (target, outcome), number in sorted(counts.items())),
    )


def _promises(sources: ReportSources) -> Iterator[Promise]:
    incident, clocks = sources.incident, sources.clocks
    if incident.is_private or incident.worst_impact is Impact.NONE:
        return
    first = _promise(sources, incident.first_post_at, clocks.first_post_seconds)
    yield Promise("First word to everybody", *first)
    yield Promise("What is affected", *_promise(sources, incident.scoped_at, clocks.scope_seconds))
    posts = [update.at for update in incident.updates if update.text]
    end = sources.ended_at
    gaps = [later - earlier for earlier, later in pairwise([*posts, *([end] if posts and posts[-1] < end else [])])]
    if not gaps:
        return
    late = [gap for gap in gaps if gap > clocks.update_seconds]
    if late:
        words = f"{len(late)} of {len(gaps)} pauses were too long, the longest {length(max(late))}"
    else:
        words = f"never more than {length(max(gaps))} apart"
    yield Promise("Further words", f"{words}; promised every {length(clocks.update_seconds)}", not late)


def _promise(sources: ReportSources, at: float | None, seconds: float) -> tuple[str, bool | None]:
    opened = sources.incident.opened_at
    promised = f"promised within {length(seconds)} of opening"
    if at is not None:
        after = at - opened
        return f"after {length(max(after, 0.0))} ({moment(at)}); {promised}", after <= seconds
    if sources.incident.is_open and sources.at <= opened + seconds:
        return f"not yet; {promised}", None
    return f"never; {promised}", False
