from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.auth.trust_keeper import TrustKeeper
from mainstay.wire.trust.bundle import Trust
from tests.gateway.auth.scene import Operator, now_at_once
from tests.gateway.doubles import FakeClock
from tests.wire.trust.makers import first, renumbered, rotation


class Watch:
    """A keeper in virtual time. `late` holds back what it would write."""

    def __init__(self, state: Path, *, late: bool = False) -> None:
        self.clock = FakeClock()
        self.folder = TrustFolder(state)
        self.serials: list[int] = []
        self.reports: list[str] = []
        self.jobs: list[Callable[[], None]] = []
        run = self.jobs.append if late else now_at_once
        self.keeper = TrustKeeper(
            self.folder, self.reports.append, lambda trust: self.serials.append(trust.serial), run
        )
        self.keeper.start(self.clock)

    def tick(self) -> "Watch":
        self.clock.advance(1.0)
        return self

    @property
    def serial(self) -> int | None:
        return self.keeper.trust.serial if self.keeper.trust is not None else None

    @property
    def on_disk(self) -> int | None:
        found = self.folder.bundle()
        return found.serial if isinstance(found, Trust) else None


def pinned(state: Path, trust: Trust | None = None) -> TrustFolder:
    folder = TrustFolder(state)
    folder.write_bundle((trust or first()).text)
    return folder


def test_the_bundle_of_the_folder_is_trusted_from_the_start(tmp_path: Path) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)
    assert (watch.serial, watch.serials, watch.keeper.trouble) == (1, [1], None)


def test_the_first_bundle_may_come_later_by_the_disk(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert (watch.serial, watch.keeper.trouble) == (None, None)
    pinned(tmp_path)
    assert watch.tick().serial == 1


def test_a_changed_file_is_followed_within_a_second(tmp_path: Path) -> None:
    folder = pinned(tmp_path)
    watch = Watch(tmp_path)
    folder.write_bundle(rotation(first(), 2, 1).text)
    assert watch.serial == 1
    assert watch.tick().serial == 2
    assert watch.serials == [1, 2]


def test_a_file_that_stays_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)
    monkeypatch.setattr(TrustFolder, "bundle_text", lambda _: pytest.fail("read"))
    assert watch.tick().tick().serial == 1


@pytest.mark.parametrize("content", ["", "torn", first().text[:-5], first(2).text, renumbered(first(2), 9, by=2).text])
def test_a_file_that_does_not_descend_from_the_bundle_changes_nothing(tmp_path: Path, content: str) -> None:
    folder = pinned(tmp_path)
    watch = Watch(tmp_path)
    (folder.path / "trust.jws").write_text(content)
    assert watch.tick().tick().serial == 1
    assert watch.serials == [1]
    assert len(watch.reports) == 1
    assert watch.keeper.trouble is not None
    folder.write_bundle(rotation(first(), 2, 1).text)
    assert watch.tick().serial == 2
    assert watch.keeper.trouble is None


def test_an_older_file_changes_nothing(tmp_path: Path) -> None:
    folder = pinned(tmp_path, rotation(first(), 2, 1))
    watch = Watch(tmp_path)
    folder.write_bundle(first().text)
    assert watch.tick().serial == 2
    assert "older (serial 1)" in str(watch.keeper.trouble)


def test_a_file_that_is_gone_changes_nothing_and_is_told(tmp_path: Path) -> None:
    folder = pinned(tmp_path)
    watch = Watch(tmp_path)
    (folder.path / "trust.jws").unlink()
    assert watch.tick().serial == 1
    assert "gone" in str(watch.keeper.trouble)
    folder.write_bundle(first().text)
    assert watch.tick().serial == 1
    assert watch.keeper.trouble is None


def test_a_disk_that_fails_for_a_while_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)

    def broken(_: TrustFolder) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(TrustFolder, "stamp", broken)
        assert watch.tick().tick().serial == 1
        assert "Input/output error" in str(watch.keeper.trouble)
        assert len(watch.reports) == 1
    assert watch.tick().keeper.trouble is None
    assert watch.serials == [1]


@pytest.mark.parametrize("content", ["torn", None])
def test_at_the_start_the_last_good_copy_stands_in(tmp_path: Path, content: str | None) -> None:
    folder = pinned(tmp_path)
    folder.write_bundle(rotation(first(), 2, 1).text)
    path = folder.path / "trust.jws"
    path.unlink() if content is None else path.write_text(content)
    watch = Watch(tmp_path)
    assert watch.serial == 1
    assert "last good copy" in watch.reports[0]
    folder.write_bundle(rotation(first(), 2, 1).text)
    assert watch.tick().serial == 2
    assert watch.keeper.trouble is None


def test_at_the_start_without_any_good_copy_it_is_told(tmp_path: Path) -> None:
    folder = pinned(tmp_path)
    (folder.path / "trust.jws").write_text("torn")
    watch = Watch(tmp_path)
    assert watch.serial is None
    assert "cannot be verified" in watch.reports[0]


def test_an_offer_that_descends_is_taken_and_kept(tmp_path: Path) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)
    assert watch.keeper.offer(rotation(first(), 2, 1).text + "\n") is None
    assert (watch.serial, watch.on_disk, watch.serials) == (2, 2, [1, 2])
    assert watch.tick().serials == [1, 2]


def test_an_offer_of_what_is_known_is_no_news(tmp_path: Path) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)
    assert watch.keeper.offer(first().text) is None
    assert watch.serials == [1]


@pytest.mark.parametrize("offer", ["", "nonsense", first(2).text, renumbered(first(2), 9, by=2).text, "x" * 3_000_000])
def test_an_offer_of_strangers_is_refused(tmp_path: Path, offer: str) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)
    assert watch.keeper.offer(offer) is not None
    assert (watch.serial, watch.on_disk, watch.serials) == (1, 1, [1])


def test_nobody_can_plant_the_first_bundle(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert "pinned" in str(watch.keeper.offer(first().text))
    assert (watch.serial, watch.on_disk) == (None, None)


def test_an_offer_holds_at_once_even_if_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)

    def full(_: TrustFolder, __: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(TrustFolder, "write_bundle", full)
        assert watch.keeper.offer(rotation(first(), 2, 1).text) is None
        assert watch.tick().tick().serial == 2
        assert "No space left" in str(watch.keeper.trouble)
        assert len(watch.reports) == 1
    assert watch.tick().on_disk == 2
    assert watch.keeper.trouble is None


def test_a_slow_disk_is_written_once_at_a_time_and_with_the_latest(tmp_path: Path) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path, late=True)
    for serial in (2, 3, 4):
        watch.keeper.offer(renumbered(first(), serial).text)
    assert (len(watch.jobs), watch.on_disk) == (1, 1)
    watch.jobs.pop()()
    assert watch.on_disk == 4
    watch.tick()
    assert watch.jobs == []


def test_what_is_kept_late_does_not_undo_what_came_meanwhile(tmp_path: Path) -> None:
    folder = pinned(tmp_path)
    watch = Watch(tmp_path, late=True)
    watch.keeper.offer(renumbered(first(), 2).text)
    folder.write_bundle(renumbered(first(), 3).text)
    watch.jobs.pop()()
    assert watch.on_disk == 3
    assert watch.tick().serial == 3


def test_workers_who_share_the_folder_learn_from_one_another(tmp_path: Path) -> None:
    Operator(tmp_path).mint()
    one, other = Watch(tmp_path), Watch(tmp_path)
    text = Operator(tmp_path / "copy")
    text.folder.path.mkdir(parents=True)
    for path in one.folder.path.iterdir():
        (text.folder.path / path.name).write_bytes(path.read_bytes())
    assert one.keeper.offer(text.registrar.revoke_tenant("acme").text) is None
    assert other.tick().serial == 2


def test_a_closed_keeper_looks_no_more(tmp_path: Path) -> None:
    pinned(tmp_path)
    watch = Watch(tmp_path)
    watch.keeper.close()
    assert watch.clock.due == []


def test_a_folder_in_trouble_that_never_had_a_bundle_is_well_when_the_trouble_ends(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("in the way")
    watch = Watch(tmp_path)
    assert watch.tick().keeper.trouble is not None
    (tmp_path / "keys").unlink()
    assert watch.tick().keeper.trouble is None
    pinned(tmp_path)
    assert watch.tick().serial == 1


def test_a_torn_bundle_that_was_removed_is_not_forgotten(tmp_path: Path) -> None:
    path = TrustFolder(tmp_path).path / "trust.jws"
    path.parent.mkdir(parents=True)
    path.write_text("torn")
    watch = Watch(tmp_path)
    path.unlink()
    assert watch.tick().tick().keeper.trouble is not None
