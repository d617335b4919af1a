from pathlib import Path

import pytest

from mainstay.ledger.errors import DamagedStoreError, StoreError
from mainstay.ledger.marks import Mark, mark_path, marks_folder, read_mark, read_marks, write_mark

MARK = Mark("ch_1", 7, "ab" * 32, 5_000.0)


def test_a_mark_comes_back_and_newer_ones_replace_it(tmp_path: Path) -> None:
    folder = marks_folder(tmp_path)
    assert read_mark(folder, "ch_1") is None
    write_mark(folder, MARK)
    assert read_mark(folder, "ch_1") == MARK
    newer = Mark("ch_1", 9, "cd" * 32, 5_001.0)
    write_mark(folder, newer)
    assert read_mark(folder, "ch_1") == newer
    assert read_mark(folder, "ch_2") is None


def test_marks_lie_in_the_state_folder_under_the_chains_name(tmp_path: Path) -> None:
    assert mark_path(marks_folder(tmp_path), "ch_1") == tmp_path / "shipped" / "ch_1.json"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"chain":"ch_1"}', b"\xff" * 10_000])
def test_what_is_no_mark_is_damaged(tmp_path: Path, content: bytes) -> None:
    mark_path(tmp_path, "ch_1").write_bytes(content)
    with pytest.raises(DamagedStoreError, match=r"ch_1\.json: not a mark"):
        read_mark(tmp_path, "ch_1")


def test_a_mark_of_another_chain_is_not_taken(tmp_path: Path) -> None:
    write_mark(tmp_path, MARK)
    mark_path(tmp_path, "ch_1").rename(mark_path(tmp_path, "ch_2"))
    with pytest.raises(DamagedStoreError, match="a mark of the chain 'ch_1'"):
        read_mark(tmp_path, "ch_2")


def test_a_mark_that_cannot_be_read_is_an_error_that_passes(tmp_path: Path) -> None:
    mark_path(tmp_path, "ch_1").mkdir()
    with pytest.raises(StoreError, match=r"ch_1\.json"):
        read_mark(tmp_path, "ch_1")


def test_a_folder_that_cannot_be_made_is_an_error_that_passes(tmp_path: Path) -> None:
    (tmp_path / "shipped").write_text("a file stands in the way")
    with pytest.raises(StoreError, match="shipped"):
        write_mark(marks_folder(tmp_path), MARK)


def test_all_marks_that_can_be_read_are_given_by_chain(tmp_path: Path) -> None:
    other = Mark("ch_2", 9, "cd" * 32, 5_001.0)
    for mark in (MARK, other):
        write_mark(tmp_path, mark)
    mark_path(tmp_path, "ch_3").write_bytes(b"no mark")
    assert read_marks(tmp_path) == {"ch_1": MARK, "ch_2": other}
    assert read_marks(tmp_path / "missing") == {}
