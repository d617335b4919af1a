"""Schedules: which cron expressions came due, in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cronsim import CronSim

from mainstay.model.playbook import Playbook, ScheduleTrigger
from mainstay.ops.playbooks.triggers import ScheduleOccasion


def due(playbooks: Iterable[Playbook], since: float, until: float) -> list[ScheduleOccasion]:
    """One occasion for each expression that came due after `since` and not after `until` (seconds since 1970); where it
    did more than once, the last time counts."""
    found = []
    for cron in sorted({one.cron for book in playbooks for one in book.triggers if isinstance(one, ScheduleTrigger)}):
        at = last_due(cron, since, until)
        if at is not None:
            found.append(ScheduleOccasion(f"schedule/{cron}/{at:.0f}", at, cron))
    return found


def last_due(cron: str, since: float, until: float) -> float | None:
    """The last time between them at which it came due. Raises `cronsim.CronSimError` for what is no cron expression."""
    # It gives times before an instant only; the second after `until` is the one that lets `until` count.
    found = next(CronSim(cron, datetime.fromtimestamp(int(until) + 1, UTC), reverse=True), None)
    return None if found is None or not since < found.timestamp() <= until else found.timestamp()


def next_due(cron: str, after: float) -> float | None:
    """When it comes due next. Raises `cronsim.CronSimError`."""
    found = next(CronSim(cron, datetime.fromtimestamp(int(after), UTC)), None)
    return None if found is None else found.timestamp()
