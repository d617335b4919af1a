"""The dashboard and the alert rules: they load, and every series and label that they name exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.known_metrics import known_series
from tests.deploy.promql import PromqlError, Query

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
DASHBOARD = json.loads((DEPLOY / "grafana" / "mainstay.json").read_text())
ALL_RULES = [rule for group in RULES["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in ALL_RULES if "alert" in rule]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
KNOWN = known_series() | {rule["record"]: frozenset() for rule in ALL_RULES if "record" in rule}


def expressions() -> Iterator[tuple[str, str]]:
    for rule in ALL_RULES:
        yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]


EXPRESSIONS = dict(expressions())


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_names_what_exists(name: str) -> None:
    query = Query(EXPRESSIONS[name])
    assert query.series
    for one in query.series:
        assert one.name in KNOWN, one.name
        assert set(one.labels) <= KNOWN[one.name], one
    for aggregation in query.aggregations:
        for series in aggregation.series:
            assert set(aggregation.labels) <= KNOWN[series], (aggregation, series)


@pytest.mark.parametrize("name", [name for name, text in EXPRESSIONS.items() if "histogram_quantile" in text])
def test_quantiles_keep_the_buckets_apart(name: str) -> None:
    query = Query(EXPRESSIONS[name])
    assert all(one.name.endswith("_bucket") for one in query.series)
    assert all("le" in one.labels for one in query.aggregations)


@pytest.mark.parametrize("name", [name for name, text in EXPRESSIONS.items() if re.search(r"rate\(|increase\(", text)])
def test_only_counters_are_rated(name: str) -> None:
    rated = [one.name for one in Query(EXPRESSIONS[name]).series if one.has_range]
    assert all(one.endswith(("_total", "_bucket", "_sum", "_count")) for one in rated)


def test_burn_rates_are_those_of_the_book_with_two_windows_each() -> None:
    found = {}
    for rule in ALERTS:
        windows = re.findall(r"mainstay:exchange_error_ratio:rate(\w+) > ([0-9.]+) \* 0\.001", rule["expr"])
        if windows:
            (short, factor), (long, same) = windows
            assert factor == same
            found[factor] = (short, long)
    assert found == {"14.4": ("5m", "1h"), "6": ("30m", "6h"), "3": ("2h", "1d"), "1": ("6h", "3d")}


def test_every_alert_says_how_grave_it_is_and_what_it_means() -> None:
    for rule in ALERTS:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"[0-9]+[mh]", rule["for"])
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names)) >= 20


def test_an_alert_speaks_of_labels_that_it_keeps() -> None:
    for rule in ALERTS:
        kept = {label for one in Query(rule["expr"]).aggregations for label in one.labels}
        used = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        assert used <= kept, rule["alert"]


def test_silence_counts_as_an_outage() -> None:
    texts = [rule["expr"] for rule in ALERTS]
    assert any("absent(mainstay_build_info)" in text for text in texts)
    assert any("absent(mainstay_control_acting)" in text for text in texts)


def test_panels_stand_beside_each_other_and_not_on_top() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    titles = [panel["title"] for panel in PANELS]
    assert len(titles) == len(set(titles))


def test_the_dashboard_asks_whichever_source_is_chosen() -> None:
    names = {one["name"] for one in DASHBOARD["templating"]["list"]}
    assert names == {"datasource", "model", "upstream"}
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
    used = set(re.findall(r"\$(\w+)", " ".join(EXPRESSIONS.values()))) - {"__rate_interval"}
    assert used <= names
    for one in DASHBOARD["templating"]["list"][1:]:
        series, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", one["query"]).groups()  # type: ignore[union-attr]
        assert label in KNOWN[series]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "sum(",
        "sum(a))",
        "a b",
        "a >",
        "rate(a)",
        "rate(a[5x])",
        "unknown(a)",
        'a{b="c"',
        "a{b=c}",
        "sum by (a b) (c)",
        "histogram_quantile(a, b)",
        "vector(a)",
        "a @ b",
        "a[5m]",
        "sum(a[5m])",
        "absent(a[5m])",
        "rate(sum(a))",
    ],
)
def test_what_is_no_promql_would_be_found(wrong: str) -> None:
    with pytest.raises(PromqlError):
        Query(wrong)
