"""Versions of the configuration, with real files and a source that reads them."""

import os
from pathlib import Path

import pytest

from mainstay.config.load import Loaded, load, load_text
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.versions import Version, Versions

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


class FileSource:
    """A configuration file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return str(self.path or "environment")

    def load_text(self, text: bytes) -> Loaded:
        assert self.path is not None
        return load_text(text, self.path.parent, {})


class Rig:
    """One process after another on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "mainstay.yaml"
        self.archive = Archive(folder / "mainstay-data")
        self.told: list[str] = []
        self.now = 1_000.0
        self.write()
        self.start()

    def write(self, model: str = "first", more: str = "") -> None:
        self.now += 1
        self.path.write_text(YAML.replace("first", model) + more)

    def start(self) -> Version:
        source = FileSource(self.path)
        loaded = load(self.path, {})
        self.versions = Versions(source, loaded, self.archive, wall=lambda: self.now, report=self.told.append)
        return self.versions.begin()

    @property
    def models(self) -> tuple[str, ...]:
        return self.versions.running.snapshot.model_names

    def reload(self, model: str) -> Version | None:
        self.write(model)
        return self.versions.reload()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_the_first_version_is_the_files_and_is_kept(rig: Rig) -> None:
    running = rig.versions.running
    assert running.text == rig.path.read_bytes()
    assert rig.archive.versions() == [running.sha256]
    assert rig.versions.standing.sha256 == running.sha256


def test_a_good_file_is_accepted_kept_and_told(rig: Rig) -> None:
    version = rig.reload("second")
    assert version is not None
    assert rig.models == ("second",)
    assert version.text == rig.path.read_bytes()
    assert rig.archive.versions()[-1] == version.sha256
    assert rig.told == [f"reload: {rig.path} accepted"]
    assert rig.versions.standing.accepted_at == rig.now


def test_a_bad_file_changes_nothing_and_every_mistake_is_told(rig: Rig) -> None:
    rig.write(more="modls: {}\ngateway: {wrokers: 2}\n")
    assert rig.versions.reload() is None
    assert rig.models == ("first",)
    refused = rig.versions.standing.refused
    assert refused is not None
    assert [one.split(":")[0] for one in refused.mistakes] == ["modls", "gateway.wrokers"]
    assert rig.told[-1] == "reload: the file has mistakes, nothing was changed"
    assert len(rig.archive.versions()) == 1
    rig.reload("second")
    assert rig.versions.standing.refused is None


def test_a_file_that_is_gone_changes_nothing(rig: Rig) -> None:
    rig.path.unlink()
    assert rig.versions.reload() is None
    assert rig.models == ("first",)
    assert "the file cannot be read" in rig.told[0]


def test_what_a_running_gateway_cannot_follow_is_said(rig: Rig) -> None:
    rig.write(more="gateway: {listen: '127.0.0.1:9999', workers: 3}\nstate: elsewhere\ndrafts: 'off'\n")
    rig.versions.reload()
    last = "reload: gateway.listen, gateway.workers, state, drafts stay as they were until the gateway is started again"
    assert rig.told[-1] == last
    (rig.folder / "seal").write_text("x" * 40)
    rig.write(
        more="control: {url: 'https://ops.example'}\ndrafts: {key: 'file:seal'}\njournal: {keep_seconds: 1}\n"
        "store: file:seal\nshared: file:seal\n"
    )
    rig.versions.reload()
    words = "control, drafts, journal, store, shared stay as they were until the gateway is started again"
    assert rig.told[-1] == f"reload: {words}"


# -- the file changes by itself


def test_a_changed_file_is_loaded_when_it_has_been_still_for_one_look(rig: Rig) -> None:
    assert rig.versions.look() is None
    rig.write("second")
    assert rig.versions.look() is None
    assert rig.models == ("first",)
    assert rig.versions.look() is not None
    assert rig.models == ("second",)
    assert rig.versions.look() is None


def test_a_file_that_is_still_being_written_is_left_alone(rig: Rig) -> None:
    for number in range(5):
        rig.write("second", more=f"# {'x' * number}\n")
        assert rig.versions.look() is None
    assert rig.versions.look() is not None


def test_a_file_that_is_only_touched_is_not_loaded(rig: Rig) -> None:
    text = rig.path.read_text()
    rig.path.unlink()
    rig.path.write_text(text)
    assert [rig.versions.look() for _ in range(3)] == [None] * 3
    assert rig.told == []


def test_a_bad_file_is_refused_once(rig: Rig) -> None:
    rig.write(more="modls: {}\n")
    for _ in range(5):
        rig.versions.look()
    assert rig.told.count("reload: the file has mistakes, nothing was changed") == 1


def test_a_file_that_is_being_replaced_is_waited_for(rig: Rig) -> None:
    rig.path.unlink()
    assert [rig.versions.look() for _ in range(3)] == [None] * 3
    assert rig.told == []


# -- going back


def test_one_step_goes_back_and_another_one_further(rig: Rig) -> None:
    rig.reload("second")
    rig.reload("third")
    assert rig.versions.roll_back() is not None
    assert rig.models == ("second",)
    assert rig.versions.standing.rolled_back
    assert rig.versions.roll_back() is not None
    assert rig.models == ("first",)
    assert rig.versions.roll_back() is None
    assert rig.told[-1] == "rollback: no version was accepted before this one"
    assert rig.models == ("first",)


def test_going_back_outlives_a_restart_as_long_as_the_file_stays(rig: Rig) -> None:
    rig.reload("second")
    rig.versions.roll_back()
    version = rig.start()
    assert (rig.models, version.rolled_back) == (("first",), True)
    assert version.text == YAML.encode()
    assert "`mainstay route reload` ends that" in rig.told[-1]
    rig.write("third")
    version = rig.start()
    assert (rig.models, version.rolled_back) == (("third",), False)


def test_a_changed_file_ends_it(rig: Rig) -> None:
    rig.reload("second")
    rig.versions.roll_back()
    rig.versions.look()
    assert rig.models == ("first",), "the file is the one that was gone back from"
    rig.write("third")
    rig.versions.look()
    rig.versions.look()
    assert rig.models == ("third",)
    assert rig.start().rolled_back is False
    assert rig.models == ("third",)


def test_loading_the_same_file_again_ends_it(rig: Rig) -> None:
    rig.reload("second")
    rig.versions.roll_back()
    assert rig.versions.reload() is not None
    assert rig.models == ("second",)
    rig.start()
    assert rig.models == ("second",)
    assert rig.versions.roll_back() is not None
    assert rig.models == ("first",)


def test_a_version_that_has_rotted_is_not_gone_back_to(rig: Rig) -> None:
    first = rig.versions.running.sha256
    rig.reload("second")
    path = rig.folder / "mainstay-data" / "configurations" / f"{first}.yaml"
    instant = path.stat().st_mtime_ns
    path.write_text("models: {}")
    os.utime(path, ns=(instant, instant))
    assert rig.versions.roll_back() is None
    assert rig.models == ("second",)
    assert "not kept any more" in rig.told[-1]


def test_a_rotten_pin_gives_way_to_the_file(rig: Rig) -> None:
    first = rig.versions.running.sha256
    rig.reload("second")
    rig.versions.roll_back()
    (rig.folder / "mainstay-data" / "configurations" / f"{first}.yaml").unlink()
    rig.start()
    assert rig.models == ("second",)


def test_a_version_that_has_mistakes_by_now_is_not_gone_back_to(rig: Rig) -> None:
    (rig.folder / "key").write_text("secret")
    rig.write(more='store: "file:key"\n')
    assert rig.versions.reload() is not None
    rig.reload("third")
    (rig.folder / "key").unlink()
    assert rig.versions.roll_back() is None
    assert rig.models == ("third",)
    assert any("has mistakes by now, nothing was changed" in line for line in rig.told)


# -- trouble


def test_a_disk_in_trouble_is_told_and_nothing_else_suffers(rig: Rig) -> None:
    folder = rig.folder / "mainstay-data"
    for one in (folder / "configurations").iterdir():
        one.unlink()
    (folder / "configurations").rmdir()
    (folder / "configurations").write_text("no folder")
    assert rig.reload("second") is not None
    assert rig.models == ("second",)
    assert any("the disk is in trouble" in line for line in rig.told)
    assert rig.versions.roll_back() is None


def test_a_file_that_changes_between_being_read_and_being_kept_is_taken_as_it_is(rig: Rig) -> None:
    loaded = load(rig.path, {})
    rig.write("second")
    versions = Versions(FileSource(rig.path), loaded, rig.archive, wall=lambda: 0.0, report=rig.told.append)
    assert versions.begin().snapshot.model_names == ("second",)


def test_one_that_has_become_bad_by_then_is_looked_at_again_later(rig: Rig) -> None:
    loaded = load(rig.path, {})
    rig.write(more="modls: {}\n")
    versions = Versions(FileSource(rig.path), loaded, rig.archive, wall=lambda: 0.0, report=rig.told.append)
    assert versions.begin().snapshot.model_names == ("first",)
    versions.look()
    versions.look()
    assert versions.standing.refused is not None


def test_without_a_file_there_is_nothing_to_load_or_to_go_back_to(rig: Rig) -> None:
    loaded = load(rig.path, {})
    versions = Versions(FileSource(None), loaded, rig.archive, wall=lambda: 0.0, report=rig.told.append)
    before = versions.begin()
    assert (versions.reload(), versions.look(), versions.roll_back()) == (None, None, None)
    assert versions.running is before
    assert all("comes from the environment" in line for line in rig.told)


def test_a_configuration_with_mistakes_does_not_begin(rig: Rig) -> None:
    with pytest.raises(ValueError, match="cannot run"):
        Versions(FileSource(rig.path), Loaded(None, ()), rig.archive, wall=lambda: 0.0, report=rig.told.append)


def test_a_version_that_cannot_be_kept_is_kept_once_the_disk_allows_it(rig: Rig) -> None:
    way = rig.folder / "mainstay-data" / "configurations"
    for one in way.iterdir():
        one.unlink()
    way.rmdir()
    way.write_text("in the way")
    rig.start()
    assert rig.versions.standing.disk_trouble.startswith("configuration: the disk is in trouble")
    before = len(rig.told)
    assert rig.versions.look() is None
    assert len(rig.told) == before, "the same trouble is told once"
    way.unlink()
    rig.versions.look()
    assert rig.versions.standing.disk_trouble == ""
    assert rig.archive.versions() == [rig.versions.running.sha256]


def test_a_version_that_an_operator_went_back_to_and_that_is_gone_is_said_until_a_reload(rig: Rig) -> None:
    first = rig.versions.running.sha256
    rig.reload("second")
    rig.versions.roll_back()
    (rig.folder / "mainstay-data" / "configurations" / f"{first}.yaml").unlink()
    rig.start()
    assert rig.models == ("second",)
    assert first[:12] in rig.versions.standing.disk_trouble
    rig.versions.reload()
    assert rig.versions.standing.disk_trouble == ""
