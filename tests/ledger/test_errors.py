import sqlite3
from pathlib import Path

import pytest

from mainstay.ledger.errors import (
    DamagedStoreError,
    StoreError,
    UnwritableRecordError,
    sqlite_errors_translated,
)

PATH = Path("state/journal-0.sqlite")


def failure(code: int) -> sqlite3.Error:
    error = sqlite3.DatabaseError("it went wrong")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT_INDEX])
def test_a_broken_file_is_damage_also_with_an_extended_code(code: int) -> None:
    with pytest.raises(DamagedStoreError), sqlite_errors_translated(PATH):
        raise failure(code)


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR_FSYNC]
)
def test_what_may_pass_is_no_damage(code: int) -> None:
    with pytest.raises(StoreError) as caught, sqlite_errors_translated(PATH):
        raise failure(code)
    assert not isinstance(caught.value, DamagedStoreError)


def test_the_message_names_file_and_reason() -> None:
    with pytest.raises(StoreError, match=r"state/journal-0\.sqlite: it went wrong"), sqlite_errors_translated(PATH):
        raise failure(sqlite3.SQLITE_FULL)


def test_an_error_without_a_code_is_no_damage() -> None:
    with pytest.raises(StoreError), sqlite_errors_translated(PATH):
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.")


def test_a_text_that_is_no_text_is_damage() -> None:
    with pytest.raises(DamagedStoreError, match="a text in it is no UTF-8"), sqlite_errors_translated(PATH):
        b"\xcc".decode()


def test_other_errors_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), sqlite_errors_translated(PATH):
        raise ZeroDivisionError


def test_an_unwritable_record_is_named_by_its_position() -> None:
    error = UnwritableRecordError(3, "its instant is nan")
    assert error.position == 3
    assert "record 3" in str(error)
    assert "its instant is nan" in str(error)
