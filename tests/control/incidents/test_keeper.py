"""Incidents that follow what detection decides."""

import pytest

from mainstay.control.incidents import keeper as keeper_module
from mainstay.ledger.errors import LedgerError
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentStatus,
    Merged,
    Moved,
    Scoped,
)
from mainstay.model.notice import Severity
from mainstay.ops.detection.values import Standing, State
from tests.control.incidents.kept import Kept
from tests.control.incidents.stand import ANN, ILL, UPSTREAM, WELL, done

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = tuple(IncidentStatus)
LOGIN = "upstream:anthropic#login"
OPERATIONAL = ComponentStatus.OPERATIONAL
DEGRADED = ComponentStatus.DEGRADED
FIRST_WORDS = "Found by our monitoring. Requests go to other providers where the configuration allows it."


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_detection_opens_an_incident_and_people_hear_of_it_at_once(kept: Kept) -> None:
    kept.decided("ill")
    state = done(kept.people.read("INC-1"))
    assert (state.title, state.source, state.affected) == ("anthropic: most requests fail", "detection", (ILL,))
    assert (state.timeline[0].by, state.timeline[0].via, state.is_led) == ("detection", "detection", False)
    (notice,) = kept.notices
    assert (notice.title, notice.severity) == ("INC-1 opened (major): anthropic: most requests fail", Severity.MAJOR)
    assert notice.needs_acknowledgement


def test_nothing_is_told_twice(kept: Kept) -> None:
    kept.decided("ill")
    kept.pass_time(600)
    kept.keeper = kept.new_keeper()
    kept.pass_time(600)
    assert kept.titles() == ["INC-1 opened (major)"]


def test_a_trouble_from_its_beginning_to_its_end(kept: Kept) -> None:
    kept.decided("ill")
    kept.pass_time(300)
    kept.decided("recovering", DEGRADED)
    assert done(kept.people.read("1")).status is MONITORING
    kept.pass_time(120)
    kept.decided("well", OPERATIONAL)
    kept.pass_time(899)
    assert done(kept.people.read("1")).status is MONITORING
    kept.pass_time(1)
    state = done(kept.people.read("1"))
    assert (state.status, state.affected) == (RESOLVED, (WELL,))
    assert kept.titles() == ["INC-1 opened (major)", "INC-1 resolved"]
    assert kept.acknowledged == [("INC-1", "detection")]
    assert [text for text in kept.words() if "notified" not in text] == [
        f"opened as major: anthropic: most requests fail. {FIRST_WORDS}",
        "affected: upstream:anthropic (degraded)",
        "monitoring: Requests work again. We keep watching.",
        "affected: upstream:anthropic (operational)",
        "resolved: No trouble was seen for 15 minutes.",
    ]


def test_what_is_over_is_left_alone(kept: Kept) -> None:
    done(kept.people.open(kept.opened("a"), ANN))
    done(kept.people.open(kept.opened("b"), ANN))
    done(kept.people.open(kept.opened("c"), ANN))
    done(kept.people.add("1", Moved(RESOLVED), ANN))
    done(kept.people.add("2", Merged("3"), ANN))
    done(kept.people.add("3", Acknowledged(), ANN))
    kept.keeper.turn()
    written = len(kept.store.events)
    for _ in range(3):
        kept.keeper.turn()
        kept.keeper = kept.new_keeper()
    assert len(kept.store.events) == written
    assert sorted(kept.acknowledged) == [("INC-1", "ann"), ("INC-2", "ann"), ("INC-3", "ann")]


def test_what_comes_back_is_told_and_needs_a_longer_calm(kept: Kept) -> None:
    kept.decided("ill")
    kept.decided("well", OPERATIONAL)
    kept.pass_time(60)
    kept.decided("ill")
    assert kept.titles() == ["INC-1 opened (major)", "INC-1 is back (major)"]
    kept.decided("well", OPERATIONAL)
    kept.pass_time(1_799)
    assert done(kept.people.read("1")).status is MONITORING
    kept.pass_time(1)
    assert done(kept.people.read("1")).status is RESOLVED
    kept.pass_time(600)
    kept.decided("ill")
    assert kept.titles()[-1] == "INC-1 reopened (major)"
    assert done(kept.people.read("1")).reopenings == 1


def test_after_half_an_hour_it_is_another_one(kept: Kept) -> None:
    kept.decided("ill")
    kept.decided("well", OPERATIONAL)
    kept.pass_time(900 + 1_801)
    kept.decided("ill")
    assert [one.id for one in kept.people.current()] == ["INC-2"]


def test_what_a_person_leads_is_never_resolved_by_itself(kept: Kept) -> None:
    kept.decided("ill")
    done(kept.people.add("1", Moved(IDENTIFIED, "It is their edge."), ANN))
    kept.decided("well", OPERATIONAL)
    kept.pass_time(90_000, 600)
    state = done(kept.people.read("1"))
    assert (state.status, state.affected) == (IDENTIFIED, (ILL,))
    assert "noted: anthropic works again, as our monitoring sees it: upstream:anthropic is well" in kept.words()


def test_an_incident_of_a_person_takes_evidence(kept: Kept) -> None:
    done(kept.people.open(kept.opened("Logins fail", ILL), ANN))
    kept.decided("ill", component=LOGIN)
    assert [one.id for one in kept.people.current()] == ["INC-1"]
    assert kept.words()[1:3] == [
        "affected: upstream:anthropic#login (major outage)",
        "evidence on upstream:anthropic#login: upstream:anthropic#login is ill",
    ]
    assert kept.titles() == ["INC-1 opened (major)"]


def test_models_and_those_who_serve_them_are_one_trouble() -> None:
    kept = Kept(related={"model:claude": frozenset({UPSTREAM})})
    kept.decided("ill")
    kept.decided("ill", component="model:claude")
    kept.decided("ill", component="model:gpt")
    assert [(one.id, len(one.affected)) for one in kept.people.current()] == [("INC-2", 1), ("INC-1", 2)]


def test_two_keepers_open_one_incident(kept: Kept) -> None:
    other = kept.new_keeper()
    for keeper in (kept.keeper, other):
        keeper.decide([kept.decision("ill")])
    kept.store.before = other.turn
    kept.keeper.turn()
    assert len(kept.people.known()) == 1
    assert {notice.key for notice in kept.notices} == {"INC-1 opened 1"}


def test_what_was_decided_while_the_store_was_down_is_worked_off_later(kept: Kept) -> None:
    kept.store.is_down = True
    kept.keeper.decide([kept.decision("ill"), kept.decision("ill", component="upstream:openai")])
    for _ in range(30):
        with pytest.raises(LedgerError):
            kept.keeper.turn()
    kept.store.is_down = False
    kept.keeper.turn()
    assert [one.affected[0].component for one in kept.people.current()] == ["upstream:openai", UPSTREAM]


def test_what_waits_is_bounded(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "WAITING_MAX", 2)
    kept.keeper.decide([kept.decision("ill", component=f"model:{n}") for n in range(5)])
    kept.keeper.turn()
    assert sorted(one.affected[0].component for one in kept.people.current()) == ["model:3", "model:4"]


def test_the_newest_decision_counts(kept: Kept) -> None:
    kept.keeper.decide([kept.decision("ill"), kept.decision("well", OPERATIONAL)])
    kept.keeper.turn()
    assert kept.people.known() == ()


def test_a_suspicion_opens_nothing(kept: Kept) -> None:
    kept.decided("suspected", DEGRADED)
    assert (kept.people.known(), kept.notices) == ((), [])


def standing(kept: Kept, state: State, started_at: float | None = None, component: str = UPSTREAM) -> Standing:
    impact, status = (Impact.NONE, OPERATIONAL) if state == "well" else (Impact.MAJOR, ComponentStatus.MAJOR_OUTAGE)
    return Standing(component, state, kept.now - 60, "why", status, impact, started_at=started_at)


def test_who_begins_to_act_catches_up(kept: Kept) -> None:
    kept.decided("ill", component="upstream:openai")
    keeper = kept.keeper = kept.new_keeper()
    stand = [
        standing(kept, "ill", kept.now - 90),
        standing(kept, "well", component="upstream:openai"),
        standing(kept, "suspected", component=LOGIN),
    ]
    keeper.resume(stand, kept.now)
    keeper.turn()
    first, second = done(kept.people.read("1")), done(kept.people.read("2"))
    assert (first.status, second.affected, second.started_at) == (MONITORING, (ILL,), kept.now - 90)
    number = second.number
    keeper.resume(stand, kept.now)
    keeper.turn()
    assert done(kept.people.read("2")).number == number


def test_who_begins_to_act_does_not_open_again_what_a_person_resolved(kept: Kept) -> None:
    kept.decided("ill")
    began = kept.now
    kept.now += 60
    done(kept.people.add("1", Moved(RESOLVED, "We do not use it."), ANN))
    kept.now += 60
    kept.keeper = kept.new_keeper()
    kept.keeper.resume([standing(kept, "ill", began)], kept.now)
    kept.keeper.turn()
    assert kept.people.current() == ()
    kept.decided("ill")
    assert [one.id for one in kept.people.current()] == ["INC-1"]


def test_an_incident_that_was_opened_for_this_very_trouble_is_opened_again(kept: Kept) -> None:
    first = kept.decision("ill")
    kept.keeper.decide([first])
    kept.keeper.turn()
    kept.decided("well", OPERATIONAL)
    kept.pass_time(900 + 9_000)
    kept.keeper.decide([first])
    kept.keeper.turn()
    assert [one.id for one in kept.people.current()] == ["INC-1"]


def test_what_was_merged_into_something_that_is_over_is_another_one_now(kept: Kept) -> None:
    first = kept.decision("ill")
    done(kept.people.open(kept.opened("a"), ANN))
    kept.keeper.decide([first])
    kept.keeper.turn()
    done(kept.people.add("2", Merged("1"), ANN))
    done(kept.people.add("1", Moved(RESOLVED), ANN))
    kept.pass_time(3_600)
    for _ in range(2):
        kept.keeper.decide([first])
        kept.keeper.turn()
    assert [one.id for one in kept.people.current()] == ["INC-3"]


def test_a_decision_that_lost_a_race_is_worked_off_in_the_next_turn(kept: Kept) -> None:
    kept.decided("ill")
    kept.keeper.decide([kept.decision("ill", component=LOGIN)])
    other = Affected(LOGIN, DEGRADED)
    kept.store.before = lambda: kept.people.add("1", Scoped((other,)), ANN)
    kept.keeper.turn()
    assert "evidence on upstream:anthropic#login: upstream:anthropic#login is ill" not in kept.words()
    kept.keeper.turn()
    assert "evidence on upstream:anthropic#login: upstream:anthropic#login is ill" in kept.words()
    assert done(kept.people.read("1")).affected == (ILL, other)
