"""What a report is about, and which time is looked at."""

from mainstay.model.incident import Affected, Impact, Opened
from mainstay.ops.report.sources import AFTER_SECONDS, BEFORE_MAX_SECONDS, BEFORE_SECONDS, ReportSources, window
from tests.ops.report.samples import BEGAN, ENDED, NOW, OUT, seen, sources, storm
from tests.ops.status.samples import incident


def test_providers_and_models_are_those_of_its_components_and_its_evidence() -> None:
    found = sources()
    assert (found.upstreams, found.models) == (frozenset({"north"}), frozenset({"sonnet"}))
    opened = Opened("a", Impact.MINOR, "hand", BEGAN, (Affected("model:sonnet", OUT),), "", (seen(),))
    assert ReportSources(NOW, incident("INC-1", (BEGAN, opened))).upstreams == frozenset({"north"})


def test_it_lasted_until_it_was_resolved_or_lasts_until_now() -> None:
    assert (sources().started_at, sources().ended_at) == (BEGAN, ENDED)
    assert sources(is_open=True).ended_at == BEGAN + 1_200


def test_as_much_time_before_it_is_looked_at_within_bounds() -> None:
    assert window(storm(), NOW) == (BEGAN - BEFORE_SECONDS, ENDED + AFTER_SECONDS)
    assert window(storm(is_open=True), BEGAN + 600) == (BEGAN - BEFORE_SECONDS, BEGAN + 600)
    long = window(storm(is_open=True), BEGAN + 9 * BEFORE_MAX_SECONDS)
    assert long[0] == BEGAN - BEFORE_MAX_SECONDS
    assert window(storm(is_open=True), BEGAN + 20_000)[0] == BEGAN - 20_000
