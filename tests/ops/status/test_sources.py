"""What a page is made of needs next to nothing."""

from mainstay.model.settings import StatusPageSettings
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.sources import StatusSources
from tests.ops.status.samples import NOW


def test_a_page_of_nothing_says_that_nothing_is_known() -> None:
    view = status_view(StatusSources(NOW, StatusPageSettings(), (), ()))
    assert view.headline == "No trouble known"
    assert [one.name for one in view.components] == ["Gateway"]
    assert view.components[0].uptime_percent is None
