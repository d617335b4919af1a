import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.people.cookie_keys import (
    KEYS_MAX,
    OVERLAP_SECONDS,
    CookieKeys,
    Seal,
    key_path,
    replace_key,
)

START = 1_800_000_000.0


class Scene:
    """The keys of a state folder, and a clock."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.wall = START
        self.keys = CookieKeys(state, self.time)
        self.seal = Seal(self.keys)

    def time(self) -> float:
        return self.wall

    def rotate(self, *, overlap: bool = True) -> None:
        replace_key(self.state, self.wall, overlap=overlap)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_the_first_start_makes_a_key_for_us_alone(scene: Scene) -> None:
    assert stat.S_IMODE(key_path(scene.state).stat().st_mode) == 0o600
    assert len(scene.keys.secrets()) == 1
    assert scene.keys.trouble is None


def test_the_next_start_has_the_same_key(scene: Scene) -> None:
    assert Scene(scene.state).seal.unseal("a", scene.seal.seal("a", b"text")) == b"text"


def test_a_secret_is_never_shown(scene: Scene) -> None:
    shown = repr(scene.keys._file.value())
    assert "CookieKey(...)" in shown
    assert repr(scene.keys.secrets()[0]) not in shown


@given(st.binary(max_size=200))
def test_what_was_sealed_is_read_again(tmp_path_factory: pytest.TempPathFactory, payload: bytes) -> None:
    state = tmp_path_factory.getbasetemp() / "keys"
    scene = Scene(state)
    sealed = scene.seal.seal("a", payload)
    assert scene.seal.unseal("a", sealed) == payload
    assert scene.seal.unseal("b", sealed) is None
    assert all(character.isalnum() or character in "-_." for character in sealed)


def test_what_was_changed_is_not_ours(scene: Scene) -> None:
    sealed = scene.seal.seal("a", b"text")
    # The last character of a signature holds bits that mean nothing.
    for position in range(len(sealed) - 1):
        other = "B" if sealed[position] != "B" else "C"
        assert scene.seal.unseal("a", sealed[:position] + other + sealed[position + 1 :]) is None


@pytest.mark.parametrize("text", ["", ".", "a.b", "ä.ö", "a" * 10_000, "\0", "e30.", "..", "\ud800"])
def test_nonsense_is_not_ours(scene: Scene, text: str) -> None:
    assert scene.seal.unseal("a", text) is None
    assert not scene.seal.is_mark("a", "text", text)


def test_another_key_is_not_ours(scene: Scene, tmp_path: Path) -> None:
    other = Scene(tmp_path / "elsewhere")
    assert scene.seal.unseal("a", other.seal.seal("a", b"text")) is None
    assert not scene.seal.is_mark("a", "text", other.seal.mark("a", "text"))


def test_a_mark_is_for_one_purpose_and_one_text(scene: Scene) -> None:
    mark = scene.seal.mark("a", "text")
    assert scene.seal.is_mark("a", "text", mark)
    assert not scene.seal.is_mark("a", "other", mark)
    assert not scene.seal.is_mark("b", "text", mark)


def test_a_new_key_with_overlap_ends_nothing_before_its_time(scene: Scene) -> None:
    old = scene.seal.seal("a", b"text")
    mark = scene.seal.mark("a", "text")
    scene.rotate()
    assert scene.seal.unseal("a", old) == b"text"
    assert scene.seal.is_mark("a", "text", mark)
    new = scene.seal.seal("a", b"text")
    assert new != old
    scene.wall += OVERLAP_SECONDS
    assert scene.seal.unseal("a", old) is None
    assert scene.seal.unseal("a", new) == b"text"


def test_a_new_key_without_overlap_ends_everything_at_once(scene: Scene) -> None:
    old = scene.seal.seal("a", b"text")
    scene.rotate(overlap=False)
    assert scene.seal.unseal("a", old) is None
    assert scene.seal.unseal("a", scene.seal.seal("a", b"new")) == b"new"


def test_keys_are_bounded(scene: Scene) -> None:
    for _ in range(20):
        scene.rotate()
    assert len(scene.keys.secrets()) == KEYS_MAX


def test_a_damaged_file_leaves_the_keys_that_were_known(scene: Scene) -> None:
    sealed = scene.seal.seal("a", b"text")
    key_path(scene.state).write_bytes(b"{}")
    assert scene.seal.unseal("a", sealed) == b"text"
    assert "damaged" in str(scene.keys.trouble)
    with pytest.raises(ValueError, match="not a file of cookie keys"):
        scene.rotate()
    scene.rotate(overlap=False)
    assert scene.keys.secrets()
    assert scene.keys.trouble is None


def test_a_file_that_is_damaged_at_the_start_stops_nothing(tmp_path: Path) -> None:
    key_path(tmp_path).parent.mkdir()
    key_path(tmp_path).write_bytes(b"nonsense")
    scene = Scene(tmp_path)
    assert scene.seal.unseal("a", scene.seal.seal("a", b"text")) == b"text"
    assert "damaged" in str(scene.keys.trouble)
    assert key_path(tmp_path).read_bytes() == b"nonsense"


def test_a_full_disk_stops_nothing_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    scene = Scene(tmp_path)
    assert scene.seal.unseal("a", scene.seal.seal("a", b"text")) == b"text"
    assert "No space left" in str(scene.keys.trouble)
    assert "sessions end when this process does" in str(scene.keys.trouble)
