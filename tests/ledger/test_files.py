import os
import subprocess
import sys
from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.errors import DamagedStoreError, StateInUseError, StoreError
from mainstay.ledger.examination import BEGUN_ANEW_ALERT, HEAD_ALERT, UNSIGNED_ALERT
from mainstay.ledger.files import (
    CONTROL_WORKER,
    JournalFile,
    control_journal_path,
    journal_path,
    journal_paths,
    lost_head_paths,
    set_aside_paths,
    worker_of,
)
from mainstay.ledger.head import head_path, read_head
from mainstay.ledger.sqlite import RecordStore
from tests.ledger.conftest import attempt

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from mainstay.ledger.files import JournalFile
JournalFile(Path(sys.argv[1]), lambda: 0.0).open()
print("held", flush=True)
sys.stdin.read()
"""


def noon() -> float:
    return 1_763_812_800.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(tmp_path / "state", 0)


def test_each_worker_has_its_own_file_and_all_are_found(tmp_path: Path) -> None:
    for worker in (1, 0):
        journal_path(tmp_path, worker).touch()
    (tmp_path / "journal-0.sqlite-wal").touch()
    (tmp_path / "journal-0.lock").touch()
    assert [path.name for path in journal_paths(tmp_path)] == ["journal-0.sqlite", "journal-1.sqlite"]
    assert journal_paths(tmp_path / "missing") == []


def test_who_writes_is_told_by_the_name(tmp_path: Path) -> None:
    assert [worker_of(journal_path(tmp_path, number)) for number in (0, 12)] == [0, 12]
    controls = [control_journal_path(tmp_path, number) for number in (0, 1, 15)]
    assert [worker_of(path) - CONTROL_WORKER for path in controls] == [0, 1, 15]
    assert worker_of(tmp_path / "ledger.sqlite") == 0


def test_what_was_set_aside_is_found_whoever_wrote_it(tmp_path: Path) -> None:
    names = {"journal-0.damaged-20260302T100000", "journal-control.damaged-20260302T100000-1"}
    names.add("journal-control-3.damaged-20260302T100000")
    for name in (*names, "journal-control.damaged-20260302T100000.head", "journal-other.damaged-20260302T100000"):
        (tmp_path / name).touch()
    assert {path.name for path in set_aside_paths(tmp_path)} == names


def test_opening_makes_folder_and_file(path: Path) -> None:
    files = JournalFile(path, noon)
    with files.open() as store:
        store.append([attempt()])
    files.release()
    assert path.exists()


def test_a_second_process_is_refused_and_told_who_holds_the_folder(path: Path) -> None:
    ours, theirs = JournalFile(path, noon), JournalFile(path, noon)
    ours.open().close()
    with pytest.raises(StateInUseError, match=rf"{path.parent}.*in use by process {os.getpid()}\b"):
        theirs.open()
    ours.release()
    theirs.open().close()
    theirs.release()


def test_the_lock_stays_ours_between_two_openings(path: Path) -> None:
    ours, theirs = JournalFile(path, noon), JournalFile(path, noon)
    ours.open().close()
    ours.open().close()
    with pytest.raises(StateInUseError):
        theirs.open()
    ours.release()


def test_other_workers_are_not_locked_out(tmp_path: Path) -> None:
    first, second = (JournalFile(journal_path(tmp_path, worker), noon) for worker in (0, 1))
    first.open().close()
    second.open().close()
    first.release()
    second.release()


def test_the_lock_of_a_killed_process_is_free(path: Path) -> None:
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(path)]
    ours = JournalFile(path, noon)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StateInUseError, match=f"process {holder.pid}"):
            ours.open()
        holder.kill()
    ours.open().close()
    ours.release()


def test_release_is_harmless_without_a_lock(path: Path) -> None:
    files = JournalFile(path, noon)
    files.release()
    files.release()


def test_a_damaged_file_is_kept_aside_with_its_companions_and_a_new_one_begins(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"broken" * 1_000)
    files = JournalFile(path, noon)
    with pytest.raises(DamagedStoreError):
        files.open()
    for companion in ("-wal", "-shm"):
        Path(f"{path}{companion}").write_bytes(b"broken" * 1_000)
    aside = files.set_aside()
    assert aside.name == "journal-0.damaged-20251122T120000"
    for companion in ("", "-wal", "-shm"):
        assert Path(f"{aside}{companion}").read_bytes() == b"broken" * 1_000
    with files.open() as store:
        assert store.count() == 0
    files.release()
    assert journal_paths(path.parent) == [path]


def test_two_damaged_files_of_one_second_do_not_overwrite_each_other(path: Path) -> None:
    path.parent.mkdir()
    files = JournalFile(path, noon)
    names = set()
    for content in (b"first", b"second", b"third"):
        path.write_bytes(content)
        names.add(files.set_aside())
    assert {name.read_bytes() for name in names} == {b"first", b"second", b"third"}


def test_a_folder_that_cannot_be_made_is_an_error_that_passes(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands in the way")
    with pytest.raises(StoreError, match="state"):
        JournalFile(journal_path(tmp_path / "state", 0), noon).open()


def test_a_file_that_cannot_be_moved_is_an_error_that_passes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: str) -> Path:
        raise PermissionError(13, "Permission denied")

    path.parent.mkdir()
    path.touch()
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match="cannot be moved aside: Permission denied"):
        JournalFile(path, noon).set_aside()


def written(files: JournalFile, count: int = 3) -> RecordStore:
    """The store after so many records, closed."""
    with files.open() as store:
        store.append([attempt(number) for number in range(count)])
    return store


def head_of(path: Path) -> Anchor | None:
    head = read_head(head_path(path), read_public_keys(checkpoint_keys_folder(path.parent)))
    return None if head is None else Anchor(head.sequence, bytes.fromhex(head.digest))


def test_a_chain_knows_gateway_worker_and_beginning(tmp_path: Path) -> None:
    files = JournalFile(journal_path(tmp_path, 3), noon, gateway="00ff")
    with files.open() as store:
        chain = store.chain()
    assert (chain.gateway, chain.worker, chain.begun_at, chain.follows) == ("00ff", 3, noon(), "")
    files.release()


@pytest.mark.parametrize(("name", "worker"), [("journal-12.sqlite", 12), ("journal-1.damaged-1", 1), ("other", 0)])
def test_the_name_of_a_file_tells_its_worker(name: str, worker: int) -> None:
    assert worker_of(Path(name)) == worker


def test_the_head_follows_every_commit(path: Path) -> None:
    files = JournalFile(path, noon)
    with files.open() as store:
        assert head_of(path) == store.anchor()
        for _ in range(3):
            store.append([attempt()])
            assert head_of(path) == store.end()
    assert files.take_remarks() == []
    files.open().close()
    assert files.take_remarks() == []
    files.release()


def test_a_chain_that_follows_a_damaged_one_says_which(path: Path) -> None:
    files = JournalFile(path, noon)
    written(files)
    last = head_of(path)
    assert last is not None
    path.write_bytes(b"broken" * 1_000)
    with pytest.raises(DamagedStoreError):
        files.open()
    aside = files.set_aside()
    assert head_of(aside) == last
    with files.open() as store:
        chain = store.chain()
    assert (chain.follows_sequence, chain.follows_digest) == (3, last.digest)
    (remark,) = files.take_remarks()
    assert remark.kind == BEGUN_ANEW_ALERT
    assert remark.message == f"follows the chain {chain.follows}, of which 3 records are known"
    assert set_aside_paths(path.parent) == [aside]
    assert lost_head_paths(path.parent) == []
    files.release()


def test_a_journal_that_is_gone_is_followed_and_its_head_is_kept(path: Path) -> None:
    files = JournalFile(path, noon)
    written(files)
    gone = head_of(path)
    for companion in ("", "-wal", "-shm"):
        Path(f"{path}{companion}").unlink(missing_ok=True)
    with files.open() as store:
        chain = store.chain()
    assert chain.follows_sequence == 3
    (lost,) = lost_head_paths(path.parent)
    assert head_of(lost.with_suffix("")) == gone
    assert files.take_remarks()[0].kind == BEGUN_ANEW_ALERT
    files.release()


def test_an_empty_file_counts_as_gone(path: Path) -> None:
    files = JournalFile(path, noon)
    written(files)
    path.write_bytes(b"")
    Path(f"{path}-wal").unlink(missing_ok=True)
    files.open().close()
    assert len(lost_head_paths(path.parent)) == 1
    files.release()


def test_a_journal_that_lost_its_last_records_is_damaged(path: Path) -> None:
    files = JournalFile(path, noon)
    with files.open() as store:
        store.append([attempt(1)])
        store.append([attempt(2)])
        store._connection.execute("DELETE FROM segment WHERE first_sequence = 2")
        store._end = None
    with pytest.raises(DamagedStoreError, match="records 2 to 2 are missing, which the head knows"):
        files.open()
    files.release()


@pytest.mark.parametrize("content", [None, b"no head", b""])
def test_a_head_that_cannot_tell_is_remarked_and_no_obstacle(path: Path, content: bytes | None) -> None:
    files = JournalFile(path, noon)
    written(files)
    if content is None:
        head_path(path).unlink()
    else:
        head_path(path).write_bytes(content)
    written(files)
    (remark,) = files.take_remarks()
    assert remark.kind == HEAD_ALERT
    assert "journal-0.sqlite cannot tell whether records are gone" in remark.message
    assert head_of(path) is not None
    files.release()


def test_without_a_key_records_are_written_all_the_same(path: Path) -> None:
    keys = checkpoint_keys_folder(path.parent)
    keys.parent.mkdir(parents=True)
    keys.write_text("a file stands in the way")
    files = JournalFile(path, noon)
    assert written(files).witness is None
    assert UNSIGNED_ALERT in {remark.kind for remark in files.take_remarks()}
    keys.unlink()
    assert written(files).witness is not None
    files.release()


def test_a_process_that_died_between_setting_aside_and_beginning_anew_leaves_the_link(path: Path) -> None:
    files = JournalFile(path, noon)
    written(files)
    files.set_aside()
    files.release()
    after = JournalFile(path, noon)
    with after.open() as store:
        assert store.chain().follows_sequence == 3
    assert lost_head_paths(path.parent) == []
    after.release()


def test_files_that_only_look_like_set_aside_ones_are_left_out(path: Path) -> None:
    path.parent.mkdir()
    for name in ("journal-0.damaged-1", "journal-0.damaged-20251122T120000-2"):
        (path.parent / name).touch()
    for name in ("journal-0.damaged-1.head", "journal-0.damaged-1-wal", "journal-x.damaged-1"):
        (path.parent / name).touch()
    names = [one.name for one in set_aside_paths(path.parent)]
    assert names == ["journal-0.damaged-1", "journal-0.damaged-20251122T120000-2"]
