"""`mainstay audit export`: all records, from the store and from the journals that are not shipped yet."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from mainstay.cli.export_writers import KINDS, CsvTable, JsonLines, ParquetTable, Tables, UnfitRecordError, Writer
from mainstay.cli.state_folder import ConfigOption, StateOption, configuration, refusal, state_folder, told
from mainstay.cli.store_address import UnknownStoreError, store_dsn
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths, set_aside_paths
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Query, Store
from mainstay.ledger.store.whole import Whole

UNFINISHED: Final = ".part"
"""Ends the name of a file that is not whole yet."""


class Format(StrEnum):
    """How records are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def export(  # noqa: PLR0913, PLR0917 - each argument is one option of the command
    output_format: Annotated[Format, typer.Option("--format", help="jsonl: the records as they are.")],
    config: ConfigOption = None,
    state: StateOption = None,
    since: Annotated[str | None, typer.Option("--since", help="First instant, such as 2026-03-02T10:00 (UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="The instant behind the last one.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help=f"Only these records: {', '.join(KINDS)}.")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant's.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; for tables of all kinds a folder.")
    ] = None,
) -> None:
    """Write all records to a file: those of the store, then what the journals here have not shipped yet.

    With --state the store is the one in that folder. Exit code 1: records may be missing, and why.
    """
    if kind is not None and kind not in KINDS:
        raise refusal(f"there are no records of that kind; --kind is one of: {', '.join(KINDS)}")
    if output_format is not Format.JSONL and kind is None and output is None:
        raise refusal(
            f"a table holds one kind of record: name it with --kind ({', '.join(KINDS)}), or a folder with -o"
        )
    if output_format is Format.PARQUET and output is None:
        raise refusal("name the file with -o: Parquet cannot be written to a terminal")
    query = Query(since=_instant(since), until=_instant(until), kind=kind, tenant=tenant)
    config = configuration(config, state)
    folder = state_folder(config, state)
    try:
        problems = _export(store_dsn(config), folder, query, lambda: _opened(output_format, kind, output))
    except BrokenPipeError:
        # Whoever reads us has enough. Not our trouble, and a word about it would stand among the words of others.
        raise
    except (UnknownStoreError, LedgerError) as error:
        raise refusal(f"export: not finished: {error}") from error
    except OSError as error:
        where = f"{error.filename.removesuffix(UNFINISHED)}: " if isinstance(error.filename, str) else ""
        raise refusal(f"export: not finished: {where}{error.strerror or error}") from error
    for problem in problems:
        told(f"records may be missing: {problem}")
    if problems:
        raise typer.Exit(1)


def _export(
    dsn: str | None, folder: Path, query: Query, opened: Callable[[], AbstractContextManager[Writer]]
) -> list[str]:
    """Write everything; give the reasons why something may be missing. Raises `LedgerError` or `OSError`."""
    journals = [*set_aside_paths(folder), *journal_paths(folder)]
    with ExitStack() as stack:
        store = _store(dsn, folder, stack)
        if store is None and not journals:
            raise LedgerError(f"{folder}: no store and no journal here; name the state folder with --state or -c")
        whole = Whole(store, journals, query)
        writer = stack.enter_context(opened())
        unfit, first = 0, ""
        for found in whole.records():
            try:
                writer.write(found)
            except UnfitRecordError as error:
                unfit += 1
                first = first or f"record {found.row.sequence} of {found.chain}: {error}"
    left_out = [f"{unfit} records do not fit into a table, the first is {first}; use jsonl"] if unfit else []
    return [*whole.problems, *left_out]


def _store(dsn: str | None, folder: Path, stack: ExitStack) -> Store | None:
    try:
        return stack.enter_context(closing(open_store(dsn, folder, read_only=True)))
    except MissingStoreError:
        return None


@contextmanager
def _opened(output_format: Format, kind: str | None, output: Path | None) -> Iterator[Writer]:
    """A writer to the output. Files get their names when they are whole."""
    with ExitStack() as stack:
        if output is None:
            writer = _writer(output_format, kind, sys.stdout.buffer)
        elif kind is None and output_format is not Format.JSONL:
            output.mkdir(parents=True, exist_ok=True)
            files = {one: stack.enter_context(_file(output / f"{one}.{output_format}")) for one in KINDS}
            writer = Tables({one: _writer(output_format, one, file) for one, file in files.items()})
        else:
            writer = _writer(output_format, kind, stack.enter_context(_file(output)))
        yield writer
        writer.close()


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _writer(output_format: Format, kind: str | None, file: BinaryIO) -> Writer:
    match output_format:
        case Format.CSV if kind is not None:
            return CsvTable(kind, file)
        case Format.PARQUET if kind is not None:
            return ParquetTable(kind, file)
        case _:
            return JsonLines(file)


def _instant(text: str | None) -> float | None:
    """Seconds since 1970 of a date, or date and time, in ISO 8601; UTC where it names no zone."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise refusal(f"{text!r} is no instant; write 2026-03-02 or 2026-03-02T10:00") from error
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
