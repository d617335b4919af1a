"""Whether something that happened begins a run."""

import pytest
from msgspec.structs import replace

from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.model.playbook import (
    AlertTrigger,
    EvidenceTrigger,
    IncidentTrigger,
    Playbook,
    RunBegan,
    ScheduleTrigger,
    Trigger,
)
from mainstay.ops.playbooks.facts import IncidentFact
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.triggers import (
    AlertOccasion,
    EvidenceOccasion,
    IncidentOccasion,
    Occasion,
    ScheduleOccasion,
    Subject,
    hindrance,
    subject_of,
)
from tests.ops.playbooks.drill import INCIDENT, book_of, note

OPENED = IncidentOccasion("INC-7/1", 0.0, "opened", INCIDENT)


def with_trigger(*triggers: Trigger, **how: object) -> Playbook:
    return book_of(note("a"), triggers=triggers, **how)  # type: ignore[arg-type] # the tests name the fields


def is_begun(trigger: Trigger, occasion: Occasion) -> bool:
    return subject_of(with_trigger(trigger), occasion) is not None


def opened(incident: IncidentFact = INCIDENT, **changes: object) -> IncidentOccasion:
    return replace(OPENED, incident=replace(incident, **changes))


@pytest.mark.parametrize(
    ("trigger", "is_meant"),
    [
        (IncidentTrigger(), True),
        (IncidentTrigger(events=("updated",)), False),
        (IncidentTrigger(components=("upstream:*",)), True),
        (IncidentTrigger(components=("upstream:openai",)), False),
        (IncidentTrigger(components=("upstream:*",), without=("model:*",)), False),
        (IncidentTrigger(components=("upstream:*",), without=("model:opus",)), True),
        (IncidentTrigger(impact_min=Impact.MAJOR, impact_max=Impact.MAJOR), True),
        (IncidentTrigger(impact_min=Impact.CRITICAL), False),
        (IncidentTrigger(impact_max=Impact.MINOR), False),
        (IncidentTrigger(statuses=(IncidentStatus.MONITORING,)), False),
        (IncidentTrigger(sources=("detection",)), True),
        (IncidentTrigger(sources=("hand",)), False),
        (IncidentTrigger(upstreams_min=1, upstreams_max=1), True),
        (IncidentTrigger(upstreams_min=2), False),
        (IncidentTrigger(causes=("*",)), False),
    ],
)
def test_an_incident_is_meant_or_not(trigger: Trigger, *, is_meant: bool) -> None:
    assert is_begun(trigger, OPENED) is is_meant


def test_a_cause_is_a_pattern() -> None:
    trigger = IncidentTrigger(causes=("aws*",))
    assert is_begun(trigger, opened(cause="aws-us-east"))
    assert not is_begun(trigger, opened(cause="cdn"))


def test_a_run_is_about_the_worst_component_of_a_provider_that_matches() -> None:
    subject = subject_of(with_trigger(IncidentTrigger()), OPENED)
    assert subject == Subject("INC-7 opened: Anthropic is down", "INC-7", "upstream:anthropic")


def test_an_incident_without_providers_is_about_what_there_is() -> None:
    only = (Affected("model:sonnet", ComponentStatus.DEGRADED),)
    subject = subject_of(with_trigger(IncidentTrigger()), opened(affected=only))
    assert subject is not None
    assert subject.component == "model:sonnet"


def test_a_resolved_incident_begins_nothing_unless_that_is_asked_for() -> None:
    resolved = opened(status=IncidentStatus.RESOLVED)
    assert not is_begun(IncidentTrigger(), resolved)
    assert is_begun(IncidentTrigger(statuses=(IncidentStatus.RESOLVED,)), resolved)


def test_components_that_are_well_again_count_when_all_are() -> None:
    well = (Affected("upstream:anthropic", ComponentStatus.OPERATIONAL),)
    mixed = (*well, Affected("upstream:openai", ComponentStatus.DEGRADED))
    trigger = IncidentTrigger(components=("upstream:anthropic",))
    assert is_begun(trigger, opened(affected=well))
    assert not is_begun(trigger, opened(affected=mixed))


def test_what_playbooks_do_begins_no_playbook_unless_that_is_asked_for() -> None:
    ours = replace(OPENED, by_playbook=True, incident=replace(INCIDENT, source="playbook"))
    assert not is_begun(IncidentTrigger(), ours)
    assert is_begun(IncidentTrigger(sources=("playbook",)), ours)


def test_evidence() -> None:
    occasion = EvidenceOccasion("d1", 0.0, "upstream:anthropic#login", "ill", "cdn")
    assert is_begun(EvidenceTrigger(("upstream:*#login",)), occasion)
    assert not is_begun(EvidenceTrigger(("upstream:*",)), occasion)
    assert not is_begun(EvidenceTrigger(("*",), ("well",)), occasion)
    assert not is_begun(EvidenceTrigger(("*",), causes=("aws",)), occasion)


def test_alerts_are_about_a_credential() -> None:
    occasion = AlertOccasion("a1", 0.0, "auth", "anthropic", "main")
    subject = subject_of(with_trigger(AlertTrigger(("auth", "billing"))), occasion)
    assert subject == Subject("alert auth of anthropic/main", "", "upstream:anthropic", "main")
    assert not is_begun(AlertTrigger(("billing",)), occasion)
    assert not is_begun(AlertTrigger(("auth",), ("openai",)), occasion)
    assert not is_begun(AlertTrigger(("auth",)), replace(occasion, upstream=""))


def test_schedules() -> None:
    occasion = ScheduleOccasion("s", 0.0, "0 9 * * *")
    assert is_begun(ScheduleTrigger("0 9 * * *"), occasion)
    assert not is_begun(ScheduleTrigger("0 8 * * *"), occasion)
    assert not is_begun(IncidentTrigger(), occasion)


SUBJECT = Subject("x", "INC-7", "upstream:anthropic")
ELSEWHERE = Subject("x", "", "upstream:anthropic", "main")


def run_of(playbook: Playbook, subject: Subject, occasion: str, *, via: str = "trigger", over: bool = True) -> RunState:
    began = RunBegan(playbook, "", "x", occasion, subject.incident, subject.component, subject.credential)
    return RunState("RUN-1", "x", via, began, 1_000.0, 1, 1_000.0, subject.incident, outcome="done" if over else None)


def test_the_same_occasion_begins_one_run() -> None:
    playbook = with_trigger(IncidentTrigger(), runs="again", pause_seconds=0.0)
    assert hindrance(playbook, OPENED, SUBJECT, [run_of(playbook, SUBJECT, OPENED.key)], 9_000.0)
    assert not hindrance(playbook, OPENED, SUBJECT, [run_of(playbook, SUBJECT, "INC-7/0")], 9_000.0)


def test_one_run_at_a_time_of_the_same() -> None:
    playbook = with_trigger(IncidentTrigger(), runs="again", pause_seconds=0.0)
    open_run = run_of(playbook, SUBJECT, "INC-7/0", via="command-line", over=False)
    assert "is under way" in hindrance(playbook, OPENED, SUBJECT, [open_run], 9_000.0)
    assert not hindrance(playbook, OPENED, replace(SUBJECT, incident="INC-8"), [open_run], 9_000.0)
    assert not hindrance(replace(playbook, name="other"), OPENED, SUBJECT, [open_run], 9_000.0)


def test_an_incident_has_one_run_by_default() -> None:
    playbook = with_trigger(IncidentTrigger())
    assert "same incident" in hindrance(playbook, OPENED, SUBJECT, [run_of(playbook, SUBJECT, "INC-7/0")], 9e9)
    by_hand = run_of(playbook, SUBJECT, "hand/1", via="command-line")
    assert not hindrance(playbook, OPENED, SUBJECT, [by_hand], 9e9)


def test_without_an_incident_there_is_a_pause() -> None:
    playbook = with_trigger(AlertTrigger(("auth",)), pause_seconds=900.0)
    occasion = AlertOccasion("a2", 0.0, "auth", "anthropic", "main")
    before = [run_of(playbook, ELSEWHERE, "a1")]
    assert "900 s ago" in hindrance(playbook, occasion, ELSEWHERE, before, 1_899.0)
    assert not hindrance(playbook, occasion, ELSEWHERE, before, 1_900.0)
    assert not hindrance(playbook, occasion, replace(ELSEWHERE, credential="spare"), before, 1_899.0)


def test_a_schedule_needs_no_pause() -> None:
    playbook = with_trigger(ScheduleTrigger("* * * * *"))
    subject = Subject("schedule")
    assert not hindrance(
        playbook, ScheduleOccasion("s2", 0.0, "* * * * *"), subject, [run_of(playbook, subject, "s1")], 1_060.0
    )
