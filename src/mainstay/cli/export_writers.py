"""Records as files: JSON lines as they are, or a flat table (CSV, Parquet) for each kind of record."""

import csv
import importlib
import io
from collections.abc import Callable, Mapping
from enum import Enum
from types import UnionType
from typing import Any, BinaryIO, Final, Protocol, get_args

import msgspec

from mainstay.ledger.store.whole import Found
from mainstay.model.records import Record

KINDS: Final[dict[str, type[msgspec.Struct]]] = {str(one.__struct_config__.tag): one for one in get_args(Record)}
"""Kinds of records, and what each has."""
PLACE: Final = ("chain", "sequence")
"""What stands before a record's own columns."""
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for a formula."""
PLAIN_TYPES: Final = (str, int, float, bool, tuple[str, ...])
"""What a column can hold."""
GROUP_ROWS: Final = 5_000
GROUP_BYTES: Final = 8_000_000
"""So much of a Parquet file is held in memory."""

Cell = str | int | float | bool | tuple[str, ...] | None


class UnfitRecordError(ValueError):
    """A record that this version cannot read, or that has no place in a table."""


class Writer(Protocol):
    """Takes records one after the other."""

    def write(self, found: Found) -> None:
        """Write one. Raises `UnfitRecordError` for one that does not fit, `OSError` for the disk."""

    def close(self) -> None:
        """Finish the file. Raises `OSError`."""


class JsonLines:
    """The lines as they are in the journal."""

    def __init__(self, file: BinaryIO) -> None:
        """`file` is not ours to close."""
        self._file = file

    def write(self, found: Found) -> None:
        """See the port."""
        self._file.write(found.row.body + b"\n")

    def close(self) -> None:
        """See the port."""
        self._file.flush()


class CsvTable:
    """One kind of record as comma-separated values (RFC 4180), safe to open with a spreadsheet."""

    def __init__(self, kind: str, file: BinaryIO) -> None:
        """`file` is not ours to close."""
        self._kind = kind
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)
        self._csv.writerow((*PLACE, *columns_of(kind)))

    def write(self, found: Found) -> None:
        """See the port."""
        self._csv.writerow([_csv_cell(cell) for cell in cells_of(self._kind, found)])

    def close(self) -> None:
        """See the port."""
        self._text.flush()
        self._text.detach()


class ParquetTable:
    """One kind of record as a Parquet file."""

    def __init__(self, kind: str, file: BinaryIO) -> None:
        """`file` is not ours to close."""
        # pyarrow takes half a second and 100 MB to import, so whoever does not ask for Parquet does not get it.
        self._arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
        self._kind = kind
        self._schema = self._arrow.schema([(name, self._type(of)) for name, of in column_types(kind).items()])
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[tuple[Cell, ...]] = []
        self._bytes = 0

    def write(self, found: Found) -> None:
        """See the port."""
        row = cells_of(self._kind, found)
        if any(isinstance(cell, int) and not -(2**63) <= cell < 2**63 for cell in row):
            raise UnfitRecordError("a number is too large")
        self._rows.append(row)
        self._bytes += len(found.row.body)
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """See the port."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            pairs = zip(columns, self._schema, strict=True)
            arrays = [self._arrow.array(list(column), field.type) for column, field in pairs]
            self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
            self._rows, self._bytes = [], 0

    def _type(self, of: object) -> object:
        makers: dict[object, Callable[[], object]] = {
            str: self._arrow.string,
            int: self._arrow.int64,
            float: self._arrow.float64,
            bool: self._arrow.bool_,
            tuple[str, ...]: lambda: self._arrow.list_(self._arrow.string()),
        }
        return makers[of]()


class Tables:
    """One table for each kind."""

    def __init__(self, tables: Mapping[str, Writer]) -> None:
        """`tables` are ours to close."""
        self._tables = tables

    def write(self, found: Found) -> None:
        """See the port."""
        table = self._tables.get(found.row.kind)
        if table is None:
            raise UnfitRecordError(f"this version knows no records of the kind {found.row.kind!r}")
        table.write(found)

    def close(self) -> None:
        """See the port."""
        for table in self._tables.values():
            table.close()


def columns_of(kind: str) -> tuple[str, ...]:
    """The names of a kind's own columns."""
    return tuple(field.name for field in msgspec.structs.fields(KINDS[kind]))


def column_types(kind: str) -> dict[str, object]:
    """All columns of a kind's table, with their types; any of them may be empty."""
    own = {field.name: _plain_type(field.type) for field in msgspec.structs.fields(KINDS[kind])}
    return {"chain": str, "sequence": int, **own}


def cells_of(kind: str, found: Found) -> tuple[Cell, ...]:
    """A record as one row of its kind's table. Raises `UnfitRecordError`."""
    try:
        record = msgspec.json.decode(found.row.body, type=KINDS[kind])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnfitRecordError(f"it cannot be read: {error}") from error
    values = msgspec.structs.astuple(record)
    types = list(column_types(kind).values())[len(PLACE) :]
    return (found.chain, found.row.sequence, *map(_cell, values, types))


def _plain_type(of: Any) -> object:  # noqa: ANN401 - a type as it stands in an annotation
    """The type without "or nothing". What a table has no column for (a value of several parts) is a text, as JSON."""
    if isinstance(of, UnionType):
        of = next(one for one in get_args(of) if one is not type(None))
    return of if of in PLAIN_TYPES else str


def _cell(value: object, kind: object) -> Cell:
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple) and kind is not str:
        return tuple(str(one) for one in value)
    return msgspec.json.encode(value).decode()


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
        case tuple():
            return msgspec.json.encode(cell).decode()
        case _:
            return repr(cell)
