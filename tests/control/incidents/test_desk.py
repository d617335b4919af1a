"""The incident desk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.incidents.desk import KEYS_KEPT, Author, IncidentDesk, Terms
from mainstay.ledger.errors import LedgerError
from mainstay.model.incident import (
    Acknowledged,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Merged,
    Moved,
    Noted,
    Opened,
    Posted,
    Rated,
    Scoped,
    Took,
)
from mainstay.model.records import IncidentRecord
from mainstay.ops.incidents.state import IncidentState
from tests.control.incidents.stand import ANN, BOB, ILL, WELL, Stand, done, refused

IDENTIFIED, MONITORING, RESOLVED = tuple(IncidentStatus)[1:]


@pytest.fixture
def stand() -> Stand:
    return Stand()


def words(state: IncidentState | None) -> list[str]:
    assert state is not None
    return [one.words for one in state.timeline]


def test_incidents_are_numbered(stand: Stand) -> None:
    desk = stand.desk()
    assert [done(desk.open(stand.opened(), ANN)).id for _ in range(3)] == ["INC-1", "INC-2", "INC-3"]
    assert [one.id for one in desk.current()] == ["INC-3", "INC-2", "INC-1"]


def test_what_is_written_is_a_record_in_our_own_journal_too(stand: Stand) -> None:
    done(stand.desk().open(stand.opened(), ANN))
    (record,) = stand.written
    assert isinstance(record, IncidentRecord)
    assert (record.incident, record.number, record.by, record.via, record.at) == ("INC-1", 1, "ann", "local", stand.now)


def test_an_opening_is_made_clean_or_refused(stand: Stand) -> None:
    desk = stand.desk()
    assert done(desk.open(stand.opened(" a\x1bb "), ANN)).title == "a b"
    assert "the title is empty" in refused(desk.open(stand.opened(""), ANN))
    for started_at in (stand.now + 60, -1.0, float("nan"), float("inf")):
        odd = Opened("x", Impact.MINOR, "hand", started_at)
        assert "the trouble cannot have begun at" in refused(desk.open(odd, ANN))
    assert len(desk.known()) == 1


def test_the_same_key_opens_one_incident(stand: Stand) -> None:
    first = done(stand.desk().open(stand.opened(), ANN, "run 3, step 1"))
    stand.now += 90_000
    assert done(stand.desk().open(stand.opened("other"), BOB, "run 3, step 1")) == first
    assert done(stand.desk().open(stand.opened(), ANN, "run 3, step 2")).id == "INC-2"
    assert len(stand.store.events) == 2


def test_a_key_is_known_for_many_incidents(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN, "key"))
    for _ in range(KEYS_KEPT - 1):
        done(desk.open(stand.opened(), ANN))
    assert done(stand.desk().open(stand.opened(), ANN, "key")).id == "INC-1"


def test_two_who_open_at_once_get_two_numbers(stand: Stand) -> None:
    first, second = stand.desk(), stand.desk()
    stand.store.before = lambda: first.open(stand.opened("first"), ANN)
    assert done(second.open(stand.opened("second"), BOB)).id == "INC-2"
    assert [one.title for one in stand.desk().known()] == ["second", "first"]


def test_two_who_open_the_same_at_once_get_one(stand: Stand) -> None:
    first, second = stand.desk(), stand.desk()
    stand.store.before = lambda: first.open(stand.opened("first"), ANN, "key")
    assert done(second.open(stand.opened("second"), BOB, "key")).title == "first"
    assert len(stand.store.events) == 1


def test_events_are_added(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    stand.now += 60
    state = done(desk.add("inc-1", Moved(IDENTIFIED, " It is their edge. "), Author("B\x1bob" + "b" * 300, "local")))
    assert (state.number, state.status, state.identified_at) == (2, IDENTIFIED, stand.now)
    assert state.timeline[1].by == "B obbb" + "b" * 194
    assert words(state)[1] == "identified: It is their edge."


@pytest.mark.parametrize(
    ("name", "event", "reason"),
    [
        ("INC-9", Posted("x"), "there is no incident 'INC-9'"),
        ("nonsense" * 99, Posted("x"), "there is no incident 'nonsensenonsensenons'"),
        ("INC-1", Posted(" "), "the text is empty"),
        ("INC-1", Merged("INC-1"), "an incident cannot be merged into itself"),
        ("INC-1", Merged("INC-9"), "there is no incident 'INC-9'"),
        ("INC-9", Merged("INC-1"), "there is no incident 'INC-9'"),
        ("INC-1", Merged("x"), "'x' is no incident"),
    ],
)
def test_what_cannot_be_is_refused(stand: Stand, name: str, event: IncidentEvent, reason: str) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    assert reason in refused(desk.add(name, event, ANN))
    assert len(stand.store.events) == 1


def test_the_same_key_writes_one_event(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    first = done(desk.add("INC-1", Posted("x"), ANN, Terms("publish")))
    done(desk.add("INC-1", Posted("y"), ANN))
    assert done(stand.desk().add("INC-1", Posted("x"), ANN, Terms("publish"))).number == 3
    assert first.number == 2
    assert [text.partition(": ")[2] for text in words(desk.read("1"))[1:]] == ["x", "y"]


def test_resolving_says_that_all_is_well(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened("x", ILL), ANN))
    state = done(desk.add("INC-1", Moved(RESOLVED, "Over."), ANN, Terms(key="k", seen=1)))
    assert (state.affected, state.number, state.status) == ((WELL,), 3, RESOLVED)
    assert state.updates[-1].affected == (WELL,)
    assert done(desk.add("INC-1", Moved(RESOLVED, "Over."), ANN, Terms(key="k", seen=1))).number == 3


def test_the_second_of_two_is_told_what_the_first_did(stand: Stand) -> None:
    first, second = stand.desk(), stand.desk()
    done(first.open(stand.opened(), ANN))
    stand.store.before = lambda: first.add("INC-1", Moved(RESOLVED, "Over."), ANN)
    found = refused(second.add("INC-1", Moved(IDENTIFIED), BOB))
    assert "ann was first at 2026-03-02 12:00:00 UTC: resolved: Over.; look at INC-1 again" in found
    assert done(second.add("INC-1", Moved(IDENTIFIED), BOB)).reopenings == 1


def test_who_saw_less_than_there_is_is_told_so(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    done(desk.add("INC-1", Rated(Impact.CRITICAL), ANN))
    assert "ann was first" in refused(desk.add("INC-1", Rated(Impact.MINOR), BOB, Terms(seen=1)))
    assert done(desk.add("INC-1", Rated(Impact.MINOR), BOB, Terms(seen=2))).impact is Impact.MINOR


def test_two_notes_at_once_are_both_kept(stand: Stand) -> None:
    first, second = stand.desk(), stand.desk()
    done(first.open(stand.opened(), ANN))
    stand.store.before = lambda: first.add("INC-1", Noted("a"), ANN)
    assert words(done(second.add("INC-1", Noted("b"), BOB)))[1:] == ["noted: a", "noted: b"]


def test_what_happened_before_is_written_late(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened("x", ILL), ANN))
    start = stand.now
    stand.now += 600
    done(desk.add("INC-1", Posted("now"), ANN))
    state = done(desk.add("INC-1", Noted("before"), ANN, Terms(at=start + 60)))
    assert [(one.at - start, one.is_late) for one in state.timeline] == [(0, False), (60, True), (600, False)]
    assert "lies in the future" in refused(desk.add("INC-1", Noted("x"), ANN, Terms(at=stand.now + 60)))
    for at in (float("nan"), float("inf"), -1.0):
        assert "this is no time" in refused(desk.add("INC-1", Noted("x"), ANN, Terms(at=at)))


def test_a_status_is_judged_by_what_it_was_then(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened("x", ILL), ANN))
    start = stand.now
    stand.now += 600
    done(desk.add("INC-1", Moved(MONITORING), ANN))
    assert "already" in refused(desk.add("INC-1", Moved(IncidentStatus.INVESTIGATING), ANN, Terms(at=start + 60)))
    state = done(desk.add("INC-1", Moved(IDENTIFIED), ANN, Terms(at=start + 60)))
    assert (state.status, state.identified_at) == (MONITORING, start + 60)
    stand.now += 600
    state = done(desk.add("INC-1", Moved(RESOLVED), ANN, Terms(at=start + 700)))
    assert (state.resolved_at, state.affected) == (start + 700, (WELL,))
    early = done(desk.add("INC-1", Moved(RESOLVED), ANN, Terms(at=start + 650)))
    assert early.timeline[-1].words == "resolved"


def test_a_clock_that_is_behind_writes_behind_what_is_there(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    stand.now -= 3_600
    state = done(desk.add("INC-1", Moved(MONITORING), BOB))
    assert [one.is_late for one in state.timeline] == [False, False]
    assert state.status is MONITORING


def test_two_become_one(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened("a"), ANN))
    done(desk.open(Opened("b", Impact.CRITICAL, "hand", stand.now, (ILL,)), ANN))
    state = done(desk.add("INC-2", Merged("INC-1"), ANN, Terms("k")))
    target = done(desk.read("INC-1"))
    assert (state.merged_into, state.is_open) == ("INC-1", False)
    assert (target.took, target.affected, target.impact) == (("INC-2",), (ILL,), Impact.CRITICAL)
    assert [one.id for one in desk.current()] == ["INC-1"]
    assert done(desk.add("INC-2", Merged("INC-1"), ANN, Terms("k"))).number == state.number
    assert refused(desk.add("INC-2", Merged("INC-1"), ANN)) == "INC-2 goes on as part of INC-1; write to INC-1"
    assert refused(desk.add("INC-1", Merged("INC-2"), ANN)) == "INC-2 is part of INC-1 already"
    assert refused(desk.add("INC-2", Posted("x"), ANN)) == "INC-2 goes on as part of INC-1; write to INC-1"


def test_merging_needs_one_that_goes_on(stand: Stand) -> None:
    desk = stand.desk()
    for _ in range(3):
        done(desk.open(stand.opened(), ANN))
    done(desk.add("INC-2", Merged("INC-1"), ANN))
    assert refused(desk.add("INC-3", Merged("INC-2"), ANN)) == "INC-2 goes on as part of INC-1; merge into INC-1"
    done(desk.add("INC-1", Moved(RESOLVED), ANN))
    assert "INC-1 is resolved; reopen it first" in refused(desk.add("INC-3", Merged("INC-1"), ANN))


def test_two_who_merge_into_each_other_at_once_make_no_circle(stand: Stand) -> None:
    first, second = stand.desk(), stand.desk()
    for _ in range(2):
        done(first.open(stand.opened(), ANN))
    stand.store.before = lambda: first.add("INC-1", Merged("INC-2"), ANN)
    refused(second.add("INC-2", Merged("INC-1"), BOB))
    assert [one.id for one in first.current()] == ["INC-2"]


def test_a_merger_that_was_cut_short_can_be_repeated_either_way(stand: Stand) -> None:
    desk = stand.desk()
    for _ in range(2):
        done(desk.open(stand.opened(), ANN))
    done(desk.add("INC-2", Took("INC-1"), ANN))
    assert done(desk.add("INC-2", Merged("INC-1"), ANN)).merged_into == "INC-1"


def test_three_make_no_circle_either(stand: Stand) -> None:
    desk = stand.desk()
    for _ in range(3):
        done(desk.open(stand.opened(), ANN))
    for taker, other in (("INC-2", "INC-1"), ("INC-3", "INC-2"), ("INC-1", "INC-3")):
        done(desk.add(taker, Took(other), ANN))
    for name, into in (("INC-1", "INC-2"), ("INC-2", "INC-3"), ("INC-3", "INC-1")):
        assert "goes on for" in refused(desk.add(name, Merged(into), ANN))
    assert len(desk.current()) == 3


def test_lists(stand: Stand) -> None:
    desk = stand.desk()
    for n in range(7):
        done(desk.open(stand.opened(f"title {n}"), ANN))
    done(desk.add("INC-3", Moved(RESOLVED), ANN))
    assert [one.id for one in desk.recent(3)] == ["INC-7", "INC-6", "INC-5"]
    assert [one.id for one in desk.recent(3, "inc-5")] == ["INC-4", "INC-3", "INC-2"]
    assert desk.recent(3, "nonsense") == ()
    assert "INC-3" not in [one.id for one in desk.current()]
    assert len(desk.known()) == 7


def test_searching(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened("Logins fail", ILL), ANN))
    done(desk.open(stand.opened("Slow"), ANN))
    done(desk.add("INC-2", Noted("the Provider called"), BOB))
    assert [one.id for one in desk.search("ANTHROPIC login")] == ["INC-1"]
    assert [one.id for one in desk.search("provider bob")] == ["INC-2"]
    assert desk.search("provider login") == ()
    assert len(desk.search("", 1)) == 1


def test_a_store_that_does_not_answer_is_said_to(stand: Stand) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    stand.store.is_down = True
    for question in (desk.current, lambda: desk.read("1"), lambda: desk.add("1", Acknowledged(), ANN)):
        with pytest.raises(LedgerError):
            question()
    stand.store.is_down = False
    assert done(desk.add("1", Acknowledged(), ANN)).acknowledged_by == "ann"


def test_a_stream_that_somebody_else_keeps_writing_is_given_up(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = stand.desk()
    done(desk.open(stand.opened(), ANN))
    monkeypatch.setattr(stand.store, "append_event", lambda *_: False)
    assert "too many write to INC-1 at once" in refused(desk.add("1", Noted("x"), ANN))
    assert "too many write to incidents at once" in refused(desk.open(stand.opened(), ANN))


EVENTS = st.one_of(
    st.builds(Noted, st.sampled_from("abc")),
    st.builds(Posted, st.sampled_from("abc")),
    st.builds(Moved, st.sampled_from(IncidentStatus)),
    st.builds(Rated, st.sampled_from(Impact)),
    st.sampled_from([Scoped((ILL,)), Scoped((WELL,)), Acknowledged(), Merged("INC-1"), Merged("INC-2")]),
)
WRITES = st.tuples(st.sampled_from(["INC-1", "INC-2"]), EVENTS, st.sampled_from(["", "k1", "k2"]))
RACES = st.lists(st.tuples(WRITES, st.none() | WRITES), max_size=8)


@given(RACES)
def test_two_desks_lose_and_double_nothing(
    races: list[tuple[tuple[str, IncidentEvent, str], tuple[str, IncidentEvent, str] | None]],
) -> None:
    """A write of one desk, with a write of the other right in the middle of it."""
    stand = Stand()
    first, second = stand.desk(), stand.desk()
    for _ in range(2):
        done(first.open(stand.opened(), ANN))
    accepted: list[tuple[str, IncidentEvent]] = []
    keys: set[tuple[str, str]] = set()

    def write(desk: IncidentDesk, what: tuple[str, IncidentEvent, str], author: Author) -> None:
        name, event, key = what
        was_known = bool(key) and (name, key) in keys
        is_done = isinstance(desk.add(name, event, author, Terms(key)), IncidentState)
        if is_done and key:
            was_known = was_known or (name, key) in keys
            keys.add((name, key))
        if is_done and not was_known:
            accepted.append((name, event))

    for one, other in races:
        if other is not None:
            stand.store.before = lambda what=other: write(second, what, BOB)
        write(first, one, ANN)
        stand.store.before = None
    states = [done(stand.desk().read(name)) for name in ("INC-1", "INC-2")]
    assert any(state.is_open or state.status is RESOLVED for state in states)
    for state in states:
        assert [one.number for one in sorted(state.timeline, key=lambda one: one.number)] == list(
            range(1, state.number + 1)
        )
        wanted = [event for name, event in accepted if name == state.id]
        written = [one.event for one in state.timeline]
        assert all(written.count(event) >= wanted.count(event) for event in wanted)
        said = [event for event in written if isinstance(event, Noted | Posted) and event.text in "abc"]
        assert len(said) == sum(isinstance(event, Noted | Posted) for event in wanted)
