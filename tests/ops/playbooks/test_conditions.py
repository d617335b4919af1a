"""Whether something is so."""

import pytest
from msgspec.structs import replace

from mainstay.model.incident import Impact, IncidentStatus
from mainstay.model.playbook import Clause, Condition
from mainstay.ops.playbooks.conditions import View, holds
from mainstay.ops.playbooks.facts import NOTHING_KNOWN, Facts
from tests.ops.playbooks.drill import INCIDENT, Drill, book_of, facts_of, fails, note, probed

STATE = Drill(book_of(note("a"))).state


def is_so(clause: Clause, facts: Facts, now: float = 100.0, since: float = 0.0) -> bool:
    return holds(Condition((clause,)), View(STATE, facts, now, since))


ILL = Clause("upstream:a", ("ill",))
LONG_WELL = Clause("upstream:a", ("well",), 60.0)
ALL_WELL = Clause("upstream:*", ("well",))


def test_a_component_is_in_one_of_the_states() -> None:
    assert is_so(ILL, facts_of(a=("ill", 99.0)))
    assert not is_so(ILL, facts_of(a=("well", 0.0)))
    assert is_so(replace(ILL, states=("well", "ill")), facts_of(a=("well", 0.0)))


def test_a_state_must_last() -> None:
    assert is_so(LONG_WELL, facts_of(a=("well", 40.0)))
    assert not is_so(LONG_WELL, facts_of(a=("well", 41.0)))


def test_of_several_components_all_must_be_so() -> None:
    assert is_so(ALL_WELL, facts_of(a=("well", 0.0), b=("well", 0.0)))
    assert not is_so(ALL_WELL, facts_of(a=("well", 0.0), b=("ill", 0.0)))


@pytest.mark.parametrize(
    "clause",
    [
        ILL,
        ALL_WELL,
        Clause("upstream:a", probe="served"),
        Clause(incident=(IncidentStatus.RESOLVED,)),
        Clause(impact_min=Impact.NONE),
        Clause(step="a", outcomes=("done",)),
        Clause(),
    ],
)
def test_what_is_not_known_is_never_so(clause: Clause) -> None:
    assert not is_so(clause, NOTHING_KNOWN)


def test_a_probe_counts_from_an_instant_on() -> None:
    served = Clause("upstream:anthropic", probe="served")
    assert is_so(served, probed("served", 50.0), since=50.0)
    assert not is_so(served, probed("served", 50.0), since=50.1)
    assert not is_so(served, probed("failed", 50.0), since=50.0)


def test_the_incident_is_in_one_of_the_statuses() -> None:
    clause = Clause(incident=(IncidentStatus.MONITORING, IncidentStatus.RESOLVED))
    assert not is_so(clause, facts_of())
    assert is_so(clause, facts_of(replace(INCIDENT, status=IncidentStatus.MONITORING)))


def test_the_incident_has_so_much_impact_at_least() -> None:
    assert is_so(Clause(impact_min=Impact.MAJOR), facts_of())
    assert not is_so(Clause(impact_min=Impact.CRITICAL), facts_of())


def test_the_last_visit_of_a_step_counts() -> None:
    drill = Drill(book_of(note("a"), note("b", on_failure="a", jumps_max=1)))
    drill.go(fails("b"))
    view = View(drill.state, NOTHING_KNOWN, 0.0, 0.0)
    assert holds(Condition((Clause(step="b", outcomes=("failed",)),)), view)
    assert not holds(Condition((Clause(step="b", outcomes=("done",)),)), view)


def test_all_of_every_and_one_of_some() -> None:
    view = View(STATE, facts_of(a=("ill", 0.0), b=("well", 0.0)), 100.0, 0.0)
    yes, no = ILL, Clause("upstream:b", ("ill",))
    assert holds(Condition((yes,), (no, yes)), view)
    assert not holds(Condition((yes,), (no,)), view)
    assert not holds(Condition((yes, no), (yes,)), view)
    assert holds(Condition(), view)
