"""Incidents as strangers see them."""

from mainstay.model.components import Component
from mainstay.model.incident import Affected, Impact, IncidentStatus, Merged, Moved, Opened, Posted, Published, Rated
from mainstay.ops.status.names import public_id
from mainstay.ops.status.public_incidents import INCIDENTS_MAX, public_incidents
from mainstay.ops.status.view import AffectedView, ChangeView
from tests.ops.status.samples import NOW, OUT, PART, SLOW, WELL, incident, open_incident, past_incident


def everything(_component: Component) -> bool:
    return True


def test_updates_are_told_newest_first_with_what_changed() -> None:
    (view,) = public_incidents([open_incident()], everything)
    assert [update.text for update in view.updates] == [
        "A provider is down. Others serve for it.",
        "Some answers fail. We look into it.",
    ]
    sonnet, north = public_id("model:sonnet"), public_id("upstream:north/sonnet-v4")
    assert view.updates[1].changes == (
        ChangeView(sonnet, "sonnet", WELL, PART),
        ChangeView(north, "sonnet-v4 at north", WELL, OUT),
    )
    assert view.affected == (AffectedView(sonnet, "sonnet", SLOW), AffectedView(north, "sonnet-v4 at north", OUT))
    assert view.updated_at == NOW - 1_200


def test_only_updates_are_told() -> None:
    assert "secret" not in repr(public_incidents([open_incident()], everything))


def test_what_is_private_is_not_there() -> None:
    assert public_incidents([open_incident(is_private=True)], everything) == ()
    hidden = incident("INC-1", (NOW, Opened("a", Impact.MINOR, "hand", NOW)), (NOW, Published(is_private=True)))
    assert public_incidents([hidden], everything) == ()


def test_components_that_are_not_shown_are_not_named() -> None:
    (view,) = public_incidents([open_incident()], lambda component: not component.is_provider)
    assert "north" not in repr(view.affected)
    assert "north" not in repr([update.changes for update in view.updates])


def test_the_end_makes_all_components_well() -> None:
    (view,) = public_incidents([past_incident()], everything)
    assert view.updates[0].status == IncidentStatus.RESOLVED
    assert [one.status for one in view.affected] == [WELL]
    assert [change.new_status for update in view.updates for change in update.changes] == [WELL, PART, OUT]


def test_an_update_without_words_says_what_its_status_means() -> None:
    opened = Opened("a", Impact.MINOR, "hand", NOW)
    state = incident("INC-1", (NOW, opened), (NOW, Moved(IncidentStatus.MONITORING)))
    (view,) = public_incidents([state], everything)
    assert view.updates[0].text == "It works again as far as we see; we keep watching."


def test_one_that_goes_on_elsewhere_says_where_unless_that_is_private() -> None:
    opened = Opened("small", Impact.MINOR, "hand", NOW - 90, (Affected("model:sonnet", OUT),))
    small = incident("INC-3", (NOW - 90, opened), (NOW - 30, Merged("INC-2")))
    shown = {view.id: view for view in public_incidents([small, open_incident()], everything)}
    assert shown["INC-3"].updates[0].text == "This goes on as: Answers fail"
    assert shown["INC-3"].resolved_at == NOW - 30
    (alone,) = public_incidents([small, open_incident(is_private=True)], everything)
    assert alone.updates[0].text == "This is resolved."


def test_one_that_is_over_keeps_its_worst_impact() -> None:
    opened = Opened("a", Impact.CRITICAL, "hand", NOW - 90)
    rated, moved = Rated(Impact.NONE), Moved(IncidentStatus.RESOLVED)
    state = incident("INC-1", (NOW - 90, opened), (NOW - 80, rated), (NOW - 70, moved))
    (view,) = public_incidents([state], everything)
    assert view.impact == Impact.CRITICAL


def test_open_ones_are_never_left_out_for_others() -> None:
    past = [past_incident(f"INC-{number}", NOW - 5_000 + number) for number in range(10, INCIDENTS_MAX + 60)]
    old = incident("INC-1", (NOW - 9e6, Opened("old", Impact.MINOR, "hand", NOW - 9e6)))
    shown = public_incidents([*past, old], everything)
    assert len(shown) == INCIDENTS_MAX
    assert shown[-1].id == "INC-1"


def test_an_id_is_fit_for_a_name_of_a_file() -> None:
    (view,) = public_incidents([incident("../x", (NOW, Opened("a", Impact.MINOR, "hand", NOW)))], everything)
    assert view.id == public_id("../x")


def test_text_of_people_is_cleaned() -> None:
    opened = Opened("a\nb", Impact.MINOR, "hand", NOW)
    (view,) = public_incidents([incident("INC-1", (NOW, opened), (NOW, Posted("x\x1b[2J\ny")))], everything)
    assert view.title == "a b"
    assert view.updates[0].text == "x[2J\ny"
