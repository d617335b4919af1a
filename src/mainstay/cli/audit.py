"""`mainstay audit`: what happened, from the journal files alone; neither gateway nor control plane need to run."""

import math
import os
import sys
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.audit_lines import lines, shown
from mainstay.config.load import load
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.schema import Stored

STATE_DEFAULT: Final = Path("mainstay-data")
EXCHANGES_MAX: Final = 10_000
EXCHANGE_KINDS: Final = frozenset({"exchange", "attempt"})
"""What is shown of an exchange. Its alerts and breaker changes come with all others."""
EVENT_KINDS: Final = ("alert", "breaker", "configuration", "process")

audit_app = typer.Typer(no_args_is_help=True, help="Show what happened to each request.")


@audit_app.callback()
def audit() -> None:
    """Show what happened to each request, from the journal."""


@audit_app.command()
def tail(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Configuration file that names the state folder.")
    ] = None,
    state: Annotated[Path | None, typer.Option("--state", help="State folder; default: ./mainstay-data.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=EXCHANGES_MAX, help="How many exchanges.")] = 20,
    exchange: Annotated[str | None, typer.Option("--exchange", help="Show this exchange only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records themselves, one per line.")] = False,
) -> None:
    """Show the last exchanges attempt by attempt, with the alerts and breaker changes between them, newest last."""
    folder = _state_folder(config, state)
    try:
        rows = read_tail(folder, count) if exchange is None else read_exchange(folder, exchange)
    except LedgerError as error:
        raise _refusal(str(error)) from error
    if not rows and exchange is not None:
        raise _refusal(f"no record of an exchange {exchange!r} in {folder}")
    if as_json:
        sys.stdout.writelines(f"{row.body.decode()}\n" for row in rows)
        return
    console = Console(soft_wrap=True, highlight=False)
    for line in lines(rows):
        console.print(line)


def read_tail(folder: Path, count: int) -> list[Stored]:
    """Give the records of the last `count` exchanges and what happened between them, oldest first.

    Raises `LedgerError` if the folder holds no journal, or one that cannot be read.
    """
    with ExitStack() as stack:
        readers = _readers(folder, stack)
        ended = [(row, reader) for reader in readers for row in reader.tail(count, "exchange")]
        ended.sort(key=lambda one: one[0].at)
        # Where the journal holds fewer exchanges than were asked for, everything belongs to the answer.
        start = ended[-count][0].at if len(ended) >= count else -math.inf
        rows: list[Stored] = []
        for reader in readers:
            chosen = {row.id for row, its_reader in ended[-count:] if its_reader is reader}
            rows += (row for row in reader.by_exchanges(chosen) if row.kind in EXCHANGE_KINDS)
            rows += (row for kind in EVENT_KINDS for row in reader.newest_since(kind, start, count))
            rows += _unfinished(reader, start, count, chosen)
        return _in_order(rows)


def read_exchange(folder: Path, exchange: str) -> list[Stored]:
    """Give everything that is written about one exchange, oldest first. Raises `LedgerError` as `read_tail` does."""
    with ExitStack() as stack:
        return _in_order(row for reader in _readers(folder, stack) for row in reader.by_exchange(exchange))


def _unfinished(reader: RecordReader, start: float, count: int, ended: Collection[str]) -> list[Stored]:
    """The newest attempts whose exchange has not ended in the journal; that those of `ended` have is known."""
    attempts = [row for row in reader.newest_since("attempt", start, count) if row.exchange not in ended]
    about = reader.by_exchanges({row.exchange for row in attempts})
    also_ended = {row.exchange for row in about if row.kind == "exchange"}
    return [row for row in attempts if row.exchange not in also_ended]


def _in_order(rows: Iterable[Stored]) -> list[Stored]:
    return sorted(rows, key=lambda row: (row.at, row.sequence))


def _readers(folder: Path, stack: ExitStack) -> list[RecordReader]:
    paths = journal_paths(folder)
    if not paths:
        raise LedgerError(f"{folder}: no journal here; name the gateway's state folder with --state or -c")
    return [stack.enter_context(RecordReader(path)) for path in paths]


def _state_folder(config: Path | None, state: Path | None) -> Path:
    if state is not None:
        return state
    if config is None:
        return STATE_DEFAULT
    snapshot = load(config, os.environ, lenient=True).snapshot
    if snapshot is None:
        raise _refusal(f"{config} has mistakes (see `mainstay check -c {config}`); name the state folder with --state")
    return snapshot.state


def _refusal(reason: str) -> typer.Exit:
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(shown(reason)))
    return typer.Exit(1)
