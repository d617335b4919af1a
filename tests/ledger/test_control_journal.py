"""Control planes and commands on one state folder: each has a chain of its own, and a free one is taken up again."""

from pathlib import Path

import pytest

from mainstay.ledger.control_journal import CONTROL_JOURNALS_MAX, ControlJournalFile
from mainstay.ledger.errors import DamagedStoreError, StoreError
from mainstay.ledger.files import CONTROL_WORKER, control_journal_path, journal_paths
from mainstay.ledger.sqlite import RecordStore
from tests.ledger.conftest import alert


def noon() -> float:
    return 1_763_812_800.0


def control(state: Path) -> ControlJournalFile:
    return ControlJournalFile(state, noon, gateway="0123456789abcdef")


def write(store: RecordStore, *identities: str) -> None:
    with store:
        store.append([alert(identity) for identity in identities])


def test_the_first_has_the_plain_name_and_the_second_the_next_number(tmp_path: Path) -> None:
    acting, standby = control(tmp_path), control(tmp_path)
    write(acting.open(), "first")
    write(standby.open(), "second")
    assert acting.path == tmp_path / "journal-control.sqlite"
    assert standby.path == tmp_path / "journal-control-1.sqlite"
    assert journal_paths(tmp_path) == [standby.path, acting.path]


def test_their_chains_name_gateway_and_writer(tmp_path: Path) -> None:
    acting, standby = control(tmp_path), control(tmp_path)
    chains = []
    for number, file in enumerate((acting, standby)):
        with file.open() as store:
            store.append([alert()])
            chains.append(store.chain())
            assert store.chain().worker == CONTROL_WORKER + number
            assert store.chain().gateway == "0123456789abcdef"
    assert chains[0].id != chains[1].id


def test_a_file_that_was_let_go_of_is_taken_up_again_with_its_chain(tmp_path: Path) -> None:
    before = control(tmp_path)
    write(before.open(), "before")
    before.release()
    assert before.path is None
    after = control(tmp_path)
    with after.open() as store:
        assert after.path == tmp_path / "journal-control.sqlite"
        assert store.append([alert("after")]) == 2


def test_the_same_file_is_opened_again_though_a_lower_number_is_free_by_then(tmp_path: Path) -> None:
    acting, standby = control(tmp_path), control(tmp_path)
    acting.open().close()
    write(standby.open(), "mine")
    acting.release()
    with standby.open() as store:
        assert standby.path == tmp_path / "journal-control-1.sqlite"
        assert store.last_sequence() == 1


def test_more_than_can_be_is_trouble_and_passes(tmp_path: Path) -> None:
    files = [control(tmp_path) for _ in range(CONTROL_JOURNALS_MAX)]
    for file in files:
        file.open().close()
    late = control(tmp_path)
    with pytest.raises(StoreError, match="16 processes"):
        late.open()
    with pytest.raises(StoreError, match="no journal"):
        late.set_aside()
    assert late.take_remarks() == []
    late.release()
    files[7].release()
    late.open().close()
    assert late.path == control_journal_path(tmp_path, 7)


def test_a_file_of_a_newer_version_is_trouble_and_nothing_worse(tmp_path: Path) -> None:
    file = control(tmp_path)
    with file.open() as store:
        store.append([alert()])
        store._connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="newer"):
        file.open()
    assert file.path == tmp_path / "journal-control.sqlite"


def test_a_damaged_one_is_set_aside_and_its_chain_is_followed(tmp_path: Path) -> None:
    file = control(tmp_path)
    write(file.open(), "lost")
    path = tmp_path / "journal-control.sqlite"
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(DamagedStoreError):
        file.open()
    aside = file.set_aside()
    assert aside.name.startswith("journal-control.damaged-")
    with file.open() as store:
        store.append([alert("anew")])
        assert store.chain().follows_sequence == 1
        assert "begun" in str(file.take_remarks())


def test_a_damaged_one_stays_ours_until_a_new_one_is_begun(tmp_path: Path) -> None:
    path = control_journal_path(tmp_path, 0)
    path.write_bytes(b"no database" * 1_000)
    ours, theirs = control(tmp_path), control(tmp_path)
    with pytest.raises(DamagedStoreError):
        ours.open()
    theirs.open().close()
    assert theirs.path == control_journal_path(tmp_path, 1)
    ours.set_aside()
    ours.open().close()
    assert ours.path == path


def test_who_could_not_take_the_lock_looks_for_another_when_it_is_taken(tmp_path: Path) -> None:
    lock = tmp_path / "journal-control.lock"
    lock.mkdir()
    unlucky = control(tmp_path)
    with pytest.raises(StoreError):
        unlucky.open()
    lock.rmdir()
    lucky = control(tmp_path)
    lucky.open().close()
    unlucky.open().close()
    assert unlucky.path == tmp_path / "journal-control-1.sqlite"
