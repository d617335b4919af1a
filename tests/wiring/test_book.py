"""The book on a real store."""

from pathlib import Path

import pytest

from mainstay.control.book import StaleError
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.incident import Acknowledged
from mainstay.model.records import IncidentRecord, Record
from mainstay.wiring import book as book_module
from mainstay.wiring.book import command_book, open_book

RECORD = IncidentRecord("r1", 1_000.0, "INC-1", 1, "ann", Acknowledged())


def test_what_is_written_is_in_the_store_and_in_the_journal(tmp_path: Path) -> None:
    told: list[str] = []
    book = command_book(None, tmp_path, told.append)
    book.append("incident/INC-1", 1, RECORD)
    with pytest.raises(StaleError):
        book.append("incident/INC-1", 1, IncidentRecord("r2", 1_000.0, "INC-1", 1, "bob", Acknowledged()))
    book.close()
    with RecordReader(control_journal_path(tmp_path, 0)) as reader:
        assert [row.record() for row in reader.tail(9, "incident")] == [RECORD]
    again = open_book(None, tmp_path, lambda _record: None, read_only=True)
    assert [entry.record for entry in again.read("incident/INC-1")] == [RECORD]
    again.close()
    assert told == []


def test_a_journal_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(book_module, "write_records", lambda _state, _records: "the disk is full")
    book = command_book(None, tmp_path, told.append)
    book.append("incident/INC-1", 1, RECORD)
    assert told == ["done, but it is not written down in the journal: the disk is full"]
    assert len(book.read("incident/INC-1")) == 1
    book.close()


def test_what_is_only_read_is_not_made(tmp_path: Path) -> None:
    written: list[Record] = []
    book = open_book(None, tmp_path / "state", written.append, read_only=True)
    with pytest.raises(LedgerError):
        book.read("incident/INC-1")
    assert not (tmp_path / "state").exists()
