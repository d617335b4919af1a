"""Mistakes of conditions."""

import pytest

from tests.config.playbook_texts import mistake, mistakes

FIRST = "{id: first, note: n}\n"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{}", "when: says nothing; it needs one of component, incident"),
        ("{some: [{}]}", "when.some[0]: says nothing"),
        ("{component: 'model:sonnet'}", "when: needs one of `states` and `probe` for its component"),
        ("{component: 'model:sonnet', states: [well], probe: served}", "when: needs one of `states` and `probe`"),
        ("{component: 'model:x', states: [well]}", "when.component: is not the name of a model"),
        ("{component: 'upstream:{run.x}', states: [well]}", "when.component: has {run.x}"),
        ("{component: sonnet, states: [well]}", "when.component: is no component"),
        (
            "{incident: [resolved], impact_min: minor}",
            "when: needs exactly one of component, incident, impact_min, step",
        ),
        ("{incident: [resolved], states: [well]}", "when.states: belongs to `component`"),
        ("{component: '*', probe: served, for_seconds: 5}", "when.for_seconds: belongs to `states`"),
        ("{step: first}", "when: needs `step` and `outcomes` together"),
        ("{step: frist, outcomes: [done]}", "when.step: is not the id of a step; did you mean first?"),
        ("{every: [{incident: [resolved]}, {step: frist, outcomes: [done]}]}", "when.every[1].step: is not the id"),
    ],
)
def test_a_condition_with_a_mistake(condition: str, words: str) -> None:
    assert words in mistake(f"{FIRST}{{id: a, note: n, when: {condition}}}")


@pytest.mark.parametrize("place", ["wait: {until: {}}", "note: n, verify: {}"])
def test_conditions_are_checked_wherever_they_stand(place: str) -> None:
    assert "says nothing" in mistake(f"{{id: a, {place}}}")


def test_the_path_counts_what_could_not_be_read() -> None:
    found = mistakes(f"{FIRST}{{id: a, note: n, when: {{some: [{{step: 5}}, {{step: frist, outcomes: [done]}}]}}}}")
    assert [one.partition(":")[0] for one in found] == ["steps[1].when.some[0].step", "steps[1].when.some[1].step"]


@pytest.mark.parametrize(
    "condition", ["{component: '*', states: [ill]}", "{component: 'upstream:*/*', probe: failed}", "{impact_min: none}"]
)
def test_good_conditions(condition: str) -> None:
    assert mistakes(f"{{id: a, note: n, when: {condition}}}") == []
