"""Whom the keeper tells, and of what it reminds."""

import pytest

from mainstay.control.incidents.desk import Terms
from mainstay.control.incidents.keeper import OLD_SECONDS
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentStatus,
    Merged,
    Moved,
    Noted,
    Posted,
    Rated,
)
from mainstay.model.notice import Severity
from mainstay.model.settings import Clocks, IncidentSettings
from tests.control.incidents.kept import Kept
from tests.control.incidents.stand import ANN, BOB, ILL, UPSTREAM, done, refused

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = tuple(IncidentStatus)
LOGIN = "upstream:anthropic#login"
OPERATIONAL = ComponentStatus.OPERATIONAL
DEGRADED = ComponentStatus.DEGRADED
FIRST_WORDS = "Found by our monitoring. Requests go to other providers where the configuration allows it."


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_people_hear_of_what_others_write(kept: Kept) -> None:
    done(kept.people.open(kept.opened("Logins fail", ILL), ANN))
    kept.keeper.turn()
    done(kept.people.add("1", Noted("x"), ANN))
    kept.keeper.turn()
    done(kept.people.add("1", Rated(Impact.CRITICAL), ANN))
    kept.keeper.turn()
    done(kept.people.add("1", Moved(RESOLVED), ANN))
    kept.keeper.turn()
    done(kept.people.add("1", Moved(IDENTIFIED), ANN))
    kept.keeper.turn()
    assert kept.titles() == [
        "INC-1 opened (major)",
        "INC-1 is worse (critical)",
        "INC-1 resolved",
        "INC-1 reopened (critical)",
    ]
    assert [notice.severity for notice in kept.notices] == [Severity.MAJOR, *[Severity.CRITICAL] * 3]


def test_what_happened_while_nobody_acted_is_told_once_and_not_after_a_day(kept: Kept) -> None:
    done(kept.people.open(kept.opened("a"), ANN))
    done(kept.people.add("1", Moved(RESOLVED), ANN))
    kept.now += OLD_SECONDS - 1
    done(kept.people.open(kept.opened("b"), ANN))
    kept.keeper.turn()
    assert sorted(kept.titles()) == ["INC-1 resolved", "INC-2 opened (major)"]
    other = Kept()
    done(other.people.open(other.opened("a"), ANN))
    other.now += OLD_SECONDS
    other.keeper.turn()
    assert other.titles() == ["INC-1 waits for the first public update", "INC-1 waits for what is affected"]


def test_acknowledging_stops_escalation_once(kept: Kept) -> None:
    kept.decided("ill")
    done(kept.people.add("1", Acknowledged(), BOB))
    kept.pass_time(300)
    assert kept.acknowledged == [("INC-1", "bob")]
    kept.keeper = kept.new_keeper()
    kept.pass_time(300)
    assert kept.acknowledged == [("INC-1", "bob")]


def test_merging_stops_it_too(kept: Kept) -> None:
    done(kept.people.open(kept.opened("a"), ANN))
    done(kept.people.open(kept.opened("b"), ANN))
    kept.keeper.turn()
    done(kept.people.add("2", Merged("1"), ANN))
    kept.keeper.turn()
    assert kept.acknowledged == [("INC-2", "ann")]
    assert len(kept.notices) == 2


def test_clocks_remind_people_until_they_write(kept: Kept) -> None:
    done(kept.people.open(kept.opened("a", ILL), ANN))
    kept.pass_time(1_199, 1)
    assert kept.titles()[1:] == ["INC-1 waits for the first public update"] * 2
    done(kept.people.add("1", Posted("We look into it."), ANN))
    kept.pass_time(1_700)
    assert len(kept.notices) == 3
    kept.pass_time(101)
    assert kept.titles()[3:] == ["INC-1 waits for the next public update"]
    assert len({notice.key for notice in kept.notices}) == 4
    done(kept.people.add("1", Moved(RESOLVED), ANN))
    kept.pass_time(9_000)
    assert kept.titles()[4:] == ["INC-1 resolved"]


def test_clocks_are_as_they_are_set() -> None:
    kept = Kept(IncidentSettings(clocks=Clocks(60.0, 120.0, 180.0)))
    done(kept.people.open(kept.opened("a"), ANN))
    kept.pass_time(61, 1)
    assert kept.titles()[1:] == ["INC-1 waits for the first public update"]


def test_a_keeper_that_was_killed_tells_the_same_again_under_the_same_key(kept: Kept) -> None:
    done(kept.people.open(kept.opened("a", ILL), ANN))

    def die() -> None:
        raise KeyboardInterrupt

    kept.store.before = die
    with pytest.raises(KeyboardInterrupt):
        kept.keeper.turn()
    kept.keeper = kept.new_keeper()
    kept.keeper.turn()
    assert [notice.key for notice in kept.notices] == ["INC-1 opened 1"] * 2
    kept.keeper.turn()
    assert len(kept.notices) == 2


def test_where_only_people_open_incidents_they_are_told() -> None:
    kept = Kept(IncidentSettings(opens=False))
    kept.decided("ill")
    assert kept.people.known() == ()
    kept.decided("recovering", DEGRADED)
    kept.pass_time(300)
    assert [notice.title for notice in kept.notices] == ["anthropic: most requests fail"]
    kept.decided("well", OPERATIONAL)
    kept.pass_time(300)
    assert [notice.title for notice in kept.notices][1:] == ["anthropic works again"]
    done(kept.people.open(kept.opened("a", Affected(UPSTREAM, DEGRADED)), ANN))
    kept.decided("ill")
    assert "evidence on upstream:anthropic: upstream:anthropic is ill" in kept.words()
    kept.decided("well", OPERATIONAL)
    assert len(kept.notices) == 3


def test_a_race_with_a_person_is_won_by_the_person(kept: Kept) -> None:
    kept.decided("ill")
    kept.decided("well", OPERATIONAL)
    kept.now += 899
    kept.keeper.turn()
    kept.now += 1
    kept.store.before = lambda: kept.people.add("1", Moved(INVESTIGATING, "Not yet."), ANN)
    kept.keeper.turn()
    state = done(kept.people.read("1"))
    assert (state.status, state.is_led) == (INVESTIGATING, True)
    assert "ann was first" in refused(kept.people.add("1", Moved(RESOLVED), BOB, Terms(seen=4)))


def test_what_was_noted_as_told_and_was_not_is_told_by_the_next(kept: Kept) -> None:
    kept.decided("ill")
    (first,) = kept.notices
    kept.notices.clear()
    kept.keeper = kept.new_keeper()
    kept.keeper.resume((), kept.now)
    kept.keeper.turn()
    (again,) = kept.notices
    assert (again.key, again.is_once) == (first.key, True)
    kept.keeper.turn()
    assert kept.notices == [again]


def test_what_is_long_over_is_not_told_again(kept: Kept) -> None:
    kept.decided("ill")
    kept.notices.clear()
    kept.keeper = kept.new_keeper()
    kept.now += 901.0
    kept.keeper.resume((), kept.now)
    kept.keeper.turn()
    assert [one for one in kept.notices if one.is_once] == []
