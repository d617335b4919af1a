import csv
import importlib
import io
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest

from mainstay.cli.export_writers import (
    KINDS,
    PLACE,
    CsvTable,
    JsonLines,
    ParquetTable,
    Tables,
    UnfitRecordError,
    Writer,
    cells_of,
    column_types,
    columns_of,
)
from mainstay.ledger.store.rows import row_of
from mainstay.ledger.store.whole import Found
from mainstay.model.records import ExchangeRecord, Record
from tests.ledger.conftest import alert, attempt, exchange
from tests.ledger.operations_examples import OPERATIONS, OPERATIONS_KINDS

TABLES: list[Callable[[str, io.BytesIO], Writer]] = [CsvTable, ParquetTable]


def found(record: Record, sequence: int = 7) -> Found:
    return Found("ch_0a", row_of(sequence, msgspec.json.encode(record), b""))


def csv_rows(*records: Record, kind: str = "alert") -> list[list[str]]:
    file = io.BytesIO()
    table = CsvTable(kind, file)
    for record in records:
        table.write(found(record))
    table.close()
    return list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))


def test_every_kind_of_record_has_a_table_and_every_column_a_type() -> None:
    kinds = {
        "attempt",
        "exchange",
        "alert",
        "breaker",
        "capacity",
        "configuration",
        "process",
        "access",
        "lease",
        "proof",
    }
    assert set(KINDS) == kinds | OPERATIONS_KINDS
    for kind in KINDS:
        assert tuple(column_types(kind)) == (*PLACE, *columns_of(kind))
        assert set(column_types(kind).values()) <= {str, int, float, bool, tuple[str, ...]}


def test_json_lines_are_the_lines_themselves() -> None:
    file = io.BytesIO()
    writer = JsonLines(file)
    writer.write(found(attempt()))
    writer.write(found(alert()))
    writer.close()
    assert file.getvalue() == msgspec.json.encode(attempt()) + b"\n" + msgspec.json.encode(alert()) + b"\n"


def test_a_csv_row_is_the_record_with_its_place() -> None:
    record = ExchangeRecord(
        **{**msgspec.structs.asdict(exchange()), "absorbed": ("one", 'two "2"'), "total_seconds": 0.25}
    )
    heads, cells = csv_rows(record, kind="exchange")
    row = dict(zip(heads, cells, strict=True))
    assert (row["chain"], row["sequence"], row["id"], row["stream"]) == ("ch_0a", "7", "ex_1", "true")
    assert (row["total_seconds"], row["first_content_seconds"]) == ("0.25", "")
    assert msgspec.json.decode(row["absorbed"]) == ["one", 'two "2"']


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_becomes_a_formula(start: str) -> None:
    evil = msgspec.structs.replace(alert(), message=f'{start}cmd|"/c calc"!A1', model=start)
    heads, cells = csv_rows(evil)
    row = dict(zip(heads, cells, strict=True))
    assert row["message"] == f"'{evil.message}"
    assert row["model"] == f"'{start}"


def test_numbers_below_zero_stay_numbers() -> None:
    heads, cells = csv_rows(msgspec.structs.replace(alert(), at=-5.5))
    assert dict(zip(heads, cells, strict=True))["at"] == "-5.5"


def test_text_with_line_breaks_quotes_and_nothing_stays_one_cell() -> None:
    strange = 'a,"b"\r\nc\nd\0\N{SNOWMAN};\\'
    heads, cells = csv_rows(msgspec.structs.replace(alert(), message=strange))
    assert dict(zip(heads, cells, strict=True))["message"] == strange


def test_a_parquet_file_has_the_types_and_the_records() -> None:
    file = io.BytesIO()
    table = ParquetTable("exchange", file)
    for sequence in range(3):
        table.write(found(exchange(f"ex_{sequence}"), sequence))
    table.close()
    read = importlib.import_module("pyarrow.parquet").read_table(io.BytesIO(file.getvalue()))
    assert read.column_names == [*PLACE, *columns_of("exchange")]
    assert [row["id"] for row in read.to_pylist()] == ["ex_0", "ex_1", "ex_2"]
    assert read.to_pylist()[0] == {
        "chain": "ch_0a",
        "sequence": 0,
        **msgspec.structs.asdict(exchange("ex_0")),
        "absorbed": [],
        "skipped": [],
    }
    types = {field.name: str(field.type) for field in read.schema}
    assert (types["at"], types["status"], types["stream"]) == ("double", "int64", "bool")
    assert types["absorbed"].startswith("list<")


def test_a_parquet_file_is_written_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.cli.export_writers.GROUP_ROWS", 2)
    file = io.BytesIO()
    table = ParquetTable("alert", file)
    for sequence in range(5):
        table.write(found(alert(), sequence))
    table.close()
    read = importlib.import_module("pyarrow.parquet").ParquetFile(io.BytesIO(file.getvalue()))
    assert read.num_row_groups == 3
    assert [row["sequence"] for row in read.read().to_pylist()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("make", TABLES)
def test_an_empty_table_has_its_columns(make: Callable[[str, io.BytesIO], Writer]) -> None:
    file = io.BytesIO()
    make("alert", file).close()
    assert b"message" in file.getvalue()


@pytest.mark.parametrize("make", TABLES)
def test_a_line_that_is_no_record_of_its_kind_does_not_fit(make: Callable[[str, io.BytesIO], Writer]) -> None:
    table = make("alert", io.BytesIO())
    for line in (b"\xff", b'{"type":"alert","id":"a","at":1}', b'{"type":"alert","id":5}'):
        with pytest.raises(UnfitRecordError):
            table.write(Found("ch_0a", row_of(1, line, b"")))
    table.close()


def test_a_number_that_parquet_cannot_hold_does_not_fit() -> None:
    table = ParquetTable("attempt", io.BytesIO())
    with pytest.raises(UnfitRecordError, match="too large"):
        table.write(found(msgspec.structs.replace(attempt(), status=2**63)))
    table.close()


def test_each_record_goes_to_the_table_of_its_kind() -> None:
    files = {kind: io.BytesIO() for kind in KINDS}
    tables = Tables({kind: CsvTable(kind, file) for kind, file in files.items()})
    tables.write(found(alert("al_7")))
    tables.write(found(attempt(3)))
    with pytest.raises(UnfitRecordError, match="'invoice'"):
        tables.write(Found("ch_0a", row_of(1, b'{"type":"invoice","id":"a","at":1}', b"")))
    tables.close()
    assert b"al_7" in files["alert"].getvalue()
    assert b"ex_1-3" in files["attempt"].getvalue()
    assert b"al_7" not in files["attempt"].getvalue()


def test_cells_are_in_the_order_of_the_columns() -> None:
    cells = dict(zip(column_types("attempt"), cells_of("attempt", found(attempt(3))), strict=True))
    assert (cells["chain"], cells["sequence"], cells["id"], cells["number"]) == ("ch_0a", 7, "ex_1-3", 3)


def test_parquet_is_imported_only_when_it_is_asked_for() -> None:
    look = "import sys, mainstay.cli.export_writers; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)  # noqa: S603 - our own
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("record", OPERATIONS, ids=lambda record: type(record).__name__)
def test_what_has_several_parts_is_a_text(record: Record) -> None:
    kind = str(type(record).__struct_config__.tag)
    header, row = csv_rows(record, kind=kind)
    assert len(header) == len(row)
    cells = dict(zip(header, row, strict=True))
    if kind == "order":
        assert msgspec.json.decode(cells["order"])["kind"] == "drain"
        assert not cells["order"].startswith(("=", "+", "-", "@"))
    if kind == "notice":
        assert cells["severity"] == "major"
    file = io.BytesIO()
    table = ParquetTable(kind, file)
    table.write(found(record))
    table.close()
    assert file.getvalue().startswith(b"PAR1")
