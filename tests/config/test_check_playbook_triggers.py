"""Mistakes of triggers."""

import pytest

from mainstay.config.check_playbook_triggers import cron_problem
from tests.config.playbook_texts import mistake, mistakes

STEP = "{id: a, note: n}"


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ("{}", "triggers[0]: needs exactly one of incident, evidence, alert, schedule"),
        ("{schedule: '0 9 * * *', alert: {kinds: [auth]}}", "triggers[0]: needs exactly one"),
        ("{schedule: daily}", "triggers[0].schedule: must be a cron expression of five fields"),
        (
            "{incident: {components: ['upstream:x']}}",
            "triggers[0].incident.components[0]: is not the name of an upstream",
        ),
        ("{incident: {without: [x]}}", "triggers[0].incident.without[0]: is no component"),
        ("{incident: {components: ['upstream:{run.upstream}']}}", "components[0]: must not have names in braces"),
        ("{incident: {impact_min: critical, impact_max: minor}}", "incident.impact_min: is above `impact_max`"),
        ("{incident: {upstreams_min: 3, upstreams_max: 2}}", "incident.upstreams_min: is above `upstreams_max`"),
        ("{evidence: {components: ['model:x']}}", "triggers[0].evidence.components[0]: is not the name of a model"),
        (
            "{alert: {kinds: [auht]}}",
            "triggers[0].alert.kinds[0]: is no kind of alert about an upstream; did you mean auth?",
        ),
        (
            "{alert: {kinds: [auth], upstreams: [sparr]}}",
            "triggers[0].alert.upstreams[0]: is not the name of an upstream",
        ),
    ],
)
def test_a_trigger_with_a_mistake(trigger: str, words: str) -> None:
    assert words in mistake(STEP, f"triggers: [{trigger}]")


@pytest.mark.parametrize(
    "trigger",
    [
        "{incident: {}}",
        "{incident: {components: ['*', 'upstream:*', 'upstream:spare/anything']}}",
        "{alert: {kinds: [billing, token-expired], upstreams: ['an*']}}",
        "{schedule: '*/5 9-17 * * MON-FRI'}",
    ],
)
def test_good_triggers(trigger: str) -> None:
    assert mistakes(STEP, f"triggers: [{trigger}]") == []


@pytest.mark.parametrize(
    ("cron", "is_good"),
    [
        ("0 9 * * 1-5", True),
        ("0 0 29 2 *", True),
        ("0 0 30 2 *", False),
        ("* * * * * *", False),
        ("60 * * * *", False),
        ("", False),
        ("0 9 * * " + "1," * 200 + "1", False),
    ],
)
def test_cron_expressions(cron: str, *, is_good: bool) -> None:
    assert (cron_problem(cron) == "") is is_good
