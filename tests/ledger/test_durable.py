from pathlib import Path

import pytest

from mainstay.ledger.durable import write_durably
from mainstay.ledger.errors import StoreError


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    for content in (b"a long first content", b"short"):
        write_durably(path, content)
        assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["small.json"]


def test_what_a_dead_process_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    (tmp_path / "small.json.new").write_bytes(b"half of someth")
    write_durably(path, b"whole")
    assert path.read_bytes() == b"whole"


def test_a_secret_is_readable_by_its_owner_alone_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "secret.pem"
    write_durably(path, b"secret", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_failure_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "small.json"
    write_durably(path, b"older")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(StoreError, match=r"small\.json: No space left"):
        write_durably(path, b"newer")
    assert path.read_bytes() == b"older"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        write_durably(tmp_path / "missing" / "small.json", b"")
