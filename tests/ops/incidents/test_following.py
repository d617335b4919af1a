"""What decisions of detection do to an incident."""

from msgspec.structs import replace

from mainstay.model.incident import (
    Affected,
    ComponentStatus,
    Impact,
    IncidentStatus,
    Merged,
    Moved,
    Noted,
    Pinned,
    Rated,
    Scoped,
)
from mainstay.ops.incidents.following import CALM_SECONDS, calm_seconds, follow, settle
from mainstay.ops.incidents.state import IncidentState
from tests.ops.incidents.events import (
    DEGRADED,
    DETECTION,
    ILL,
    LOGIN,
    NOON,
    UPSTREAM,
    WELL,
    Step,
    decision,
    evidence,
    incident,
    opened,
)

FOUND: Step = (0, replace(opened(ILL), source="detection", evidence=decision("ill").evidence), DETECTION)
MONITORED: Step = (60, Moved(IncidentStatus.MONITORING), DETECTION)
RESOLVED: Step = (90, Moved(IncidentStatus.RESOLVED), DETECTION)
BY_ANN: Step = (10, Moved(IncidentStatus.IDENTIFIED))
OPERATIONAL = ComponentStatus.OPERATIONAL


def kinds(state: IncidentState, **changes: object) -> list[str]:
    return [type(event).__name__ for event in follow(replace(decision("ill"), **changes), state)]


def test_what_is_known_already_changes_nothing() -> None:
    assert follow(decision("ill"), incident(FOUND)) == ()


def test_another_component_is_affected_too() -> None:
    found = follow(decision("ill", component=LOGIN), incident(FOUND))
    (scoped, pinned) = found
    assert scoped == Scoped((Affected(LOGIN, ComponentStatus.MAJOR_OUTAGE),))
    assert isinstance(pinned, Pinned)
    assert pinned.evidence.words == "upstream:anthropic#login is ill"


def test_it_became_worse() -> None:
    assert follow(decision("ill", impact=Impact.CRITICAL), incident(FOUND)) == (
        Rated(Impact.CRITICAL, "upstream:anthropic is ill"),
    )
    assert kinds(incident(FOUND), status=ComponentStatus.PARTIAL_OUTAGE) == ["Scoped"]


def test_it_never_becomes_less_grave_by_itself() -> None:
    assert follow(decision("ill", impact=Impact.MINOR), incident(FOUND)) == ()


def test_it_is_back() -> None:
    well: Step = (50, Scoped((WELL,)), DETECTION)
    for state in (incident(FOUND, well, MONITORED), incident(FOUND, well, RESOLVED)):
        moved, scoped = follow(decision("ill"), state)
        assert moved == Moved(IncidentStatus.INVESTIGATING, "The trouble is back. We look into it.")
        assert scoped == Scoped((ILL,))


def test_the_best_evidence_is_pinned_and_not_all_of_it() -> None:
    many = tuple(evidence(f"{n}", NOON + n) for n in range(9))
    proof = replace(evidence("proof", NOON - 99), is_conclusive=True)
    good = evidence("works", NOON + 99, is_bad=False)
    found = follow(replace(decision("ill"), evidence=(good, *many, proof)), incident(FOUND))
    assert [one.evidence.words for one in found if isinstance(one, Pinned)] == ["proof", "8", "7"]
    full = incident((0, replace(opened(ILL), evidence=tuple(evidence(f"{n}") for n in range(50))), DETECTION))
    assert follow(decision("ill"), full) == ()


def test_a_person_who_leads_is_told_and_not_overruled() -> None:
    led = incident(FOUND, BY_ANN, (20, Scoped((DEGRADED,))))
    assert follow(decision("ill", impact=Impact.CRITICAL), led) == ()
    assert [type(one) for one in follow(decision("ill", component=LOGIN), led)] == [Scoped, Pinned]
    assert follow(decision("ill"), incident(FOUND, (10, Moved(IncidentStatus.MONITORING)))) == ()
    (noted,) = follow(decision("well", OPERATIONAL), led)
    assert noted == Noted("anthropic works again, as our monitoring sees it: upstream:anthropic is well")
    assert follow(decision("recovering", ComponentStatus.DEGRADED), led) == ()
    assert follow(decision("well", OPERATIONAL), incident(FOUND, BY_ANN, (20, Scoped((WELL,))))) == ()


def test_what_a_person_resolved_is_reopened_when_it_is_back() -> None:
    state = incident(FOUND, (10, Scoped((WELL,))), (10, Moved(IncidentStatus.RESOLVED)))
    assert [type(one) for one in follow(decision("ill"), state)] == [Moved, Scoped]


def test_it_becomes_better() -> None:
    state = incident(FOUND)
    assert follow(decision("recovering", ComponentStatus.DEGRADED), state) == (Scoped((DEGRADED,)),)
    assert follow(decision("well", OPERATIONAL), state) == (Scoped((WELL,)),)
    assert follow(decision("well", OPERATIONAL), incident(FOUND, (1, Scoped((WELL,)), DETECTION))) == ()


def test_what_is_suspected_or_has_nothing_to_do_with_it_changes_nothing() -> None:
    assert follow(decision("suspected", ComponentStatus.DEGRADED), incident(FOUND)) == ()
    assert follow(decision("well", OPERATIONAL, component=LOGIN), incident(FOUND)) == ()
    assert follow(decision("well", OPERATIONAL), incident(FOUND, RESOLVED)) == ()


def test_it_is_monitored_once_all_recovers() -> None:
    login = Affected(LOGIN, ComponentStatus.DEGRADED)
    both = incident(FOUND, (1, Scoped((login,)), DETECTION))
    assert settle(both, (), NOON + 60) is None
    assert settle(both, {UPSTREAM}, NOON + 60) is None
    moved = settle(both, {UPSTREAM, LOGIN}, NOON + 60)
    assert moved == Moved(IncidentStatus.MONITORING, "Requests work again. We keep watching.")
    half = incident(FOUND, (1, Scoped((login, WELL)), DETECTION))
    assert settle(half, {LOGIN}, NOON + 60) == moved


def test_it_is_resolved_after_a_calm_time() -> None:
    state = incident(FOUND, MONITORED, (100, Scoped((WELL,)), DETECTION))
    assert settle(state, (), NOON + 100 + CALM_SECONDS - 1) is None
    assert settle(state, (), NOON + 100 + CALM_SECONDS) == Moved(
        IncidentStatus.RESOLVED, "No trouble was seen for 15 minutes."
    )
    assert settle(incident(FOUND, MONITORED), {UPSTREAM}, NOON + 9_999) is None


def test_what_comes_back_must_be_calm_for_longer() -> None:
    back: Step = (61, Moved(IncidentStatus.INVESTIGATING), DETECTION)
    once = incident(FOUND, MONITORED, back)
    assert calm_seconds(incident(FOUND)) == CALM_SECONDS
    assert calm_seconds(once) == 2 * CALM_SECONDS
    often = incident(FOUND, *(step for n in range(9) for step in ((60 + n, MONITORED[1]), (60.5 + n, back[1]))))
    assert calm_seconds(often) == 8 * CALM_SECONDS


def test_nothing_goes_on_by_itself_where_somebody_leads_or_nothing_is_known() -> None:
    calm = NOON + 99_999
    assert settle(incident(FOUND, (1, Scoped((WELL,)), DETECTION)), (), calm) is not None
    for state in (
        incident(FOUND, BY_ANN, (20, Scoped((WELL,)))),
        incident((0, opened(WELL)), MONITORED),
        incident((0, opened(WELL), ("playbook RUN-1", "playbook")), MONITORED),
        incident((0, replace(opened(), source="detection"), DETECTION), MONITORED),
        incident(FOUND, (1, Scoped((WELL,)), DETECTION), RESOLVED),
        incident(FOUND, (1, Scoped((WELL,)), DETECTION), (2, Merged("INC-2"), DETECTION)),
    ):
        assert settle(state, (), calm) is None
