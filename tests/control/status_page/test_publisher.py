"""The publisher: folders, records, and troubles told once."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from mainstay.control.status_page.publisher import Outside, Publisher
from mainstay.model.records import PublicationRecord, Record
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.view import StatusView
from tests.ops.status.samples import NOW, sources


class House:
    """A publisher and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.export = folder / "export"
        self.records: list[Record] = []
        self.lines: list[str] = []
        outside = Outside(self.records.append, self.lines.append, lambda: NOW, lambda: "id")
        self.publisher = Publisher(self.state, str(self.export), outside)

    def told(self) -> list[tuple[str, str]]:
        return [(one.outcome, one.indicator) for one in self.records if isinstance(one, PublicationRecord)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


VIEW = status_view(sources())
QUIET = status_view(replace(sources(), incidents=(), standings=()))


def later(view: StatusView) -> StatusView:
    return replace(view, generated_at=view.generated_at + 60)


def test_both_folders_hold_the_page(house: House) -> None:
    made = house.publisher.publish(VIEW)
    assert made.is_news
    assert made.troubles == ()
    files = [one.relative_to(house.export) for one in house.export.rglob("*")]
    assert (house.export / "index.html").read_bytes() == (house.state / "status-page" / "index.html").read_bytes()
    assert all((house.state / "status-page" / one).exists() for one in files)


def test_without_an_export_there_is_one_folder(tmp_path: Path) -> None:
    house = House(tmp_path)
    Publisher(house.state, "", Outside(house.records.append, house.lines.append, lambda: NOW, lambda: "id")).publish(
        VIEW
    )
    assert (house.state / "status-page" / "index.html").exists()
    assert not house.export.exists()


def test_a_record_is_written_for_news_and_not_for_the_time(house: House) -> None:
    house.publisher.publish(VIEW)
    made = house.publisher.publish(later(VIEW))
    assert not made.is_news
    assert made.files_changed == 2 * 3
    house.publisher.publish(QUIET)
    assert house.told() == [("written", "major"), ("written", "none")]


def test_a_folder_that_cannot_be_written_keeps_nobody_else_from_it(house: House) -> None:
    house.export.write_text("a file where a folder should be")
    made = house.publisher.publish(VIEW)
    assert (house.state / "status-page" / "index.html").exists()
    assert [str(house.export) in one for one in made.troubles] == [True]
    house.publisher.publish(later(VIEW))
    assert house.told() == [("failed", "major")]
    assert len(house.lines) == 1
    assert house.lines[0].startswith("status page: ")


def test_when_it_can_be_written_again_that_is_told(house: House) -> None:
    house.export.write_text("a file where a folder should be")
    house.publisher.publish(VIEW)
    house.export.unlink()
    house.publisher.publish(later(VIEW))
    assert house.told() == [("failed", "major"), ("written", "major")]


def test_a_folder_of_somebody_else_is_refused_in_words(house: House) -> None:
    house.export.mkdir()
    (house.export / "index.html").write_text("theirs")
    (trouble,) = house.publisher.publish(VIEW).troubles
    assert trouble == f"{house.export}: holds other files already; name an empty folder"
