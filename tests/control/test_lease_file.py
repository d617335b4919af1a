from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainstay.control.lease_file import LeaseFile
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.lease_row import Sight

Claimant = Callable[[str], LeaseFile]


@pytest.fixture
def claimant(tmp_path: Path) -> Iterator[Claimant]:
    files: list[LeaseFile] = []

    def make(name: str) -> LeaseFile:
        files.append(LeaseFile(tmp_path, name))
        return files[-1]

    yield make
    for file in files:
        file.close()


def test_one_has_it_and_the_other_sees_who(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    assert first.claim() == 1
    assert second.claim() is None
    assert second.look() == Sight("first", 1, 0)
    assert first.renew(1)
    assert not second.renew(1)


def test_what_is_given_up_is_free_in_a_new_epoch(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    first.claim()
    first.close()
    assert second.claim() == 2
    assert second.look().holder == "second"
    assert not first.renew(1)


def test_a_living_holder_cannot_be_deposed(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    first.claim()
    second.depose()
    assert second.claim() is None


def test_who_holds_a_file_that_was_removed_holds_nothing(claimant: Claimant, tmp_path: Path) -> None:
    first = claimant("first")
    first.claim()
    (tmp_path / "run" / "control.lock").unlink()
    assert not first.renew(1)
    assert first.look() == Sight("", 0, 0)


def test_a_file_with_nonsense_is_written_anew(claimant: Claimant, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "control.lock").write_text("nonsense")
    assert claimant("first").claim() == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(StoreError, match=r"control\.lock"):
        LeaseFile(tmp_path, "first").claim()
