"""The shelf, with a real file, a real thread and an event loop that turns by hand."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.engine.caching.answer import CachedAnswer
from mainstay.gateway.cache import shelf as shelf_module
from mainstay.gateway.cache.answer_file import FILE_NAME, AnswerFile, Purge
from mainstay.gateway.cache.shelf import KEY_FILE, SWEEP_TICKS, Place, Shelf
from tests.engine.caching.answers import kept
from tests.gateway.cache.shelves import KEY, Turns

PLACE = Place(b"name", "acme", "m")
NOW = 1_000.0


class Desk:
    """One worker's shelf."""

    def __init__(self, state: Path, key: bytes | None = KEY) -> None:
        self.turns = Turns()
        self.told: list[str] = []
        self.folder = state / "cache"
        self.wall = NOW
        self.shelf = Shelf(
            self.folder,
            state / "keys",
            self.turns,
            bytes_max=1_000_000,
            wall=lambda: self.wall,
            report=self.told.append,
            key=key,
        )
        self.shelf.start()
        self.turns.turn()

    def put(self, answer: CachedAnswer | None = None, place: Place = PLACE, keep_seconds: float = 60.0) -> None:
        self.shelf.put(place, 100, keep_seconds, lambda: answer)
        self.turns.turn()

    def read(self, place: Place = PLACE) -> CachedAnswer | None:
        found: list[CachedAnswer | None] = []
        self.shelf.read(place, found.append)
        self.turns.until(lambda: bool(found))
        return found[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.shelf.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    """Another worker on the same folder."""
    made = Desk(tmp_path)
    yield made
    made.shelf.close()


def test_what_was_put_is_found_at_once(desk: Desk) -> None:
    desk.shelf.put(PLACE, 100, 60.0, kept)
    assert desk.shelf.may_have(PLACE.name), "also before it is on disk"
    assert desk.read() == kept()
    assert desk.shelf.status().stored == 1


def test_what_nobody_put_is_not_looked_for(desk: Desk) -> None:
    assert not desk.shelf.may_have(b"other")
    assert not desk.turns._calls


def test_other_workers_learn_of_it_within_a_second(desk: Desk, other: Desk) -> None:
    desk.put(kept())
    assert not other.shelf.may_have(PLACE.name)
    other.turns.tick()
    assert other.shelf.may_have(PLACE.name)
    assert other.read() == kept()
    assert other.shelf.status().entries == 1


def test_what_was_purged_by_another_process_is_gone_at_once(desk: Desk) -> None:
    desk.put(kept())
    with closing(AnswerFile(desk.folder, 1_000_000)) as file:
        file.purge(Purge())
    assert desk.read() is None
    assert not desk.shelf.may_have(PLACE.name)


def test_it_survives_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.put(kept())
    desk.shelf.close()
    again = Desk(tmp_path)
    assert again.read() == kept()
    again.shelf.close()


def test_without_a_key_one_is_made_and_kept(tmp_path: Path) -> None:
    first = Desk(tmp_path, key=None)
    assert first.shelf.name(b"digest") is not None
    first.put(kept())
    first.shelf.close()
    assert len((tmp_path / "keys" / KEY_FILE).read_bytes()) == 32
    second = Desk(tmp_path, key=None)
    assert second.read() == kept()
    second.shelf.close()


def test_with_another_key_it_is_a_miss_and_goes(desk: Desk, tmp_path: Path) -> None:
    desk.put(kept())
    stranger = Desk(tmp_path, key=b"o" * 32)
    assert stranger.read() is None
    stranger.shelf.close()
    assert desk.read() is None


def test_what_turns_out_not_to_deserve_it_is_not_kept(desk: Desk) -> None:
    desk.put(None)
    assert desk.read() is None
    assert desk.shelf.status().stored == 0


def test_a_damaged_file_is_begun_anew(desk: Desk) -> None:
    desk.put(kept())
    path = desk.folder / FILE_NAME
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    (desk.folder / f"{FILE_NAME}-wal").write_bytes(b"")
    desk.read()
    for _ in range(3):
        desk.turns.tick()
    desk.put(kept())
    assert desk.read() == kept()
    assert desk.shelf.status().trouble is None


def test_a_folder_that_was_removed_is_made_again(desk: Desk) -> None:
    desk.put(kept())
    for path in desk.folder.iterdir():
        path.unlink()
    desk.turns.tick()
    desk.put(kept())
    assert desk.read() == kept()


def test_a_disk_that_refuses_is_told_once_and_when_it_is_over(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    desk = Desk(tmp_path)
    assert desk.shelf.status().trouble is not None
    desk.turns.tick()
    desk.shelf.put(PLACE, 100, 60.0, kept)
    assert desk.shelf.status().dropped == 1
    assert not desk.shelf.may_have(PLACE.name)
    assert len(desk.told) == 1
    (tmp_path / "cache").unlink()
    desk.turns.tick()
    desk.put(kept())
    assert desk.read() == kept()
    assert (len(desk.told), desk.shelf.status().trouble) == (2, None)
    desk.shelf.close()


def test_too_much_that_waits_for_the_disk_is_dropped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "PENDING_BYTES_MAX", 150)
    desk.shelf.put(PLACE, 100, 60.0, kept)
    desk.shelf.put(Place(b"second", "acme", "m"), 100, 60.0, kept)
    assert desk.shelf.status().dropped == 1
    desk.turns.turn()
    desk.put(kept(), Place(b"third", "acme", "m"))
    assert desk.read(Place(b"third", "acme", "m")) is not None


def test_too_many_questions_are_answered_with_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put(kept())
    monkeypatch.setattr(shelf_module, "PENDING_MAX", 0)
    found: list[CachedAnswer | None] = []
    desk.shelf.read(PLACE, found.append)
    assert found == [None]


def test_what_has_expired_is_swept_once_a_minute(desk: Desk) -> None:
    desk.put(kept(), keep_seconds=10.0)
    desk.wall = NOW + 100
    for _ in range(SWEEP_TICKS):
        desk.turns.tick()
    desk.turns.tick()
    assert desk.shelf.status().entries == 0


def test_names_of_what_is_gone_do_not_gather(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "STRANGERS_MAX", 3)
    for number in range(8):
        desk.put(kept(), Place(str(number).encode(), "acme", "m"))
    with closing(AnswerFile(desk.folder, 1_000_000)) as file:
        file.purge(Purge())
    desk.turns.tick()
    assert not any(desk.shelf.may_have(str(number).encode()) for number in range(8))


def test_a_mistake_of_whoever_asked_is_told_and_hurts_nobody(desk: Desk) -> None:
    desk.put(kept())

    def mistaken(_: CachedAnswer | None) -> None:
        raise KeyError("oh")

    desk.shelf.read(PLACE, mistaken)
    desk.turns.turn()
    assert desk.told == ["cache: a defect of ours: KeyError: 'oh'"]
    assert desk.read() == kept()


def test_after_its_end_it_answers_with_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.put(kept())
    desk.shelf.close()
    found: list[CachedAnswer | None] = []
    desk.shelf.read(PLACE, found.append)
    desk.shelf.put(PLACE, 100, 60.0, kept)
    assert found == [None]
