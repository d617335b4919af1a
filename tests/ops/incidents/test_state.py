"""What an incident says of itself."""

from mainstay.model.incident import IncidentStatus, Merged, Moved
from mainstay.ops.incidents.state import Refused
from tests.ops.incidents.events import DEGRADED, ILL, NOON, UPSTREAM, incident, opened


def test_it_is_open_until_it_is_resolved_or_part_of_another() -> None:
    assert incident((0, opened()), (1, Moved(IncidentStatus.MONITORING))).is_open
    assert not incident((0, opened()), (1, Moved(IncidentStatus.RESOLVED))).is_open
    assert not incident((0, opened()), (1, Merged("INC-2"))).is_open


def test_how_a_component_is() -> None:
    assert incident((0, opened(ILL))).status_of(UPSTREAM) is ILL.status
    assert incident((0, opened(DEGRADED))).status_of("gateway") is None


def test_how_long_it_lasts() -> None:
    assert incident((0, opened())).seconds(NOON + 90) == 90
    assert incident((0, opened())).seconds(NOON - 90) == 0
    assert incident((0, opened()), (60, Moved(IncidentStatus.RESOLVED))).seconds(NOON + 90) == 60


def test_a_refusal_in_one_line() -> None:
    assert Refused("it is open", "write an update").words == "it is open; write an update"
    assert Refused("it is open").words == "it is open"
