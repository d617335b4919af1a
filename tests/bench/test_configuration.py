import json
from pathlib import Path

import pytest

from bench.configuration import (
    EVERYTHING,
    MODEL_OF_MOODY,
    SERVICE_KEYS,
    Extras,
    Ports,
    configuration,
    model_at,
    plain_model_at,
)
from bench.spoken.plain import PLAIN
from bench.spoken.registry import VOICES, Pace
from mainstay.config.load import load

PORTS = Ports(1001, 1002, 1003, 1004, 1005, 1006, 1007)


def test_a_gateway_with_everything_has_what_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.yaml"
    store, shared = "postgresql://a:b@127.0.0.1:1/c", "redis://127.0.0.1:2"
    extras = Extras(workers=2, with_token=True, services=(store, shared))
    file.write_text(json.dumps(configuration(PORTS, extras)))
    loaded = load(
        file, {"BENCH_KEY": "bench-upstream"} | dict(zip(SERVICE_KEYS.values(), extras.services, strict=True))
    )
    assert loaded.mistakes == ()
    snapshot = loaded.snapshot
    assert snapshot is not None
    assert (snapshot.workers, snapshot.must_authenticate) == (2, True)
    assert snapshot.store is not None
    assert snapshot.shared is not None
    assert (snapshot.store.value, snapshot.shared.value) == (store, shared)


@pytest.mark.parametrize("pace", [None, Pace(10, 50)], ids=["without pace", "with pace"])
def test_the_file_has_no_mistake(tmp_path: Path, pace: Pace | None) -> None:
    file = tmp_path / "mainstay.yaml"
    file.write_text(json.dumps(configuration(PORTS, Extras(failovers=2, pace=pace))))
    loaded = load(file, {"BENCH_KEY": "bench-upstream"})
    assert loaded.mistakes == ()
    assert loaded.snapshot is not None
    served = {model_at(dialect) for dialect in VOICES} & set(loaded.snapshot.model_names)
    assert len(served) == (0 if pace is None else len(VOICES))


def test_a_gateway_with_everything_on_has_limits_prices_priorities_and_a_cache(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.yaml"
    file.write_text(json.dumps(configuration(PORTS, EVERYTHING)))
    loaded = load(file, {"BENCH_KEY": "bench-upstream"})
    assert loaded.mistakes == ()
    written = json.loads(file.read_text())
    assert written["auth"] == {"callers": "tokens"}
    assert all("requests_per_minute" in one["limits"] for one in written["upstreams"].values())
    assert "usd_per_day" in written["tenants"]["bench"]
    assert written["workloads"]["default"]["cache"]["ttl_seconds"] > 0
    assert set(written["prices"]) == set(written["models"])
    assert {plain_model_at(dialect) for dialect in PLAIN} <= set(written["models"])


def test_the_soak_has_an_upstream_that_fails_before_one_that_does_not(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.yaml"
    extras = Extras(pace=Pace(10, 50), moody_port=1008)
    file.write_text(json.dumps(configuration(PORTS, extras)))
    assert load(file, {"BENCH_KEY": "bench-upstream"}).mistakes == ()
    written = json.loads(file.read_text())
    assert [one["upstream"] for one in written["models"][MODEL_OF_MOODY]["candidates"]] == ["moody", "anthropic"]
    assert written["upstreams"]["moody"]["base_url"].startswith("http://127.0.0.1:1008/")
