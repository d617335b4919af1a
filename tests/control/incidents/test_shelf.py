"""The shelf of incidents."""

import pytest

from mainstay.control.book import Book
from mainstay.control.incidents import shelf as shelf_module
from mainstay.control.incidents.shelf import Shelf
from mainstay.model.incident import IncidentStatus, Moved, Noted
from tests.control.incidents.stand import ANN, Stand, done


class CountingBook(Book):
    """Counts how many streams are read."""

    reads = 0

    def read(self, stream: str) -> list[object]:  # type: ignore[override]
        self.reads += 1
        return list(super().read(stream))


def counting(stand: Stand) -> CountingBook:
    return CountingBook(lambda: stand.store, stand.written.append)


def filled(count: int) -> Stand:
    stand = Stand()
    desk = stand.desk()
    for n in range(count):
        done(desk.open(stand.opened(f"{n}"), ANN))
    return stand


def test_only_what_changed_is_read_again() -> None:
    stand = filled(5)
    book = counting(stand)
    shelf = Shelf(book)
    assert [one.id for one in shelf.all()] == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]
    assert book.reads == 5
    shelf.all()
    assert book.reads == 5
    done(stand.desk().add("INC-2", Noted("x"), ANN))
    assert next(one.number for one in shelf.all() if one.id == "INC-2") == 2
    assert book.reads == 6


def test_all_pages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "PAGE", 3)
    stand = filled(7)
    shelf = Shelf(stand.book())
    assert len(shelf.all()) == 7
    for name in ("INC-1", "INC-2", "INC-3", "INC-4"):
        done(stand.desk().add(name, Noted("x"), ANN))
    assert sum(one.number == 2 for one in shelf.all()) == 4


def test_open_ones_and_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "KNOWN_MAX", 3)
    stand = filled(1)
    desk = stand.desk()
    shelf = Shelf(stand.book())
    shelf.all()
    for n in range(2, 7):
        done(desk.open(stand.opened(), ANN))
        done(desk.add(f"INC-{n}", Moved(IncidentStatus.RESOLVED), ANN))
        shelf.all()
    assert [one.id for one in shelf.all()] == ["INC-6", "INC-5", "INC-1"]
    assert done(shelf.read("INC-2")).id == "INC-2"
    assert done(shelf.peek("INC-3")).id == "INC-3"
    assert [one.id for one in shelf.all()] == ["INC-6", "INC-5", "INC-1"]
    assert shelf.newest_number() == 6


def test_the_newest_number_is_that_of_the_newest_incident_and_not_of_the_newest_event() -> None:
    stand = filled(3)
    done(stand.desk().add("INC-1", Noted("x"), ANN))
    assert Shelf(stand.book()).newest_number() == 3
    assert Shelf(Stand().book()).newest_number() == 0


def test_what_is_not_there() -> None:
    shelf = Shelf(Stand().book())
    assert shelf.read("INC-1") is None
    assert shelf.peek("INC-1") is None
    assert shelf.all() == []
