"""Judging a component: which rules apply to it, and whose word counts for it."""

from collections.abc import Iterator
from typing import Final

from mainstay.model.components import GATEWAY, Component
from mainstay.model.evidence import Evidence
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.finding import Finding
from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.rules_aside import judge_aside
from mainstay.ops.detection.rules_errors import is_served_well, judge_errors
from mainstay.ops.detection.rules_pace import judge_pace
from mainstay.ops.detection.silence import judge_silence
from mainstay.ops.detection.verdict import Verdict, Views, weigh
from mainstay.ops.detection.watch import Watch
from mainstay.ops.detection.watches import Watches

_CHILD_SECONDS: Final = 300.0
_CHILD_SERVED_MIN: Final = 3
_CHILD_RATIO_MAX: Final = 0.05


def judge(watch: Watch, watches: Watches, hearsay: Hearsay, settings: DetectionSettings, wall: float) -> Verdict:
    """The verdict on a component at this instant."""
    heard = hearsay.against(watch.name, wall)
    own = tuple(_own(watch, watches, settings, wall))
    supporting: list[Evidence] = []
    if own or heard:
        for name in _relatives(watch.component, watches):
            supporting += hearsay.against(name, wall)
    is_served = bool(heard) and is_served_well(watch.series, wall, settings)
    is_held = _is_whole(watch.component) and _is_mostly_ill(watch, watches)
    return weigh(Views(own, tuple(heard), tuple(supporting), is_served, is_held))


def is_of_one_model(watch: Watch, watches: Watches, wall: float) -> bool:
    """Whether the trouble of an upstream is that of some of its models, while at least as many are served: then it is
    not one of the upstream as a whole."""
    failing = served = 0
    for child in watches.children(watch.component.upstream):
        count = child.series.window(wall, _CHILD_SECONDS)
        if child.condition.state == "ill" or count.ratio > _CHILD_RATIO_MAX:
            failing += 1
        elif count.attempts >= _CHILD_SERVED_MIN:
            served += 1
    return served >= failing > 0


def _is_whole(component: Component) -> bool:
    return bool(component.upstream) and not component.model and component.part == "inference"


def _is_mostly_ill(watch: Watch, watches: Watches) -> bool:
    used = [one for one in watches.children(watch.component.upstream) if one.series.last_at]
    return 2 * sum(one.condition.state == "ill" for one in used) > len(used)


def _own(watch: Watch, watches: Watches, settings: DetectionSettings, wall: float) -> Iterator[Finding]:
    component, series = watch.component, watch.series
    if not (_is_whole(component) and is_of_one_model(watch, watches, wall)):
        errors = judge_errors(series, wall, settings)
        if errors is not None:
            yield errors
    found: list[Finding | None] = []
    if component.upstream and component.part == "inference":
        found.append(judge_aside(series, wall, settings.attempts_min))
    if component.upstream and component.model:
        found += watch.breakers.judge(watch.name, wall), judge_pace(series, wall)
    if component == GATEWAY:
        found.append(judge_silence(series, wall))
    if watch.login is not None:
        found.append(watch.login.judge(wall))
    yield from (one for one in found if one is not None)


def _relatives(component: Component, watches: Watches) -> Iterator[str]:
    """Names of components whose trouble, if others speak of it, confirms that of this one."""
    if component == GATEWAY:
        return
    yield GATEWAY.name
    if not component.is_provider:
        for upstream, model in watches.relations.candidates(component.model):
            yield Component(upstream).name
            yield Component(upstream, model).name
        return
    if component.model or component.part != "inference":
        yield Component(component.upstream).name
    for caller in watches.callers_of(component):
        yield caller.name
