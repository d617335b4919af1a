"""`mainstay audit`: what happened, from the journal files alone; neither gateway nor control plane need to run."""

import math
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import sleep as pause
from typing import Annotated, Final

import typer
from rich.console import Console

from mainstay.cli.audit_export import export
from mainstay.cli.audit_follow import Blocks, Follower, run
from mainstay.cli.audit_lines import lines
from mainstay.cli.audit_operations import OPERATIONS_KINDS
from mainstay.cli.audit_verify import verify
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, state_folder, told
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.schema import Stored

EXCHANGES_MAX: Final = 10_000
EXCHANGE_KINDS: Final = frozenset({"exchange", "attempt"})
"""What is shown of an exchange. Its alerts and breaker changes come with all others."""
EVENT_KINDS: Final = (
    "alert",
    "breaker",
    "capacity",
    "configuration",
    "process",
    "access",
    "lease",
    "proof",
    *OPERATIONS_KINDS,
)

audit_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Show what happened to each request; prove and export all records."
)


audit_app.command()(verify)
audit_app.command()(export)


@audit_app.callback()
def audit() -> None:
    """Show what happened to each request, from the journal."""


@audit_app.command()
def tail(
    config: ConfigOption = None,
    state: StateOption = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=EXCHANGES_MAX, help="How many exchanges.")] = 20,
    exchange: Annotated[str | None, typer.Option("--exchange", help="Show this exchange only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records themselves, one per line.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens, until Ctrl-C.")] = False,
) -> None:
    """Show the last exchanges attempt by attempt, with the alerts and breaker changes between them, newest last."""
    folder = state_folder(config, state)
    show = show_json if as_json else show_lines
    # Looked at before the tail is read, so that nothing falls between the two.
    follower = Follower(folder, told) if follow else None
    try:
        rows = read_tail(folder, count) if exchange is None else read_exchange(folder, exchange)
    except LedgerError as error:
        if follower is None or journal_paths(folder):
            raise refusal(str(error)) from error
        told(f"{folder}: no journal yet, waiting for one")
        rows = []
    if not rows and exchange is not None and follower is None:
        raise refusal(f"no record of an exchange {exchange!r} in {folder}")
    show(rows)
    if follower is not None:
        follower.skip(rows)
        run(follower, exchange, show if as_json else Blocks(show).show, pause)


def show_json(rows: Sequence[Stored]) -> None:
    """Print the records themselves."""
    sys.stdout.writelines(f"{row.body.decode('utf-8', 'replace')}\n" for row in rows)
    sys.stdout.flush()


def show_lines(rows: Sequence[Stored]) -> None:
    """Print the records for a person."""
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
