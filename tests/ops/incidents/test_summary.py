"""An incident as a row of a list."""

from mainstay.model.incident import Acknowledged, IncidentStatus, Moved, Staffed
from mainstay.ops.incidents.summary import summary
from tests.ops.incidents.events import ILL, NOON, incident, opened


def test_a_row() -> None:
    state = incident(
        (0, opened(ILL)), (1, Acknowledged()), (2, Staffed("scribe", "eve")), (3, Staffed("commander", "bob"))
    )
    row = summary(state)
    assert (row.id, row.title, row.number, row.is_open, row.resolved_at) == (
        "INC-1",
        "Most requests fail",
        4,
        True,
        None,
    )
    assert (row.commander, row.acknowledged_by, row.affected) == ("bob", "ann", (ILL,))


def test_a_row_of_one_that_is_over_and_nobody_led() -> None:
    row = summary(incident((0, opened()), (60, Moved(IncidentStatus.RESOLVED))))
    assert (row.commander, row.is_open, row.resolved_at, row.status) == ("", False, NOON + 60, IncidentStatus.RESOLVED)
