"""The small file that says how a gateway stands."""

from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.supervisor.standing import (
    STANDING_FILE,
    ConfigurationStanding,
    GatewayStanding,
    Refused,
    Roll,
    StandingFile,
    WorkerStanding,
    read_standing,
)

STANDING = GatewayStanding(
    pid=12,
    version="1",
    started_at=1.0,
    path="/etc/mainstay.yaml",
    address="127.0.0.1:8484",
    draining=False,
    drain_seconds=30.0,
    configuration=ConfigurationStanding("ab", 2.0, refused=Refused(3.0, "cd", ("models: missing",))),
    workers=(WorkerStanding(0, "serving", 13, "ab"),),
    roll=Roll(1, trouble="worker 1 did not become ready"),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_standing(tmp_path) is None
    StandingFile(tmp_path, pytest.fail).write(STANDING)
    assert read_standing(tmp_path) == STANDING


def test_it_is_written_only_when_it_has_changed(tmp_path: Path) -> None:
    file = StandingFile(tmp_path, pytest.fail)
    file.write(STANDING)
    (tmp_path / STANDING_FILE).unlink()
    file.write(STANDING)
    assert read_standing(tmp_path) is None
    file.write(msgspec.structs.replace(STANDING, draining=True))
    assert read_standing(tmp_path) is not None


def test_a_disk_in_trouble_is_told_once_until_it_is_well_again(tmp_path: Path) -> None:
    told: list[str] = []
    file = StandingFile(tmp_path, told.append)
    (tmp_path / "run").write_text("no folder")
    file.write(STANDING)
    file.write(STANDING)
    assert len(told) == 1
    (tmp_path / "run").unlink()
    file.write(STANDING)
    assert read_standing(tmp_path) == STANDING


@pytest.mark.parametrize("damage", [b"", b"{", b"[]"])
def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / STANDING_FILE
    path.parent.mkdir()
    path.write_bytes(damage)
    assert read_standing(tmp_path) is None
