"""The file with what was spent: whole or not at all, and never fatal."""

from pathlib import Path

import pytest

from mainstay.gateway.spending_file import (
    KeptSpending,
    Sum,
    UnreadableSpendingError,
    read_spending,
    spending_path,
    write_spending,
)
from mainstay.model.news import MeterNews

KEPT = KeptSpending(
    "g/0",
    7,
    "ch_1",
    42,
    (Sum("tenant:x", "d20514", 5),),
    (MeterNews("tenant:x", "nanodollars", "d20514", "g/0", 5),),
    ("g/1",),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return spending_path(tmp_path / "state", 3)


def test_what_is_written_is_read_again(path: Path) -> None:
    write_spending(path, KEPT)
    assert read_spending(path) == KEPT
    assert path.name == "spending-3.json"
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_nothing_was_written_nothing_is_read(path: Path) -> None:
    assert read_spending(path) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"node":1}', b"[" * 100_000, b'{"node":"g/0","boot":1,"meters":[["x"]]}'],
    ids=lambda data: repr(data[:20]),
)
def test_a_torn_file_is_told_apart(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(UnreadableSpendingError, match="torn"):
        read_spending(path)


def test_a_file_of_a_later_version_is_not_guessed_at(path: Path) -> None:
    write_spending(path, KeptSpending("g/0", 1, version=9))
    with pytest.raises(UnreadableSpendingError, match="version 9"):
        read_spending(path)


def test_a_file_that_cannot_be_read_says_why(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(UnreadableSpendingError, match="directory"):
        read_spending(path)
