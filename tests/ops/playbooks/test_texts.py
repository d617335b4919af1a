"""Texts with names in braces."""

import pytest
from msgspec.structs import replace

from mainstay.model.incident import Affected, ComponentStatus
from mainstay.model.playbook import TEMPLATE_NAMES
from mainstay.ops.playbooks.texts import UnknownValueError, rendered, values_of, worst_first, worst_upstream
from tests.ops.playbooks.drill import INCIDENT, Drill, book_of, note


def test_names_are_replaced_once() -> None:
    values = {"run.id": "RUN-1", "incident.title": "{run.id}"}
    assert rendered("{run.id}: {incident.title}, {run.id}", values) == "RUN-1: {run.id}, RUN-1"


@pytest.mark.parametrize(
    ("text", "advice"),
    [("{incident.title}", "--incident"), ("{run.component}", "--component"), ("{step}", "not known here")],
)
def test_what_is_not_known_is_an_error_with_advice(text: str, advice: str) -> None:
    with pytest.raises(UnknownValueError, match=advice):
        rendered(text, {})


def test_every_name_has_a_value_in_a_run_about_an_incident() -> None:
    drill = Drill(book_of(note("a")), incident="INC-7", component="upstream:anthropic/claude")
    state = replace(drill.state, began=replace(drill.state.began, credential="main"))
    values = values_of(state, "a", replace(INCIDENT, cause="aws"))
    assert set(values) == TEMPLATE_NAMES
    assert all(values.values())
    assert (values["run.upstream"], values["run.model"]) == ("anthropic", "claude")
    assert values["incident.upstream"] == "anthropic"


def test_a_run_without_incident_knows_nothing_of_one() -> None:
    values = values_of(Drill(book_of(note("a"))).state, "a", None)
    assert {name for name in values if name.startswith("incident")} == set()


def test_the_worst_component_comes_first_and_those_that_are_well_do_not_come() -> None:
    affected = (
        Affected("model:a", ComponentStatus.DEGRADED),
        Affected("upstream:x", ComponentStatus.OPERATIONAL),
        Affected("upstream:y#login", ComponentStatus.MAJOR_OUTAGE),
        Affected("upstream:z", ComponentStatus.DEGRADED),
    )
    assert worst_first(affected) == ["upstream:y#login", "model:a", "upstream:z"]
    assert worst_upstream(affected) == "y"
    assert worst_upstream(affected[:2]) == ""


def test_a_long_list_is_cut() -> None:
    affected = tuple(Affected(f"upstream:u{number}", ComponentStatus.DEGRADED) for number in range(15))
    drill = Drill(book_of(note("a")))
    assert values_of(drill.state, "a", replace(INCIDENT, affected=affected))["incident.components"].endswith(
        "and 5 more"
    )
