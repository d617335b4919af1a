import os
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from mainstay.gateway.metrics import Metrics
from mainstay.gateway.metrics_pages import STALE_SECONDS, MetricsPages, labelled, merged
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.records import AlertRecord

NOW = 1_795_000_000.0


def page(alerts: int) -> bytes:
    metrics = Metrics(version="1", upstreams=("a",), models=("m",))
    for number in range(alerts):
        metrics.observe(AlertRecord(str(number), NOW, "au{th} x", "a", "m", "main", "words"))
    return metrics.render(running=alerts, journal=JournalStatus())


def samples(text: bytes, family: str) -> dict[str, float]:
    """Values by worker; every family stands once."""
    families = list(text_string_to_metric_families(text.decode()))
    names = [one.name for one in families]
    assert len(names) == len(set(names))
    (found,) = [one for one in families if one.name == family]
    return {sample.labels["worker"]: sample.value for sample in found.samples}


def left(folder: Path, worker: int, text: bytes, at: float = NOW) -> None:
    MetricsPages(folder, worker).leave(text)
    os.utime(folder / f"metrics-{worker}.prom", (at, at))


def test_each_series_says_whose_it_is() -> None:
    text = b'# HELP a help {text}\n# TYPE a counter\na{b="c d"} 1.0\na{} 3.0\nd 2.0\n'
    assert labelled(text, 7) == (
        b'# HELP a help {text}\n# TYPE a counter\na{worker="7",b="c d"} 1.0\na{worker="7"} 3.0\nd{worker="7"} 2.0\n'
    )


def test_a_real_page_keeps_all_its_series() -> None:
    before = {(s.name, s.value) for f in text_string_to_metric_families(page(2).decode()) for s in f.samples}
    after = list(text_string_to_metric_families(labelled(page(2), 3).decode()))
    found = {(s.name, s.value) for f in after for s in f.samples}
    stable = {name for name, _ in before if not name.startswith("process_")}
    assert {one for one in found if one[0] in stable} == {one for one in before if one[0] in stable}
    assert {s.labels["worker"] for f in after for s in f.samples} == {"3"}


def test_the_worker_that_is_asked_tells_of_all(tmp_path: Path) -> None:
    left(tmp_path, 1, page(3))
    text = MetricsPages(tmp_path, 0, lambda: NOW).together(page(2))
    assert samples(text, "mainstay_alerts") == {"0": 2.0, "1": 3.0}
    assert samples(text, "mainstay_exchanges_running") == {"0": 2.0, "1": 3.0}


def test_ours_is_told_as_it_is_now_and_not_as_it_was_left(tmp_path: Path) -> None:
    left(tmp_path, 0, page(1))
    assert samples(MetricsPages(tmp_path, 0, lambda: NOW).together(page(5)), "mainstay_alerts") == {"0": 5.0}


def test_the_page_of_a_worker_that_is_no_more_is_left_out(tmp_path: Path) -> None:
    left(tmp_path, 1, page(3), NOW - STALE_SECONDS - 1)
    left(tmp_path, 2, page(4), NOW - STALE_SECONDS + 1)
    text = MetricsPages(tmp_path, 0, lambda: NOW).together(page(2))
    assert samples(text, "mainstay_alerts") == {"0": 2.0, "2": 4.0}


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics-1.prom").mkdir()
    assert samples(MetricsPages(tmp_path, 0, lambda: NOW).together(page(1)), "mainstay_alerts") == {"0": 1.0}


def test_a_family_that_only_one_page_has_is_not_lost() -> None:
    one, other = (
        b"# HELP a x\n# TYPE a gauge\na 1\n",
        b"# HELP b y\n# TYPE b gauge\nb 2\n# HELP a x\n# TYPE a gauge\na 3\n",
    )
    assert merged([one, other]) == b"# HELP a x\n# TYPE a gauge\na 1\na 3\n# HELP b y\n# TYPE b gauge\nb 2\n"
