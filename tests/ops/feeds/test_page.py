import msgspec

from mainstay.model.incident import IncidentStatus
from mainstay.ops.feeds.page import INCIDENTS_MAX, UPDATES_TOTAL_MAX, PageUpdate, bounded, in_order, joined, worst
from tests.ops.feeds.pages import DEGRADED, MAJOR, PARTIAL, WELL, incident, page, update


def test_the_effective_state_is_the_worst_over_open_incidents() -> None:
    wide = incident("wide", "Errors", update("11:49", touched={"API": PARTIAL}))
    # Written later, and milder: the page shows it, but the first incident still goes on.
    small = incident("small", "Errors with one model", update("14:35", touched={"API": DEGRADED}))
    shown = page(wide, small, components={"API": DEGRADED, "Console": WELL})
    assert shown.published() == {"API": DEGRADED, "Console": WELL}
    assert shown.effective() == {"API": PARTIAL, "Console": WELL}


def test_one_that_ends_does_not_hide_another_that_goes_on() -> None:
    over = incident("over", "Errors", update("16:50", touched={"site": PARTIAL}), update("17:10", "resolved"))
    open_ = incident("open", "Site", update("17:08", touched={"site": DEGRADED}))
    assert page(over, open_, components={"site": WELL}).effective() == {"site": DEGRADED}


def test_a_component_that_an_incident_only_names_is_as_bad_as_its_impact() -> None:
    shown = page(incident("one", "Outage", impact="critical", components=("API",)), components={"API": WELL})
    assert shown.effective() == {"API": MAJOR}


def test_the_worst_of_nothing_is_well() -> None:
    assert worst(()) is WELL


def test_two_answers_of_a_page_are_one() -> None:
    short = incident("one", "Errors", update("10:00"))
    long = incident("one", "Errors", update("10:00"), update("10:30", "resolved"))
    other = incident("two", "Other", update("09:00", "resolved"))
    whole = joined(page(short, components={"API": WELL}), page(long, other))
    assert {one.id: one.status.value for one in whole.incidents} == {"one": "resolved", "two": "resolved"}
    assert whole.published() == {"API": WELL}


def test_open_incidents_and_new_ones_are_kept_where_there_are_too_many() -> None:
    old = [incident(f"old{number}", "Old", update("10:00"), update("11:00", "resolved")) for number in range(300)]
    living = msgspec.structs.replace(incident("living", "Living", update("00:01")), started_at=0.0)
    kept = bounded(page(*old, living)).incidents
    assert len(kept) == INCIDENTS_MAX
    assert kept[0].id == "living"


def test_all_updates_together_are_bounded() -> None:
    many = [
        incident(f"i{number}", "Long", *(update(f"10:{minute:02}") for minute in range(60))) for number in range(60)
    ]
    kept = bounded(page(*many)).incidents
    assert sum(len(one.updates) for one in kept) == UPDATES_TOTAL_MAX


def test_updates_come_in_the_order_in_which_they_were_said() -> None:
    newest_first = [update("12:00", id="c"), update("11:00", id="b"), update("11:00", id="a")]
    assert [one.id for one in in_order(newest_first)] == ["a", "b", "c"]
    undated = PageUpdate("later", None, IncidentStatus.MONITORING)
    assert [one.id for one in in_order([undated, update("11:00", id="first")])] == ["first", "later"]
