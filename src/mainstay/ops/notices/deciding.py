"""What is to be done about notices now."""

from typing import Final, Literal

from mainstay.model.notice import Notice, NoticePolicy, Severity
from mainstay.ops.notices.routing import Escalation, escalations_of
from mainstay.ops.notices.telling import STALE_SECONDS, Delivery, Telling

DESPAIR_ATTEMPTS: Final = 2
"""So many failed tries at every target are enough to try the others."""

NOBODY_REACHED: Final = "none of its targets can be reached"

Reason = Literal["", "unknown", "superseded", "stale"]


def is_repetition(policy: NoticePolicy, last: Telling | None, notice: Notice, wall: float) -> bool:
    """Whether this was told already, not less gravely: within the window, or ever if once is enough."""
    if last is None or notice.severity.rank > last.notice.severity.rank:
        return False
    return notice.is_once or abs(wall - last.at) < policy.window_seconds


def escalations_due(policy: NoticePolicy, telling: Telling, wall: float) -> list[Escalation]:
    """To whom a telling goes on now."""
    due = escalations_of(policy, telling.notice.severity, telling.at) if telling.awaits else []
    found = [one for one in due if one.at <= wall < one.at + STALE_SECONDS and one.targets not in telling.escalated]
    others = () if wall - telling.at > STALE_SECONDS else _others(policy, telling)
    if others and others not in telling.escalated:
        found.append(Escalation(wall, others, NOBODY_REACHED))
    return found


def reason_to_give_up(policy: NoticePolicy, telling: Telling, delivery: Delivery, newest: str, wall: float) -> Reason:
    """Why a delivery is not worth a try any more. `newest` is the stream of the newest telling of its key."""
    if delivery.target not in policy.targets:
        return "unknown"
    if newest != telling.stream:
        return "superseded"
    due_at = telling.at if delivery.number == 1 else delivery.due_at
    return "stale" if wall - due_at > STALE_SECONDS else ""


REASON_WORDS: Final[dict[Reason, str]] = {
    "unknown": "there is no target of this name in the configuration",
    "superseded": "there is newer and graver news of the same",
    "stale": f"it is older than {STALE_SECONDS / 3600:g} hours",
}


def _others(policy: NoticePolicy, telling: Telling) -> tuple[str, ...]:
    """All other targets, if what is grave could be told to nobody."""
    ends = telling.deliveries.values()
    is_grave = telling.notice.severity.rank >= Severity.MAJOR.rank
    is_lost = all(one.end != "sent" and (one.end or one.attempt >= DESPAIR_ATTEMPTS) for one in ends)
    # What was limited is told later, in a summary.
    if not is_grave or not ends or not is_lost or any(one.end == "limited" for one in ends):
        return ()
    return tuple(name for name in policy.targets if name not in telling.deliveries)
