import errno
import os
from pathlib import Path

import pytest

from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import DELIVERED, ENDED, OPENING, Ended, Entry, Missing, Reason, encode
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.places import draft_path, is_exchange_id
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.seal import STATE_AT, STATE_ENDED, STATE_OPEN
from mainstay.gateway.drafts.shelf import Shelf
from tests.gateway.drafts.conftest import KEY, FussyDisk, event, opening

END: Entry = (ENDED, encode(Ended("answered", 2_000.0)))
KEEP_SECONDS = 100.0


class Room:
    """A shelf on a folder, and drafts of about 1,000 bytes."""

    def __init__(self, folder: Path, bytes_max: int = 10_000) -> None:
        self.folder = folder
        self.disk = FussyDisk()
        self.told: list[str] = []
        self.now = 2_000.0
        self.limits = DraftLimits(keep_seconds=KEEP_SECONDS, bytes_max=bytes_max)
        self.shelf = self.begin()

    def begin(self, key: bytes = KEY) -> Shelf:
        self.shelf = Shelf(self.folder, self.limits, disk=self.disk, wall=lambda: self.now, report=self.told.append)
        self.shelf.scan(key)
        return self.shelf

    def put(self, name: str, *, durable: bool = False, ended: bool = True, sync: bool = False) -> DraftFile:
        file = DraftFile(name, draft_path(self.folder, name), durable=durable)
        entries = [(OPENING, encode(opening(name, durable=durable, at=self.now, body=b"x" * 400)))]
        self.shelf.append(file, [*entries, END] if ended else entries, sync=sync)
        return file

    def has(self, name: str) -> bool:
        return isinstance(self.shelf.load(name), Kept)

    @property
    def trouble(self) -> str:
        return self.shelf.trouble or ""

    def told_trouble(self, text: str) -> bool:
        return text in self.trouble

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("??/*.draft"))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "drafts")


@pytest.mark.parametrize("text", ["", "..", "a/b", "ex 1", "x" * 129, "ex_é", "ex_1\n"])
def test_no_path_is_an_exchange_id(text: str, room: Room) -> None:
    assert not is_exchange_id(text)
    assert room.shelf.load(text) == Missing(Reason.UNKNOWN)


def test_what_was_appended_is_loaded(room: Room) -> None:
    file = room.put("ex_1", ended=False)
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    room.shelf.append(file, [(DELIVERED, event(1)), END], sync=False)
    kept = room.shelf.load("ex_1")
    assert isinstance(kept, Kept)
    assert (kept.data, kept.complete) == (event(0) + event(1), True)
    assert room.shelf.index.bytes_kept == file.path.stat().st_size
    assert room.disk.read(file.path, STATE_AT, 1) == STATE_ENDED
    assert room.shelf.read(file, len(event(0))) == event(1)
    assert room.shelf.load("ex_2") == Missing(Reason.UNKNOWN)


def test_durable_work_is_synced_at_once_and_what_it_delivers_soon(room: Room) -> None:
    file = room.put("ex_1", durable=True, ended=False, sync=True)
    room.shelf.settle()
    assert room.disk.synced == [file.path, file.path.parent]
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    room.shelf.settle()
    assert len(room.disk.synced) == 2
    room.shelf.settle_lazily()
    assert room.disk.synced[2:] == [file.path]
    room.put("ex_2")
    room.shelf.settle()
    room.shelf.settle_lazily()
    assert len(room.disk.synced) == 3


def test_a_refusing_disk_costs_the_draft_and_the_next_success_ends_the_trouble(room: Room) -> None:
    room.disk.refuses = errno.EROFS
    assert room.put("ex_1").failed
    assert room.told_trouble("Read-only")
    assert room.names() == []
    room.disk.refuses = 0
    assert not room.put("ex_2").failed
    assert (room.trouble, room.shelf.dropped, room.has("ex_2")) == ("", 1, True)
    assert ["cannot be kept" in line for line in room.told] == [True, False]


def test_a_full_disk_marks_the_running_draft_as_tail_lost(room: Room) -> None:
    file = room.put("ex_1", durable=True, ended=False)
    room.disk.refuses = errno.ENOSPC
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    assert file.failed
    kept = room.shelf.load("ex_1")
    assert isinstance(kept, Kept)
    assert (kept.tail_lost, kept.data) == (True, b"")
    room.disk.refuses = 0
    room.shelf.append(file, [(DELIVERED, event(1))], sync=False)
    again = room.shelf.load("ex_1")
    assert isinstance(again, Kept)
    assert (again.tail_lost, again.data) == (True, b"")
    assert room.shelf.index.leftovers() == []


def test_a_draft_that_cannot_even_be_marked_is_removed(room: Room) -> None:
    file = room.put("ex_1", ended=False)
    room.disk.refuses = errno.EIO
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    assert file.failed
    assert room.names() == []
    assert room.shelf.index.bytes_kept == 0


def test_one_that_can_neither_be_marked_nor_removed_stays_until_it_can(room: Room) -> None:
    file = room.put("ex_1", ended=False)
    room.disk.refuses = room.disk.refuses_to_remove = errno.EIO
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    assert room.names() == ["ex_1"]
    room.disk.refuses = room.disk.refuses_to_remove = 0
    room.now += KEEP_SECONDS + 1
    room.shelf.sweep()
    assert room.names() == []


class TinyDisk(FussyDisk):
    """A file system that is full while more than so many files are on it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def create(self, path: Path, data: bytes) -> None:
        self.refuses = errno.ENOSPC if len(list(self.folder.glob("??/*.draft"))) >= 3 else 0
        super().create(path, data)


def test_a_full_disk_is_given_room_by_what_is_finished(room: Room) -> None:
    room.disk = TinyDisk(room.folder)
    room.begin()
    for number in range(6):
        assert not room.put(f"ex_{number}").failed
        assert room.has(f"ex_{number}")
    assert "ex_0" not in room.names()
    assert room.shelf.trouble is None


def test_a_sync_that_fails_costs_the_draft(room: Room) -> None:
    room.disk.refuses_sync = errno.EIO
    file = room.put("ex_1", durable=True, ended=False, sync=True)
    assert room.trouble == ""
    room.shelf.settle()
    assert file.failed
    assert room.told_trouble("Input/output error")


def test_an_id_is_never_written_twice(room: Room) -> None:
    room.put("ex_1")
    before = room.shelf.load("ex_1")
    assert room.put("ex_1", ended=False).failed
    after = room.shelf.load("ex_1")
    assert isinstance(before, Kept)
    assert isinstance(after, Kept)
    assert (after.data, after.complete, after.tail_lost) == (before.data, True, False)


def test_a_folder_that_was_removed_is_made_again(room: Room) -> None:
    file = room.put("ex_1", ended=False)
    for path in room.folder.glob("??/*"):
        path.unlink()
        path.parent.rmdir()
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    assert file.failed
    assert not room.put("ex_1b").failed


def test_old_drafts_go_and_unfinished_durable_ones_stay(room: Room) -> None:
    room.put("ex_old")
    room.put("ex_durable", durable=True, ended=False)
    written = room.put("ex_written", ended=False)
    room.now += KEEP_SECONDS
    room.put("ex_young")
    room.shelf.sweep()
    assert room.has("ex_old")
    room.now += 1
    room.shelf.sweep()
    assert room.names() == ["ex_durable", "ex_written", "ex_young"]
    assert not written.failed


def test_size_takes_the_oldest_finished_then_the_oldest_unfinished_never_durable_ones(room: Room) -> None:
    room.put("ex_durable", durable=True, ended=False)
    running = room.put("ex_running", ended=False)
    for number in range(20):
        room.put(f"ex_{number:02}")
    left = room.names()
    assert {"ex_durable", "ex_running", "ex_19"} <= set(left)
    finished = left[:-2]
    assert finished == [f"ex_{number:02}" for number in range(20 - len(finished), 20)]
    assert room.shelf.index.bytes_kept <= room.limits.bytes_max
    for number in range(20):
        room.put(f"ex_d{number:02}", durable=True, ended=False)
    assert running.failed
    assert "ex_durable" in room.names()
    assert not any(name.startswith(("ex_0", "ex_1", "ex_r")) for name in room.names())


def test_a_store_full_of_durable_work_refuses_more_and_says_so_until_there_is_room(room: Room) -> None:
    files = [room.put(f"ex_{number:02}", durable=True, ended=False) for number in range(20)]
    assert not files[0].failed
    assert files[-1].failed
    assert room.told_trouble("full:")
    assert room.put("ex_usual").failed
    room.shelf.append(files[0], [(DELIVERED, b"x" * 5_000)], sync=False)
    assert not files[0].failed
    room.shelf.append(files[0], [END], sync=False)
    room.shelf.sweep()
    assert not room.told_trouble("full:")
    assert not room.put("ex_more", durable=True, ended=False).failed


def test_the_next_process_finds_what_is_unfinished_oldest_first(room: Room) -> None:
    room.now = 3_000.0
    room.put("ex_later", durable=True, ended=False)
    room.now = 2_500.0
    room.put("ex_earlier", durable=True, ended=False)
    room.put("ex_ended", durable=True)
    room.put("ex_usual", ended=False)
    assert room.shelf.unfinished() == ()
    shelf = room.begin()
    assert shelf.unfinished() == ("ex_earlier", "ex_later")
    assert len(shelf.index) == 4
    assert shelf.index.bytes_kept == sum(path.stat().st_size for path in room.folder.glob("??/*.draft"))


def test_a_draft_whose_end_was_written_but_not_marked_is_finished(room: Room) -> None:
    file = room.put("ex_1", durable=True)
    room.disk.write_at(file.path, STATE_AT, STATE_OPEN)
    assert room.begin().unfinished() == ()


def test_what_cannot_be_picked_up_is_told_and_goes_with_its_time(room: Room) -> None:
    path = room.put("ex_1", durable=True, ended=False).path
    path.write_bytes(path.read_bytes()[:-1])
    os.utime(path, (room.now, room.now))
    shelf = room.begin()
    assert shelf.unfinished() == ()
    assert room.told == ["drafts: ex_1 cannot be picked up: damaged"]
    room.now += KEEP_SECONDS + 1
    shelf.sweep()
    assert room.names() == []


def test_an_adopted_draft_goes_on_behind_its_torn_tail(room: Room) -> None:
    file = room.put("ex_1", durable=True, ended=False)
    room.shelf.append(file, [(DELIVERED, event(0)), (DELIVERED, event(1))], sync=False)
    file.path.write_bytes(file.path.read_bytes()[:-1])
    shelf = room.begin()
    kept = shelf.load("ex_1")
    assert isinstance(kept, Kept)
    assert kept.file.torn
    shelf.adopt(kept.file)
    assert shelf.unfinished() == ()
    shelf.append(kept.file, [(DELIVERED, event(7)), END], sync=False)
    after = shelf.load("ex_1")
    assert isinstance(after, Kept)
    assert (after.data, after.complete, after.file.torn) == (event(0) + event(7), True, False)


def test_an_adoption_that_fails_is_told(room: Room) -> None:
    file = room.put("ex_1", durable=True, ended=False)
    file.path.write_bytes(file.path.read_bytes() + b"torn")
    shelf = room.begin()
    kept = shelf.load("ex_1")
    assert isinstance(kept, Kept)
    room.disk.refuses_to_cut = errno.EIO
    shelf.adopt(kept.file)
    assert kept.file.failed
    shelf.delete("ex_1")
    shelf.adopt(file)
    assert file.failed


def test_another_key_is_reported_once_and_the_drafts_go_with_their_time(room: Room) -> None:
    room.put("ex_1", durable=True, ended=False)
    room.put("ex_2")
    shelf = room.begin(bytes(32))
    assert shelf.unreadable == 2
    assert room.told == ["drafts: the key has changed; 2 drafts cannot be read and go with their time"]
    assert shelf.load("ex_1") == Missing(Reason.KEY)
    assert shelf.unfinished() == ()


def test_deleting_stops_who_writes_and_takes_the_links_along(room: Room) -> None:
    file = room.put("ex_1", ended=False)
    room.shelf.link("resp_1", "ex_1")
    assert room.shelf.find_response("resp_1") == "ex_1"
    assert room.shelf.delete("ex_1")
    assert not room.shelf.delete("ex_1")
    assert (file.failed, room.shelf.find_response("resp_1"), room.names()) == (True, None, [])
    room.shelf.append(file, [(DELIVERED, event(0))], sync=False)
    assert room.names() == []


def test_links_outlive_the_process_and_those_that_lead_nowhere_are_cleared_away(room: Room) -> None:
    file = room.put("ex_1")
    room.shelf.link("resp_1", "ex_1")
    room.shelf.link("resp_2", "ex_unknown")
    assert room.begin().find_response("resp_1") == "ex_1"
    assert room.shelf.find_response("resp_2") is None
    file.path.unlink()
    assert room.begin().find_response("resp_1") is None
    assert list((room.folder / "responses").iterdir()) == []


def test_files_that_are_no_drafts_go_with_their_time_and_foreign_ones_are_left_alone(room: Room) -> None:
    paths = [draft_path(room.folder, "junk"), room.folder / "zz" / "foreign.draft"]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"junk")
        os.utime(path, (room.now, room.now))
    shelf = room.begin()
    assert len(shelf.index) == 1
    assert shelf.load("junk") == Missing(Reason.DAMAGED)
    room.now += KEEP_SECONDS + 1
    shelf.sweep()
    assert [path.exists() for path in paths] == [False, True]


def test_a_disk_that_cannot_be_looked_through_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_bytes(b"a file where a folder should be")
    room = Room(tmp_path / "drafts")
    assert room.shelf.trouble is not None
    assert room.put("ex_1").failed
