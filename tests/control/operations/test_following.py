"""The control plane follows its configuration."""

from pathlib import Path

import pytest

from mainstay.config.load import load
from mainstay.control.operations.following import Following

GOOD = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:2"}}
models: {first: {candidates: [{upstream: alpha}]}}
include: [more/*.yaml]
"""


class Stand:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "mainstay.yaml"
        self.more = folder / "more"
        self.more.mkdir()
        self.path.write_text(GOOD)
        self.said: list[str] = []
        first = load(self.path, {}).snapshot
        assert first is not None
        self.following = Following(first, self.path, lambda: load(self.path, {}), self.said.append)

    def look_twice(self) -> bool:
        return self.following.look() or self.following.look()

    @property
    def error_percent(self) -> float:
        return self.following.snapshot().detection.error_percent


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_a_file_that_stays_as_it_is_is_not_read_again(stand: Stand) -> None:
    assert not stand.look_twice()
    assert stand.said == []


def test_a_changed_file_is_taken_once_it_is_still(stand: Stand) -> None:
    stand.path.write_text(f"{GOOD}\ndetection: {{error_percent: 33}}")
    assert not stand.following.look()
    assert stand.error_percent == 20
    assert stand.following.look()
    assert stand.error_percent == 33
    assert not stand.look_twice()


def test_an_included_file_is_followed_too(stand: Stand) -> None:
    (stand.more / "a.yaml").write_text("detection: {error_percent: 44}")
    assert stand.look_twice()
    assert stand.error_percent == 44
    (stand.more / "a.yaml").unlink()
    assert stand.look_twice()
    assert stand.error_percent == 20


def test_a_bad_file_changes_nothing_and_is_told(stand: Stand) -> None:
    stand.path.write_text(f"{GOOD}\ndetection: {{error_percent: many}}")
    assert not stand.look_twice()
    assert stand.error_percent == 20
    assert "detection.error_percent" in (stand.following.trouble or "")
    stand.path.write_text(f"{GOOD}\ndetection: {{error_percent: 34}}")
    assert stand.look_twice()
    assert stand.following.trouble is None
    assert len(stand.said) == 2


def test_another_state_folder_needs_a_new_start(stand: Stand) -> None:
    stand.path.write_text(f"{GOOD}\nstate: ./elsewhere")
    assert not stand.look_twice()
    assert "start the control plane anew" in (stand.following.trouble or "")


def test_without_a_file_there_is_nothing_to_follow(stand: Stand) -> None:
    following = Following(stand.following.snapshot(), None, lambda: load(stand.path, {}), stand.said.append)
    assert not following.look()
    assert not following.look()
