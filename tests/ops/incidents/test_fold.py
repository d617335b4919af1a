"""An incident is what its events make of it."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Nagged,
    Noted,
    Opened,
    Pinned,
    Posted,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
    Told,
    Took,
)
from mainstay.model.records import IncidentRecord
from mainstay.ops.incidents.fold import fold, is_worse, merged
from mainstay.ops.incidents.state import IncidentState
from tests.ops.incidents.events import (
    DEGRADED,
    DETECTION,
    ILL,
    LOGIN,
    NOON,
    PLAYBOOK,
    UPSTREAM,
    WELL,
    evidence,
    incident,
    opened,
    records,
)

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = IncidentStatus


def test_an_incident_that_was_opened() -> None:
    state = incident((0, opened(ILL, text="We look into it.")))
    assert (state.id, state.number, state.status, state.impact) == ("INC-1", 1, INVESTIGATING, Impact.MAJOR)
    assert (state.opened_at, state.started_at, state.detected_at, state.scoped_at) == (NOON, NOON, NOON, NOON)
    assert [(one.text, one.affected) for one in state.updates] == [("We look into it.", (ILL,))]
    assert state.first_post_at == state.last_post_at == NOON
    assert state.is_open
    assert state.opening == "r1"


def test_without_words_nobody_was_told_anything() -> None:
    state = incident((0, opened()))
    assert (state.updates, state.first_post_at, state.scoped_at) == ((), None, None)


def test_no_events_are_no_incident() -> None:
    assert fold([]) is None


def test_the_usual_course() -> None:
    state = incident(
        (0, opened(ILL)),
        (60, Acknowledged()),
        (120, Moved(IDENTIFIED, "It is their edge.")),
        (600, Moved(MONITORING)),
        (700, Scoped((WELL,))),
        (1800, Moved(RESOLVED, "Over.")),
    )
    assert (state.acknowledged_at, state.acknowledged_by) == (NOON + 60, "ann")
    assert (state.identified_at, state.mitigated_at, state.resolved_at) == (NOON + 120, NOON + 600, NOON + 1800)
    assert [one.text for one in state.updates] == ["It is their edge.", "", "Over."]
    assert (state.first_post_at, state.last_post_at) == (NOON + 120, NOON + 1800)
    assert [(one.at - NOON, one.affected) for one in state.course] == [(0, (ILL,)), (700, (WELL,))]
    assert not state.is_open
    assert state.regressions == 0
    assert state.seconds(NOON + 9_999) == 1800


def test_going_backwards_is_counted() -> None:
    state = incident((0, opened()), (1, Moved(MONITORING)), (2, Moved(IDENTIFIED)), (3, Moved(MONITORING)))
    assert (state.regressions, state.reopenings, state.mitigated_at) == (1, 0, NOON + 3)
    assert state.identified_at == NOON + 2
    assert state.resolved_at is None


def test_who_reopens_begins_anew() -> None:
    state = incident(
        (0, opened()),
        (1, Acknowledged()),
        (2, Moved(RESOLVED)),
        (3, Moved(INVESTIGATING, "It is back.")),
        (9, Posted("x")),
    )
    assert (state.regressions, state.reopenings, state.reopened_at) == (1, 1, NOON + 3)
    assert (state.resolved_at, state.mitigated_at, state.acknowledged_at) == (None, None, None)
    assert state.is_open
    assert state.seconds(NOON + 10) == 10


def test_resolved_after_monitoring_was_mitigated_before() -> None:
    state = incident((0, opened()), (5, Moved(MONITORING)), (9, Moved(RESOLVED)), (11, Moved(MONITORING)))
    assert (state.mitigated_at, state.resolved_at) == (NOON + 5, None)


def test_components_that_are_not_named_stay() -> None:
    login = Affected(LOGIN, ComponentStatus.PARTIAL_OUTAGE)
    state = incident((0, opened(ILL)), (1, Scoped((login,))), (2, Scoped((DEGRADED,))))
    assert state.affected == (DEGRADED, login)
    assert state.status_of(LOGIN) is ComponentStatus.PARTIAL_OUTAGE
    assert state.status_of("gateway") is None


def test_the_worst_impact_is_remembered() -> None:
    state = incident((0, opened()), (1, Rated(Impact.CRITICAL)), (2, Rated(Impact.MINOR, "callers are served")))
    assert (state.impact, state.worst_impact) == (Impact.MINOR, Impact.CRITICAL)
    assert is_worse(Impact.MAJOR, Impact.MINOR)
    assert not is_worse(Impact.MINOR, Impact.MINOR)


def test_roles_are_taken_and_given_back() -> None:
    state = incident(
        (0, opened()), (1, Staffed("commander", "bob")), (2, Staffed("scribe", "eve")), (3, Staffed("scribe", ""))
    )
    assert [(one.role, one.person, one.since) for one in state.roles] == [("commander", "bob", NOON + 1)]


def test_who_decides_leads_it() -> None:
    found = (0, opened(ILL), DETECTION)
    assert not incident(found).is_led
    assert not incident(found, (1, Moved(IDENTIFIED), PLAYBOOK), (2, Rated(Impact.MINOR), DETECTION)).is_led
    assert not incident(found, (1, Acknowledged()), (2, Noted("x")), (3, Staffed("scribe", "ann"))).is_led
    for event in (Moved(IDENTIFIED), Posted("x"), Rated(Impact.MINOR), Scoped((WELL,)), Retitled("x")):
        assert incident(found, (1, event)).is_led
    taken = (1, Staffed("commander", "ann"))
    assert incident(found, taken).is_led
    assert not incident(found, taken, (2, Staffed("commander", ""))).is_led
    assert incident((0, opened())).is_led


def test_what_was_written_late_stands_where_it_belongs() -> None:
    state = incident((0, opened()), (100, Moved(RESOLVED)), (50, Moved(IDENTIFIED, "known then")), (120, Noted("x")))
    assert state.status is RESOLVED
    assert [(one.number, one.is_late) for one in state.timeline] == [(1, False), (3, True), (2, False), (4, False)]
    assert state.identified_at == NOON + 50
    assert state.regressions == 0
    assert (state.number, state.updated_at) == (4, NOON + 120)


def test_what_happened_before_it_was_opened_changes_no_beginning() -> None:
    state = incident((0, opened()), (-60, Noted("the first complaint")))
    assert [one.number for one in state.timeline] == [2, 1]
    assert state.opened_at == NOON


def test_evidence_says_when_we_first_knew() -> None:
    early = Opened("x", Impact.MINOR, "detection", NOON - 90, evidence=(evidence(at=NOON - 30),))
    assert incident((0, early)).detected_at == NOON - 30
    assert incident((0, early), (5, Pinned(evidence(at=NOON - 60)))).detected_at == NOON - 60
    assert incident((0, early), (5, Pinned(evidence(at=NOON - 9_999)))).detected_at == NOON - 90
    assert incident((0, opened()), (5, Pinned(evidence(at=NOON - 60, is_bad=False)))).detected_at == NOON
    state = incident((0, early), (5, Pinned(evidence("more"))))
    assert [[piece.words for piece in one.evidence] for one in state.timeline] == [
        ["12 of 14 attempts failed"],
        ["more"],
    ]


def test_links_merging_and_telling() -> None:
    state = incident(
        (0, opened()), (1, Linked("order", "ORD-1", "moved away")), (2, Took("INC-2")), (3, Took("INC-2")), (4, Told(3))
    )
    assert [(one.link.id, one.at) for one in state.links] == [("ORD-1", NOON + 1)]
    assert (state.took, state.told) == (("INC-2",), 3)
    other = incident((0, opened()), (1, Merged("INC-7")), (2, Merged("INC-8")))
    assert (other.merged_into, other.is_open, other.status) == ("INC-7", False, INVESTIGATING)


def test_reminders_are_counted_by_what_was_due() -> None:
    nag = Nagged("first-post", NOON + 300)
    state = incident((0, opened()), (300, nag), (600, nag), (700, Nagged("scope", NOON + 700)))
    assert [(one.clock, one.count, one.last_at - NOON) for one in state.nags] == [
        ("first-post", 2, 600),
        ("scope", 1, 700),
    ]
    later = incident((0, opened()), (300, nag), (900, Nagged("first-post", NOON + 800)))
    assert [(one.due_at - NOON, one.count) for one in later.nags] == [(800, 1)]


def test_what_is_private_and_what_it_is_called_may_change() -> None:
    state = incident((0, opened()), (1, Published(is_private=True)), (2, Retitled("Login fails")))
    assert (state.is_private, state.title) == (True, "Login fails")


def test_lines_for_everybody_are_marked() -> None:
    state = incident((0, opened()), (1, Posted("x")), (2, Moved(IDENTIFIED)), (3, Noted("x")), (4, Pinned(evidence())))
    assert [one.is_public for one in state.timeline] == [True, True, True, False, False]


def test_a_stream_without_an_opening_has_a_state_too() -> None:
    state = incident((0, Noted("x")), (1, Scoped((ILL,))))
    assert (state.title, state.impact, state.affected) == ("INC-1", Impact.NONE, (ILL,))
    assert len(state.timeline) == 2


def test_components_merge_in_order() -> None:
    assert merged((ILL,), ()) == (ILL,)
    assert merged((), (ILL, WELL)) == (WELL,)


TEXTS = st.text(max_size=8)
AFFECTED = st.lists(
    st.builds(Affected, st.sampled_from([UPSTREAM, LOGIN, "gateway"]), st.sampled_from(ComponentStatus)), max_size=3
)
EVENTS: st.SearchStrategy[IncidentEvent] = st.one_of(
    st.builds(Opened, TEXTS, st.sampled_from(Impact), st.just("hand"), st.just(NOON), AFFECTED.map(tuple), TEXTS),
    st.builds(Moved, st.sampled_from(IncidentStatus), TEXTS),
    st.builds(Posted, TEXTS),
    st.builds(Noted, TEXTS),
    st.builds(Rated, st.sampled_from(Impact), TEXTS),
    st.builds(Scoped, AFFECTED.map(tuple)),
    st.builds(Retitled, TEXTS),
    st.builds(Pinned, st.just(evidence())),
    st.builds(Staffed, st.sampled_from(["commander", "deputy", "scribe"]), TEXTS),
    st.just(Acknowledged()),
    st.builds(Linked, st.just("order"), TEXTS),
    st.builds(Merged, st.sampled_from(["INC-1", "INC-2"])),
    st.builds(Took, st.sampled_from(["INC-1", "INC-2"])),
    st.builds(Nagged, st.sampled_from(["first-post", "scope", "next-update"]), st.just(NOON)),
    st.builds(Told, st.integers(0, 9)),
    st.builds(Published, st.booleans()),
)
STREAMS = st.lists(st.tuples(st.integers(-50, 500).map(float), EVENTS), min_size=1, max_size=12)


def stream(steps: list[tuple[float, IncidentEvent]]) -> list[IncidentRecord]:
    return records(*steps)


@given(STREAMS)
def test_any_events_make_an_incident_that_can_be_shown(steps: list[tuple[float, IncidentEvent]]) -> None:
    state = fold(stream(steps))
    assert state is not None
    assert msgspec.json.decode(msgspec.json.encode(state), type=IncidentState) == state
    assert len(state.timeline) == len(steps)
    assert all(one.words for one in state.timeline)
    assert (state.resolved_at is None) == (state.status is not RESOLVED)
    assert [one.at for one in state.timeline] == sorted(one.at for one in state.timeline)
    assert not is_worse(state.impact, state.worst_impact)


@given(STREAMS, st.data())
def test_what_comes_later_changes_no_line_of_before(
    steps: list[tuple[float, IncidentEvent]], data: st.DataObject
) -> None:
    length = data.draw(st.integers(1, len(steps)))
    all_records = stream(steps)
    whole, prefix = fold(all_records), fold(all_records[:length])
    assert whole is not None
    assert prefix is not None
    assert prefix.number == length
    assert prefix.timeline == tuple(one for one in whole.timeline if one.number <= length)
    assert (prefix.opened_at, prefix.opening, prefix.id) == (whole.opened_at, whole.opening, whole.id)
