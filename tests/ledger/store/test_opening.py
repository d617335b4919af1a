from pathlib import Path

import pytest

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.ledger.store.opening import open_store


def test_without_an_address_the_store_is_a_file_in_the_state_folder(tmp_path: Path) -> None:
    state = tmp_path / "a" / "state"
    store = open_store(None, state)
    assert store.name == str(state / "ledger.sqlite")
    store.close()


def test_who_only_reads_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingStoreError, match="the control plane makes it"):
        open_store(None, tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        open_store(None, tmp_path / "file" / "state")


def test_an_address_leads_to_postgresql(postgres: str, tmp_path: Path) -> None:
    store = open_store(postgres, tmp_path)
    assert store.name.startswith("PostgreSQL mainstay@127.0.0.1:")
    assert list(tmp_path.iterdir()) == []
    store.close()
