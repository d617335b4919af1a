"""What was in which state, by each source apart."""

from msgspec.structs import replace

from mainstay.ops.report.phases import phases
from mainstay.ops.report.report import Phase
from tests.ops.report.samples import BEGAN, ENDED, NORTH, sources


def test_each_source_has_its_own_view() -> None:
    assert set(phases(sources())) == {
        Phase("incident", "model:sonnet", BEGAN + 40, ENDED, "partial_outage"),
        Phase("incident", NORTH, BEGAN + 40, ENDED, "major_outage"),
        Phase("detection", NORTH, BEGAN + 12, BEGAN + 38, "suspected"),
        Phase("detection", NORTH, BEGAN + 38, BEGAN + 3_100, "ill"),
        Phase("provider page", NORTH, BEGAN + 730, ENDED + 1_800, "partial_outage"),
    }


def test_of_an_open_one_phases_last_until_now() -> None:
    found = phases(replace(sources(is_open=True), records=()))
    assert {phase.end for phase in found} == {BEGAN + 1_200}


def test_what_was_said_twice_is_one_phase() -> None:
    detections = tuple(one for one in sources().records if "d2" in one.id)
    (found,) = [
        one
        for one in phases(replace(sources(), records=(*detections, replace(detections[0], at=BEGAN + 90))))
        if one.source == "detection"
    ]
    assert (found.start, found.end) == (BEGAN + 38, ENDED + 1_800)
