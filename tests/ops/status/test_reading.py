"""From sources to the page."""

from msgspec.structs import replace

from mainstay.model.incident import Affected, ComponentStatus, Impact, Opened
from mainstay.model.settings import StatusPageSettings
from mainstay.ops.detection.values import Standing
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.view import ComponentView, StatusView
from tests.ops.status.samples import NOW, OUT, PART, SLOW, TODAY, WELL, incident, open_incident, sources, traffic


def component(view: StatusView, name: str) -> ComponentView:
    everything = (*view.components, *(one.seen for one in view.providers))
    return next(one for one in everything if one.name == name)


def test_models_the_gateway_and_providers_are_components() -> None:
    view = status_view(sources())
    assert [one.name for one in view.components] == ["Gateway", "sonnet", "opus"]
    assert [one.seen.name for one in view.providers] == ["north", "south"]


def test_only_the_named_models_are_shown_in_their_order() -> None:
    settings = StatusPageSettings(components=("opus", "unknown"), providers=False)
    view = status_view(replace(sources(), settings=settings))
    assert [one.name for one in view.components] == ["Gateway", "opus"]
    assert view.providers == ()
    assert "sonnet" not in repr(view.incidents)
    assert "north" not in repr(view.incidents)


def test_an_open_incident_says_how_its_components_are() -> None:
    sonnet = component(status_view(sources()), "sonnet")
    assert (sonnet.status, sonnet.since) == (SLOW, NOW - 1_200)


def test_detection_says_so_without_an_incident() -> None:
    view = status_view(replace(sources(), incidents=()))
    north = component(view, "north")
    assert (north.status, north.since) == (OUT, NOW - 1_780)
    assert component(view, "sonnet").status == WELL


def test_what_is_only_suspected_is_not_told() -> None:
    assert component(status_view(sources()), "opus").status == WELL


def test_of_several_the_worst_counts_since_it_is_so() -> None:
    standings = (
        Standing("model:sonnet", "ill", NOW - 50, "", PART, Impact.MAJOR),
        Standing("model:sonnet", "recovering", NOW - 90, "", SLOW, Impact.MINOR),
    )
    sonnet = component(status_view(replace(sources(), standings=standings)), "sonnet")
    assert (sonnet.status, sonnet.since) == (PART, NOW - 50)


def test_a_private_incident_leaves_no_trace() -> None:
    private = open_incident(is_private=True)
    with_it = status_view(replace(sources(), incidents=(private,), standings=()))
    assert with_it == status_view(replace(sources(), incidents=(), standings=()))


def test_the_indicator_is_the_worst_of_ours_and_of_open_incidents() -> None:
    quiet = replace(sources(), incidents=(), standings=())
    assert (status_view(quiet).indicator, status_view(quiet).headline) == (Impact.NONE, "All systems operational")
    ill = Standing("model:sonnet", "ill", NOW, "", OUT, Impact.MAJOR)
    assert status_view(replace(quiet, standings=(ill,))).headline == "Major outage"
    rescued = Standing("upstream:north", "ill", NOW, "", OUT, Impact.NONE)
    assert status_view(replace(quiet, standings=(rescued,))).indicator == Impact.NONE
    assert status_view(replace(quiet, incidents=(open_incident(),))).indicator == Impact.MAJOR


def test_without_traffic_today_nothing_is_claimed() -> None:
    old = {"model:sonnet": traffic()[:-1]}
    assert status_view(replace(sources(), traffic=old, incidents=(), standings=())).headline == "No trouble known"


def test_incidents_stand_at_the_day_on_which_they_began() -> None:
    days = {day.start: [one.id for one in day.incidents] for day in status_view(sources()).past_days}
    assert len(days) == 14
    assert days[TODAY] == ["INC-2"]
    assert days[TODAY - 3 * 86_400] == ["INC-1"]


def test_what_changed_last_is_told() -> None:
    view = status_view(sources())
    assert view.changed_at == NOW - 1_200
    assert view.generated_at == NOW
    assert status_view(replace(sources(), at=NOW + 60)).changed_at == view.changed_at


def test_a_component_is_well_since_its_last_trouble() -> None:
    opus = component(status_view(sources()), "opus")
    assert (opus.status, opus.since) == (WELL, NOW - 3 * 86_400 + 3_600)


def test_maintenance_is_told_and_is_no_trouble() -> None:
    opened = Opened("work", Impact.NONE, "hand", NOW - 9, (Affected("model:opus", ComponentStatus.MAINTENANCE),))
    view = status_view(replace(sources(), incidents=(incident("INC-1", (NOW - 9, opened)),), standings=()))
    assert component(view, "opus").status == ComponentStatus.MAINTENANCE
    assert view.indicator == Impact.NONE
