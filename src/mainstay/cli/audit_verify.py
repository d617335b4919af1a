"""`mainstay audit verify`: whether journals and store are what was once written, from end to end."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.audit_lines import shown
from mainstay.cli.state_folder import ConfigOption, StateOption, configuration, state_folder, told
from mainstay.cli.store_address import UnknownStoreError, store_dsn
from mainstay.ledger.chain import Anchor
from mainstay.ledger.checkpoint import PublicKeys
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths, set_aside_paths
from mainstay.ledger.marks import marks_folder, read_marks
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from mainstay.ledger.store.verify import verify_store
from mainstay.ledger.verify import Finding, Severity, verify_journal
from mainstay.ledger.verify_checkpoints import verify_checkpoints
from mainstay.ledger.verify_lineage import verify_agreement, verify_lineage

T = TypeVar("T")

SOUND, BROKEN, UNKNOWN = 0, 1, 2
"""Exit codes."""
PAGE_ROWS: Final = 5_000

STYLES: Final[dict[Severity, str]] = {"note": "", "unknown": "yellow", "broken": "bold red"}
WORDS: Final[dict[Severity, str]] = {"note": "sound", "unknown": "CANNOT TELL", "broken": "BROKEN"}


class Display(Console):
    """Standard output, which goes on in silence when nobody reads it any more: the exit code stays the verdict."""

    def on_broken_pipe(self) -> None:
        """See rich, which would end the program."""
        self.quiet = True
        silence = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(silence, sys.stdout.fileno())
        os.close(silence)


class Report:
    """Prints findings as they come, and keeps what they amount to."""

    def __init__(self, show: Callable[[Text], object]) -> None:
        """`show` prints one line."""
        self._show = show
        self._severities: set[Severity] = set()
        self._first: tuple[str, Finding] | None = None

    def take(self, place: str, findings: Iterator[Finding]) -> bool:
        """Print what is found in one place. Tell whether it is sound."""
        severities: set[Severity] = set()
        for finding in findings:
            severities.add(finding.severity)
            if finding.severity == "broken" and self._first is None:
                self._first = place, finding
            self._show(_line(place, finding))
        self._severities |= severities
        return severities <= {"note"}

    def end(self) -> int:
        """Print the verdict; give the exit code."""
        if self._first is not None:
            self._show(Text.assemble(("broken: ", "bold red"), *_where(*self._first)))
            return BROKEN
        if "unknown" in self._severities:
            self._show(Text("cannot tell: nothing is known to be wrong, but not all could be verified", style="yellow"))
            return UNKNOWN
        self._show(Text("sound: every chain holds from its beginning to its end", style="green"))
        return SOUND


def verify(
    config: ConfigOption = None,
    state: StateOption = None,
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--keys", help="Public keys kept elsewhere; repeat for replicas. Default: state/keys/ledger/keys.json."
        ),
    ] = None,
) -> None:
    """Prove that no record was altered, removed or exchanged; name the first that was.

    Exit code 0: sound, 1: broken, 2: it cannot be told. A gateway may run meanwhile. With --state the store is the one
    in that folder.
    """
    config = configuration(config, state)
    folder = state_folder(config, state)
    report = Report(Display(soft_wrap=True, highlight=False).print)
    try:
        places = keys or [checkpoint_keys_folder(folder)]
        public_keys = {name: key for place in places for name, key in read_public_keys(place).items()}
    except LedgerError as error:
        told(str(error))
        raise typer.Exit(UNKNOWN) from error
    journals = [*set_aside_paths(folder), *journal_paths(folder)]
    with ExitStack() as stack:
        shop = _open(config, folder, report, stack)
        if not journals and shop is None and not marks_folder(folder).exists():
            told(f"{folder}: no journal here; name the gateway's state folder with --state or -c")
            raise typer.Exit(UNKNOWN)
        verify_all(folder, journals, public_keys, shop, report)
    raise typer.Exit(report.end())


def verify_all(folder: Path, journals: list[Path], keys: PublicKeys, store: Store | None, report: Report) -> None:
    """Verify every journal, what connects them, the store, and that they agree."""
    positions = Positions(store)
    for path in journals:
        if report.take(path.name, verify_journal(path, keys, marks_folder(folder))):
            report.take(path.name, verify_agreement(path, positions))
            report.take(path.name, verify_checkpoints(path, positions.checkpoints))
    report.take("state", verify_lineage(folder, keys, positions))
    if store is not None:
        report.take("store", verify_store(store, keys, read_marks(marks_folder(folder))))
    report.take("store", iter(positions.troubles))


class Positions:
    """How far chains are in the store, and of which records it has checkpoints, as far as it answers."""

    def __init__(self, store: Store | None) -> None:
        """Without a store nothing is known."""
        self.troubles: list[Finding] = []
        self._store = store

    def __call__(self, chain: str) -> Anchor | None:
        """Where the store is in this chain; `None` if it does not answer."""
        return self._asked(chain, lambda store: store.position(chain))

    def checkpoints(self, chain: str, after: int) -> list[int] | None:
        """Records, after the one with this number, that it has checkpoints of; `None` if it does not answer."""
        return self._asked(chain, lambda store: list(_checkpoints(store, chain, after)))

    def _asked(self, chain: str, question: Callable[[Store], T]) -> T | None:
        if self._store is None:
            return None
        try:
            return question(self._store)
        except LedgerError as error:
            self.troubles.append(Finding(chain, 0, "", str(error), "unknown"))
            return None


def _checkpoints(store: Store, chain: str, after: int) -> Iterator[int]:
    while page := store.checkpoints(chain, after, PAGE_ROWS):
        yield from (sequence for sequence, _ in page)
        after = page[-1][0]


def _open(config: Path | None, folder: Path, report: Report, stack: ExitStack) -> Store | None:
    """The store, for reading only; `None` if there is none or it does not answer, which is reported."""
    try:
        return stack.enter_context(closing(open_store(store_dsn(config), folder, read_only=True)))
    except MissingStoreError:
        if any(one.sequence for one in read_marks(marks_folder(folder)).values()):
            what = "there is none here, but marks tell of one that has records; if it is elsewhere, name it with -c"
            report.take("store", iter([Finding("", 0, "", what, "unknown")]))
        return None
    except (UnknownStoreError, LedgerError) as error:
        report.take("store", iter([Finding("", 0, "", f"it cannot be opened: {error}", "unknown")]))
        return None


def _line(place: str, finding: Finding) -> Text:
    severity = finding.severity
    return Text.assemble((WORDS[severity], STYLES[severity] or "green"), "  ", *_where(place, finding))


def _where(place: str, finding: Finding) -> tuple[str, ...]:
    parts = [shown(place)]
    if finding.chain and finding.chain != place:
        parts.append(f"chain {shown(finding.chain)}")
    if finding.severity != "note" and finding.sequence:
        parts.append(f"record {finding.sequence}" + (f" ({shown(finding.id)})" if finding.id else ""))
    return ("  ".join(parts), ": ", shown(finding.what))
