"""The control plane's metrics, read back by Prometheus' own parser."""

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mainstay.control.telemetry import families as module
from mainstay.control.telemetry.families import metrics_page
from mainstay.control.telemetry.readings import Readings
from tests.control.telemetry.values import READINGS, WALL, standing


def page(readings: Readings) -> dict[str, float]:
    """All samples of ours as a person reads them."""
    samples = {}
    for family in text_string_to_metric_families(metrics_page(readings).decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            samples[f"{sample.name.removeprefix('mainstay_')}{{{labels}}}"] = sample.value
    return samples


EXPECTED = {
    "control_build_info{version=1.2.3}": 1,
    "control_acting{}": 1,
    "control_lease_trouble{}": 0,
    "store_lag_records{}": 7,
    "store_lag_seconds{}": 1.5,
    "store_trouble{}": 0,
    "store_findings{}": 1,
    "control_journal_records_pending{}": 2,
    "control_journal_records_dropped_total{}": 1,
    "control_journal_trouble{}": 1,
    "incidents_open{impact=none}": 0,
    "incidents_open{impact=minor}": 0,
    "incidents_open{impact=major}": 2,
    "incidents_open{impact=critical}": 1,
    "incidents_unacknowledged{}": 2,
    "component_state{component=upstream:a}": 3,
    "component_state{component=upstream:b}": 0,
    "component_state{component=model:m}": 2,
    "feed_age_seconds{upstream=a}": 30,
    "feed_trouble{upstream=a}": 0,
    "feed_trouble{upstream=b}": 1,
    "probes_last_hour{}": 10,
    "probe_dollars_today{}": 0.25,
    "bookkeeping_behind_records{}": 9,
    "control_orders_in_force{kind=drain}": 2,
    "control_orders_in_force{kind=pin}": 0,
    "runs_waiting{}": 1,
    "notices_total{outcome=sent,target=chat}": 5,
    "notices_total{outcome=failed,target=chat}": 2,
    "notices_total{outcome=gave-up,target=chat}": 0,
    "notices_total{outcome=deduplicated,target=}": 4,
    "notices_waiting{target=chat}": 3,
    "notices_dropped_total{}": 6,
    "notices_unwritten{}": 8,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_metric_tells_what_was_read(name: str) -> None:
    assert page(READINGS)[name] == EXPECTED[name]


def test_nothing_else_is_told_but_of_the_process() -> None:
    orders = {name for name in page(READINGS) if name.startswith("control_orders_in_force")}
    notices = {name for name in page(READINGS) if name.startswith("notices_total")}
    rest = set(page(READINGS)) - set(EXPECTED) - orders - notices
    assert {name for name in rest if not name.startswith(("process_", "python_"))} == set()


def test_what_could_not_be_read_is_left_out() -> None:
    assert set(page(Readings(WALL, "1"))) >= {"control_build_info{version=1}"}
    assert {name for name in page(Readings(WALL, "1")) if "process" not in name} == {"control_build_info{version=1}"}


def test_of_too_many_components_the_worst_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPONENTS_MAX", 2)
    found = tuple(standing(f"model:{number}", "ill" if number == 4 else "well") for number in range(9))
    told = [name for name in page(msgspec.structs.replace(READINGS, standing=found)) if "component_state" in name]
    assert len(told) == 2
    assert "component_state{component=model:4}" in told
