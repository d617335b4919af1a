"""The plots of a report."""

from xml.etree.ElementTree import Element

from msgspec.structs import replace

from mainstay.ops.report.making import incident_report
from mainstay.ops.report.plots import plots
from tests.ops.drawing.parsing import parsed
from tests.ops.report.samples import sources

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: Element) -> set[str]:
    return {one.text or "" for one in root.iter(f"{SVG}text")}


def test_there_is_one_of_failures_and_one_of_states() -> None:
    failures, states = plots(incident_report(sources()))
    assert {"failed", "answered in spite of a fault", "Opened", "Resolved"} <= texts(parsed(failures.svg))
    assert {"north (detection)", "north (provider page)", "ill", "partial outage"} <= texts(parsed(states.svg))
    assert "At worst 10.0 % of the requests of a span failed" in failures.svg


def test_without_data_there_is_none() -> None:
    bare = replace(sources(), records=(), spans=(), incident=replace(sources().incident, course=()))
    assert plots(incident_report(bare)) == ()


def test_the_same_report_gives_the_same_plots() -> None:
    assert plots(incident_report(sources())) == plots(incident_report(sources()))
