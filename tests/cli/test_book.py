"""The book for a command."""

from pathlib import Path

import pytest
import typer

from mainstay.cli.book import opened_book
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.sqlite import FILE

STORE = """
store: env:MAINSTAY_STORE
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:9001"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


def test_the_book_of_a_state_folder(tmp_path: Path) -> None:
    with opened_book(None, tmp_path) as book:
        assert book.read("incident/INC-1") == []
    assert (tmp_path / FILE).is_file()


def test_where_there_is_no_store_nothing_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), opened_book(None, tmp_path, read_only=True) as book:
        book.read("incident/INC-1")
    assert "there is no store yet" in capsys.readouterr().err


def test_no_other_store_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MAINSTAY_STORE", raising=False)
    (tmp_path / "mainstay.yaml").write_text(STORE)
    with pytest.raises(typer.Exit), opened_book(tmp_path / "mainstay.yaml", None):
        pass
    assert "gives nothing here; set it" in capsys.readouterr().err


def test_what_a_store_refuses_ends_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), opened_book(None, tmp_path):
        raise StoreError("the disk is full")
    assert capsys.readouterr().err == "the disk is full\n"
