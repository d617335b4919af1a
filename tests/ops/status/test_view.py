"""The view's own small questions."""

from mainstay.ops.status.reading import status_view
from tests.ops.status.samples import sources


def test_open_incidents_are_those_that_are_not_resolved() -> None:
    view = status_view(sources())
    assert [one.id for one in view.incidents] == ["INC-2", "INC-1"]
    assert [one.id for one in view.open_incidents] == ["INC-2"]
