"""What the sections about operations come to."""

from pathlib import Path

from mainstay.config.snapshot import Snapshot
from mainstay.model.settings import Clocks, ProbeSettings
from tests.config.conftest import LoadText


def loaded(load_yaml: LoadText, text: str) -> Snapshot:
    found = load_yaml(text)
    assert found.mistakes == ()
    assert found.snapshot is not None
    return found.snapshot


def test_without_a_section_everything_is_safe(load_yaml: LoadText, good: str) -> None:
    snapshot = loaded(load_yaml, good)
    assert snapshot.detection.probes is None
    assert snapshot.incidents.opens
    assert not snapshot.status_page.public
    assert snapshot.telemetry is None


def test_each_key_reaches_its_setting(load_yaml: LoadText, good: str, tmp_path: Path) -> None:
    text = f"""{good}
detection: {{error_percent: 31, attempts_min: 7, objective_percent: 99, reports_min: 3, report_window_seconds: 60,
  probes: {{per_hour: 5, usd_per_day: 0.5}}, feed_seconds: 30}}
incidents: {{opened_by: people, first_post_seconds: 1, scope_seconds: 2, update_seconds: 3}}
status_page: {{name: N, url: "https://s.example/", public: true, export: out, components: [claude], providers: false,
  support: call}}
telemetry: {{otlp_endpoint: "http://127.0.0.1:4318/", sample_percent: 10, service_name: s}}
"""
    snapshot = loaded(load_yaml, text)
    detection = snapshot.detection
    assert (detection.error_percent, detection.attempts_min, detection.objective_percent) == (31, 7, 99)
    assert (detection.reports_min, detection.report_window_seconds, detection.feed_seconds) == (3, 60, 30)
    assert detection.probes == ProbeSettings(5, 0.5)
    assert not snapshot.incidents.opens
    assert snapshot.incidents.clocks == Clocks(1, 2, 3)
    page = snapshot.status_page
    assert (page.name, page.url, page.public, page.providers) == ("N", "https://s.example", True, False)
    assert (page.export, page.components, page.support) == (str(tmp_path / "out"), ("claude",), "call")
    assert snapshot.telemetry is not None
    assert snapshot.telemetry.otlp_endpoint == "http://127.0.0.1:4318"
    assert (snapshot.telemetry.sample_percent, snapshot.telemetry.service_name) == (10, "s")
