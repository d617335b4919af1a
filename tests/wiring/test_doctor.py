from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.doctor.practice import UnusableWishError
from mainstay.gateway.doctor.rounds import Wanted
from mainstay.gateway.doctor.verdict import Report
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.wiring.doctor import run_doctor, write_proofs


def snapshot(folder: Path, url: str) -> Snapshot:
    tree = {
        "state": str(folder / "state"),
        "upstreams": {"alpha": {"dialect": "anthropic", "base_url": url}},
        "models": {"claude": {"candidates": [{"upstream": "alpha"}]}},
    }
    found = load_text(msgspec.json.encode(tree), folder, {}).snapshot
    assert found is not None
    return found


def test_it_speaks_every_dialect_and_leaves_its_proofs_in_the_journal(tmp_path: Path) -> None:
    with FakeProviderThread() as provider:
        ours = snapshot(tmp_path, provider.url)
        report = run_doctor(ours, Wanted(thorough=True, seconds=5.0))
    assert report.ok
    assert write_proofs(ours, report) == ""
    with RecordReader(control_journal_path(ours.state, 0)) as reader:
        assert [(row.kind, row.at) for row in reader.since(0)] == [("proof", report.at)]


def test_without_proofs_nothing_is_written(tmp_path: Path) -> None:
    ours = snapshot(tmp_path, "http://alpha")
    assert write_proofs(ours, Report(1.0, ok=True, models=())) == ""
    assert not ours.state.exists()


def test_a_wish_that_cannot_be_met_is_raised(tmp_path: Path) -> None:
    with pytest.raises(UnusableWishError):
        run_doctor(snapshot(tmp_path, "http://alpha"), Wanted(models=("gone",)))
