"""The check for meaning of triggers of playbooks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim, CronSimError
from msgspec import UNSET

from mainstay.config.check_playbook_names import Names, below, component_mistakes
from mainstay.config.mistake import Mistake, child_path, item_path, nearest_hint
from mainstay.config.playbook_schema import IncidentTriggerSection, TriggerSection
from mainstay.model.incident import Impact

CRON_FIELDS: Final = 5
CRON_CHARACTERS_MAX: Final = 200
ALERT_KINDS: Final = ("auth", "billing", "model-gone", "no-price", "token-renewal-failed", "token-expired")
_IMPACTS: Final = [impact.value for impact in Impact]
_A_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


def trigger_mistakes(where: str, part: TriggerSection, names: Names) -> Iterator[Mistake]:
    """Mistakes of one trigger."""
    found = [name for name in TriggerSection.__struct_fields__ if getattr(part, name) is not UNSET]
    if len(found) != 1:
        yield Mistake(where, f"needs exactly one of {', '.join(TriggerSection.__struct_fields__)}")
    if part.incident is not UNSET:
        yield from _incident_mistakes(child_path(where, "incident"), part.incident, names)
    if part.evidence is not UNSET:
        path = below(where, "evidence", "components")
        yield from _component_list_mistakes(path, part.evidence.components, names)
    if part.alert is not UNSET:
        for index, upstream in enumerate(part.alert.upstreams):
            if "*" not in upstream and names.is_known and upstream not in names.upstreams:
                hint = nearest_hint(upstream, names.upstreams)
                path = item_path(below(where, "alert", "upstreams"), index)
                yield Mistake(path, f"is not the name of an upstream{hint}")
        for index, kind in enumerate(part.alert.kinds):
            if kind not in ALERT_KINDS:
                path = item_path(below(where, "alert", "kinds"), index)
                yield Mistake(path, f"is no kind of alert about an upstream{nearest_hint(kind, ALERT_KINDS)}")
    if part.schedule is not UNSET and (problem := cron_problem(part.schedule)):
        yield Mistake(child_path(where, "schedule"), problem)


def cron_problem(cron: str) -> str:
    """What is wrong with a cron expression; empty where nothing is."""
    advice = "must be a cron expression of five fields (minute hour day month weekday), in UTC, such as 0 9 * * 1-5"
    if len(cron.split()) != CRON_FIELDS or len(cron) > CRON_CHARACTERS_MAX:
        return advice
    try:
        is_ever = next(CronSim(cron, _A_DAY), None) is not None
    except CronSimError as error:
        return f"{advice}; {error}"
    return "" if is_ever else "names a day that never comes"


def _incident_mistakes(path: str, part: IncidentTriggerSection, names: Names) -> Iterator[Mistake]:
    yield from _component_list_mistakes(child_path(path, "components"), part.components, names)
    yield from _component_list_mistakes(child_path(path, "without"), part.without, names)
    if _IMPACTS.index(part.impact_min) > _IMPACTS.index(part.impact_max):
        yield Mistake(child_path(path, "impact_min"), "is above `impact_max`, so that nothing is ever meant")
    if part.upstreams_max is not UNSET and part.upstreams_min > part.upstreams_max:
        yield Mistake(child_path(path, "upstreams_min"), "is above `upstreams_max`, so that nothing is ever meant")


def _component_list_mistakes(path: str, components: tuple[str, ...], names: Names) -> Iterator[Mistake]:
    for index, component in enumerate(components):
        where = item_path(path, index)
        if "{" in component:
            yield Mistake(where, "must not have names in braces: a trigger decides before they mean anything")
        else:
            yield from component_mistakes(where, component, names)
