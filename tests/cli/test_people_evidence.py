"""What `mainstay people` does is in the ledger when the command ends, or the command says that it is not."""

import os
import pwd
from pathlib import Path

import msgspec
import pytest

from mainstay.cli.people_evidence import VIA, user_name, write_down
from mainstay.control.evidence import Deed
from mainstay.ledger.control_journal import ControlJournalFile
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import AccessRecord, AlertRecord, Record


def records(path: Path) -> list[Record]:
    with RecordReader(path) as reader:
        return [msgspec.json.decode(row.body, type=Record) for row in reader.since(0, 100)]


def test_it_is_written_down_with_the_user_of_the_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_down(tmp_path, Deed("person-added", "ann", by="somebody else", via="open", detail="as admin"))
    (record,) = records(control_journal_path(tmp_path, 0))
    assert isinstance(record, AccessRecord)
    assert (record.action, record.person, record.detail) == ("person-added", "ann", "as admin")
    assert (record.by, record.via) == (pwd.getpwuid(os.getuid()).pw_name, VIA)
    assert capsys.readouterr() == ("", "")


def test_while_the_control_plane_writes_its_journal_the_command_writes_the_next(tmp_path: Path) -> None:
    plane = ControlJournalFile(tmp_path, lambda: 0.0)
    plane.open().close()
    write_down(tmp_path, Deed("person-added", "ann"))
    write_down(tmp_path, Deed("person-removed", "ann"))
    assert [record.id != "" for record in records(control_journal_path(tmp_path, 1))] == [True, True]
    plane.release()
    write_down(tmp_path, Deed("sessions-ended", ""))
    assert len(records(control_journal_path(tmp_path, 0))) == 1


def test_a_journal_that_cannot_be_written_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    control_journal_path(tmp_path, 0).mkdir()
    write_down(tmp_path, Deed("person-added", "ann"))
    said = capsys.readouterr().err
    assert said.startswith("done, but it is not written down in the journal: ")
    assert "journal-control.sqlite" in said
    assert said.count("\n") == 1


def test_a_damaged_journal_is_begun_anew_and_says_so_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_down(tmp_path, Deed("person-added", "ann"))
    control_journal_path(tmp_path, 0).write_bytes(b"no database" * 1_000)
    write_down(tmp_path, Deed("person-removed", "ann"))
    alert, record = records(control_journal_path(tmp_path, 0))
    assert isinstance(alert, AlertRecord)
    assert alert.kind == "journal-begun-anew"
    assert isinstance(record, AccessRecord)
    assert capsys.readouterr().err == ""


def test_a_user_that_the_system_cannot_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    assert user_name() == "uid 4000000001"
