"""Accepted versions on disk."""

import hashlib
from pathlib import Path

import pytest

from mainstay.gateway.supervisor.archive import PIN_FILE, VERSIONS_MAX, Archive, Pin

WALL = 1_700_000_000.0


def keep(archive: Archive, text: bytes, wall: float = WALL) -> str:
    sha256 = hashlib.sha256(text).hexdigest()
    archive.keep(sha256, text, wall)
    return sha256


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert (archive.versions(), archive.before("a"), archive.read("a"), archive.pinned()) == ([], None, None, None)


def test_versions_stand_in_the_order_of_their_acceptance_whatever_the_clock_does(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    names = [keep(archive, text, wall) for text, wall in ((b"a", WALL), (b"b", WALL - 9_999), (b"c", WALL - 5))]
    assert archive.versions() == names
    assert archive.before(names[2]) == names[1]
    assert archive.before(names[0]) is None
    assert archive.before("unknown") == names[2]


def test_one_that_is_accepted_again_is_the_newest(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = keep(archive, b"a"), keep(archive, b"b")
    keep(archive, b"a")
    assert archive.versions() == [second, first]
    assert archive.before(first) == second


def test_only_the_last_few_are_kept_and_for_us_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    names = [keep(archive, str(number).encode()) for number in range(VERSIONS_MAX + 5)]
    assert archive.versions() == names[5:]
    files = list((tmp_path / "configurations").iterdir())
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}


def test_bytes_that_are_not_what_they_were_are_not_given(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    name = keep(archive, b"models: {}")
    assert archive.read(name) == b"models: {}"
    (tmp_path / "configurations" / f"{name}.yaml").write_bytes(b"models: []")
    assert archive.read(name) is None


def test_a_pin_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    pin = Pin("a" * 64, instead_of="b" * 64)
    archive.pin(pin)
    assert archive.pinned() == pin
    archive.unpin()
    archive.unpin()
    assert archive.pinned() is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"sha256": 1, "instead_of": ""}'])
def test_a_pin_that_cannot_be_read_is_none(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / PIN_FILE
    path.parent.mkdir()
    path.write_bytes(damage)
    assert Archive(tmp_path).pinned() is None
