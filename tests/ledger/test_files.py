import os
import subprocess
import sys
from pathlib import Path

import pytest

from mainstay.ledger.errors import DamagedStoreError, StateInUseError, StoreError
from mainstay.ledger.files import JournalFile, journal_path, journal_paths
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
