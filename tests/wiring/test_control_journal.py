from pathlib import Path

import pytest

from mainstay.gateway.node import read_or_make_gateway_id
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import AlertRecord
from mainstay.wiring.control_journal import control_journal_file, write_records

ALERT = AlertRecord("al_1", 1.0, "billing", "", "", "", "")


def gateway_of(state: Path) -> str:
    file = control_journal_file(state)
    with file.open() as store:
        store.append([ALERT])
        gateway = store.chain().gateway
    file.release()
    return gateway


def test_the_chain_belongs_to_the_gateway_of_the_state_folder(tmp_path: Path) -> None:
    assert gateway_of(tmp_path) == read_or_make_gateway_id(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not an id"])
def test_without_the_gateways_id_there_is_a_journal_all_the_same(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "gateway-id").write_bytes(content)
    assert gateway_of(tmp_path) == ""


def test_what_a_command_has_done_is_on_disk_when_it_was_written(tmp_path: Path) -> None:
    assert write_records(tmp_path, [ALERT, ALERT]) == ""
    with RecordReader(control_journal_path(tmp_path, 0)) as reader:
        assert [row.id for row in reader.since(0)] == ["al_1", "al_1"]


def test_what_cannot_be_written_is_told_and_raises_nothing(tmp_path: Path) -> None:
    control_journal_path(tmp_path, 0).mkdir()
    assert "journal-control.sqlite" in write_records(tmp_path, [ALERT])
    (tmp_path / "file").write_text("")
    assert "file" in write_records(tmp_path / "file", [ALERT])


def test_what_a_command_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert write_records(tmp_path, [ALERT]) == ""
    assert [path.name for path in tmp_path.glob("journal-control*") if path.stat().st_mode & 0o077] == []
