import stat
from pathlib import Path
from threading import Event, Thread

import pytest

from mainstay.gateway.auth.files import locked, read_file

PATIENCE_SECONDS = 20.0


def test_a_file_is_read_within_its_bound(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert read_file(tmp_path / "f", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_file(tmp_path / "f", 4)


def test_only_one_holds_a_lock_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "lock"
    entered, began = Event(), Event()

    def second() -> None:
        began.set()
        with locked(path):
            entered.set()

    thread = Thread(target=second)
    with locked(path):
        thread.start()
        assert began.wait(PATIENCE_SECONDS)
        assert not entered.is_set()
    assert entered.wait(PATIENCE_SECONDS)
    thread.join()


def test_a_lock_is_let_go_of_after_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(ValueError, match="boom"), locked(path):
        raise ValueError("boom")
    with locked(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list(Path("/proc/self/fd").iterdir())) == before
