"""The file of kept answers."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.gateway.cache import answer_file
from mainstay.gateway.cache.answer_file import FILE_NAME, AnswerFile, Purge, Row, Totals, is_damage, read_models

LARGE = 1_000_000


def row(name: str, *, tenant: str = "acme", model: str = "m", stored_at: float = 100.0, size: int = 100) -> Row:
    return Row(name.encode(), tenant, model, stored_at, stored_at + 60, b"s" * size)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[AnswerFile]:
    with closing(AnswerFile(tmp_path / "cache", LARGE)) as made:
        yield made


def test_what_is_put_is_found_by_whoever_opens_it(file: AnswerFile, tmp_path: Path) -> None:
    file.put(row("a"), 100.0)
    assert (file.get(b"a"), file.get(b"b")) == (b"s" * 100, None)
    with closing(AnswerFile(tmp_path / "cache", LARGE)) as other:
        assert other.get(b"a") == b"s" * 100


def test_nobody_else_may_read_it(file: AnswerFile) -> None:
    file.put(row("a"), 100.0)
    assert [path for path in file.path.parent.iterdir() if path.stat().st_mode & 0o077] == []
    assert file.path.parent.stat().st_mode & 0o077 == 0


def test_a_name_has_one_answer(file: AnswerFile) -> None:
    file.put(row("a"), 100.0)
    file.put(row("a", size=50), 101.0)
    assert file.get(b"a") == b"s" * 50
    assert file.totals() == Totals(1, row("a", size=50).size)


def test_new_names_are_told_behind_a_number(file: AnswerFile) -> None:
    file.put(row("a"), 100.0)
    names, last = file.names_after(0)
    assert names == [b"a"]
    file.put(row("b"), 101.0)
    assert file.names_after(last)[0] == [b"b"]
    assert file.names_after(file.names_after(0)[1]) == ([], file.names_after(0)[1])


def test_what_was_used_least_lately_goes(tmp_path: Path) -> None:
    with closing(AnswerFile(tmp_path, 3 * row("a").size)) as file:
        for number, name in enumerate("abc"):
            file.put(row(name), float(number))
        file.touch([(b"a", 50.0)])
        file.put(row("d"), 60.0)
        assert [file.get(name) is not None for name in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
        assert file.totals() == Totals(3, 3 * row("a").size)


def test_what_is_larger_than_everything_is_not_kept(tmp_path: Path) -> None:
    with closing(AnswerFile(tmp_path, 1_000)) as file:
        file.put(row("a"), 1.0)
        file.put(row("b", size=10_000), 2.0)
        assert (file.get(b"a"), file.get(b"b")) == (b"s" * 100, None)


def test_there_is_an_end_of_entries_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_file, "ENTRIES_MAX", 5)
    with closing(AnswerFile(tmp_path, LARGE)) as file:
        for number in range(20):
            file.put(row(str(number)), float(number))
        assert file.totals().entries == 5
        assert file.get(b"19") is not None


def test_the_file_takes_about_what_it_may(tmp_path: Path) -> None:
    with closing(AnswerFile(tmp_path, 2_000_000)) as file:
        for number in range(300):
            file.put(row(str(number), size=20_000), float(number))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 1_000_000 < size < 3_000_000


def test_what_has_expired_is_swept(file: AnswerFile) -> None:
    file.put(row("a"), 100.0)
    file.put(row("b", stored_at=200.0), 200.0)
    file.sweep(now=161.0)
    assert (file.get(b"a"), file.totals().entries) == (None, 1)


@pytest.mark.parametrize(
    ("purge", "left"),
    [
        (Purge(), ""),
        (Purge(tenant="acme"), "c"),
        (Purge(model="n"), "a"),
        (Purge(tenant="acme", model="n"), "ac"),
        (Purge(stored_before=150.0), "bc"),
        (Purge(tenant="nobody"), "abc"),
    ],
)
def test_purging_removes_what_fits_everything_that_is_given(file: AnswerFile, purge: Purge, left: str) -> None:
    file.put(row("a"), 100.0)
    file.put(row("b", model="n", stored_at=200.0), 200.0)
    file.put(row("c", tenant="other", model="n", stored_at=200.0), 200.0)
    removed = file.purge(purge)
    assert "".join(name for name in "abc" if file.get(name.encode())) == left
    assert removed == 3 - len(left)
    assert file.totals().entries == len(left)


def test_models_are_counted(file: AnswerFile, tmp_path: Path) -> None:
    file.put(row("a"), 100.0)
    file.put(row("b", stored_at=50.0), 100.0)
    file.put(row("c", tenant="other"), 100.0)
    found = [(one.tenant, one.model, one.entries, one.oldest_at) for one in read_models(tmp_path / "cache")]
    assert found == [("acme", "m", 2, 50.0), ("other", "m", 1, 100.0)]


def test_where_nothing_ever_was_nothing_is_made(tmp_path: Path) -> None:
    assert read_models(tmp_path / "cache") == []
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("content", [b"no database " * 500, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with closing(AnswerFile(tmp_path, LARGE)) as file:
        file.put(row("a"), 1.0)
        assert file.get(b"a") is not None


def test_a_file_of_another_version_is_begun_anew(tmp_path: Path) -> None:
    with closing(AnswerFile(tmp_path, LARGE)) as file:
        file.put(row("a"), 1.0)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with closing(AnswerFile(tmp_path, LARGE)) as file:
        assert file.get(b"a") is None


def test_a_file_that_was_removed_is_noticed(file: AnswerFile) -> None:
    seen = [file.is_current]
    file.path.unlink()
    seen.append(file.is_current)
    file.path.write_bytes(b"another")
    seen.append(file.is_current)
    assert seen == [True, False, False]
    file.discard()
    assert file.path.read_bytes() == b"another", "what others began anew stays"


def test_a_folder_that_cannot_be_had_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OSError, match="cache"):
        AnswerFile(tmp_path / "cache", LARGE)


def test_damage_is_told_from_a_disk_that_refuses() -> None:
    assert is_damage(sqlite3.DatabaseError("malformed"))
    assert not is_damage(sqlite3.OperationalError("database or disk is full"))
    assert not is_damage(OSError(os.strerror(28)))


def test_what_fails_in_the_middle_leaves_nothing(file: AnswerFile) -> None:
    file.put(row("a"), 1.0)
    broken = Row(b"a", "acme", "m", 1.0, 2.0, sealed=None)  # type: ignore[arg-type] # what SQLite refuses
    with pytest.raises((sqlite3.Error, TypeError)):
        file.put(broken, 2.0)
    assert file.get(b"a") == b"s" * 100
