"""Who hears a notice, and who else does when that is of no use."""

from collections.abc import Callable, Iterable

import msgspec

from mainstay.model.notice import Notice, NoticePolicy, Severity


class Escalation(msgspec.Struct, frozen=True):
    """A notice goes to further targets from an instant on, if nobody has acknowledged it by then."""

    at: float
    targets: tuple[str, ...]
    why: str


def targets_of(policy: NoticePolicy, notice: Notice, is_ill: Callable[[str], bool]) -> tuple[str, ...]:
    """The targets of a notice, the most promising first. Names that no target has stay: somebody expects them to hear.

    `is_ill` tells whether the way to a target leads over something that is down now. Where all of them do, every target
    that does not is told too.
    """
    chosen = notice.targets or _routed(policy, notice.severity)
    others = tuple(name for name in policy.targets if name not in chosen and not is_ill(name))
    wanted = (*chosen, *others) if chosen and all(map(is_ill, chosen)) else chosen
    return tuple(sorted(_once(wanted), key=is_ill))


def escalations_of(policy: NoticePolicy, severity: Severity, at: float) -> list[Escalation]:
    """When a notice that was accepted at `at` goes on to whom, the first one first."""
    found = [
        Escalation(
            at + route.escalate_seconds,
            _once(route.escalate_to),
            f"nobody acknowledged within {route.escalate_seconds:g} s",
        )
        for route in policy.routes
        if route.escalate_seconds is not None and route.severity.rank <= severity.rank
    ]
    return sorted(found, key=lambda one: one.at)


def _routed(policy: NoticePolicy, severity: Severity) -> tuple[str, ...]:
    return tuple(name for route in policy.routes if route.severity.rank <= severity.rank for name in route.targets)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
