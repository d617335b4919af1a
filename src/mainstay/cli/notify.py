"""`mainstay notify`: who would be told of trouble, and whether it arrives. Works while the control plane is down."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainstay.cli.audit_lines import instant, shown
from mainstay.cli.check import print_findings
from mainstay.cli.state_folder import FILE_DEFAULT, refusal, told
from mainstay.config.load import load
from mainstay.config.notification_settings import NotificationSettings
from mainstay.config.snapshot import Snapshot
from mainstay.control.notices.desk import TrialOutcome, trial_message, trial_record
from mainstay.control.notices.senders import Bounded
from mainstay.control.notices.sending import kind_of, place_of_target, send
from mainstay.control.notices.shelf import ENDS
from mainstay.gateway.identity import id_maker
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import EVERY_LINE, Query
from mainstay.model.notice import NoticePolicy, Severity
from mainstay.model.records import NoticeRecord
from mainstay.wiring.control_journal import write_records

AT_ONCE: Final = 8
DAYS_SHOWN: Final = 30
DAY_SECONDS: Final = 86_400.0
NEWEST_MAX: Final = 2_000
STYLES: Final = {"sent": "green", "failed": "yellow", "limited": "yellow", "gave-up": "bold red"}

notify_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="See who is told of trouble, and test that it arrives."
)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="Configuration file; default: mainstay.yaml, if it is here.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class TargetLine(msgspec.Struct, frozen=True):
    """A target as it is listed. `severity` is the least that it hears of by a route, empty for none; `outcome` is
    what became last of a notice, and `at` when (seconds since 1970)."""

    name: str
    kind: str
    place: str
    severity: str = ""
    escalation: bool = False
    outcome: str = ""
    at: float | None = None
    text: str = ""


@notify_app.callback()
def notify() -> None:
    """See who is told of trouble, and test that it arrives."""


@notify_app.command("test")
def send_test(
    target: Annotated[str | None, typer.Argument(help="Name of a target; default: all of them.")] = None,
    severity: Annotated[Severity, typer.Option("--severity", help="How grave the test looks.")] = Severity.INFO,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a test to one target or to all, now, whatever routes and limits say.

    The exit code is 0 when every one arrived and 1 when one did not.
    """
    snapshot = _snapshot(config)
    settings = snapshot.notifications
    names = _chosen(settings, target)
    console = Console(stderr=True)
    with console.status("sending"), ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(partial(_try, settings, severity), names))
    make_id, wall = id_maker(), time.time()
    records = [
        trial_record(make_id(), wall, one.target, severity, is_sent=one.is_sent, text=one.text) for one in outcomes
    ]
    if trouble := write_records(snapshot.state, records):
        told(f"warning: the outcome is not written down in the journal: {trouble}")
    if as_json:
        typer.echo(msgspec.json.encode(outcomes).decode())
    else:
        _print_outcomes(settings, outcomes)
    if not all(one.is_sent for one in outcomes):
        raise typer.Exit(1)


@notify_app.command("list")
def list_targets(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show all targets: what they hear of, and what became of the last notice. No secrets are shown."""
    snapshot = _snapshot(config)
    settings = snapshot.notifications
    last = _last_outcomes(snapshot)
    lines = [_line(name, settings, last.get(name)) for name in settings.targets]
    if as_json:
        typer.echo(msgspec.json.encode(lines).decode())
    elif not lines:
        told("no targets: nobody is told of trouble; see `notifications` in docs/notifications.md")
    else:
        _print_lines(lines)


def _snapshot(config: Path | None) -> Snapshot:
    path = config or FILE_DEFAULT
    if config is None and not path.is_file():
        raise refusal("there is no mainstay.yaml here; name the file with -c")
    loaded = load(path, os.environ, lenient=True)
    if loaded.snapshot is None:
        print_findings(Console(stderr=True, soft_wrap=True, highlight=False), path, loaded)
        raise typer.Exit(1)
    return loaded.snapshot


def _chosen(settings: NotificationSettings, target: str | None) -> list[str]:
    if not settings.targets:
        raise refusal("there are no targets under `notifications` to test")
    if target is not None and target not in settings.targets:
        raise refusal(f"there is no target {target!r}; there are {', '.join(sorted(settings.targets))}")
    return list(settings.targets) if target is None else [target]


def _try(settings: NotificationSettings, severity: Severity, name: str) -> TrialOutcome:
    message = trial_message(id_maker()(), time.time(), severity)
    began_at = time.monotonic()
    sent = Bounded().run(partial(send, settings.targets[name], message, message.at))
    return TrialOutcome(name, sent.is_sent, time.monotonic() - began_at, sent.text)


def _print_outcomes(settings: NotificationSettings, outcomes: Sequence[TrialOutcome]) -> None:
    table = Table("target", "kind", "where", "outcome", "seconds", "why", box=None, pad_edge=False)
    for one in outcomes:
        target = settings.targets[one.target]
        word = ("sent", "green") if one.is_sent else ("failed", "bold red")
        about = (one.target, kind_of(target), Text(place_of_target(target)), Text(*word))
        table.add_row(*about, f"{one.seconds:.1f}", Text(shown(one.text)))
    Console(soft_wrap=True, highlight=False).print(table)


def _print_lines(lines: Sequence[TargetLine]) -> None:
    table = Table("target", "kind", "where", "hears", "last", "when", "why", box=None, pad_edge=False)
    for one in lines:
        hears = f"{one.severity} and graver" if one.severity else "nothing by routes"
        hears += ", escalations" if one.escalation else ""
        when = "" if one.at is None else instant(one.at)
        last = Text(one.outcome or "-", style=STYLES.get(one.outcome, ""))
        table.add_row(one.name, one.kind, Text(shown(one.place)), hears, last, when, Text(shown(one.text)))
    Console(soft_wrap=True, highlight=False).print(table)


def _line(name: str, settings: NotificationSettings, last: NoticeRecord | None) -> TargetLine:
    target = settings.targets[name]
    heard = _least_severity(settings.policy, name)
    is_escalation = any(name in route.escalate_to for route in settings.policy.routes)
    line = TargetLine(name, kind_of(target), place_of_target(target), heard, is_escalation)
    if last is None:
        return line
    return msgspec.structs.replace(line, outcome=last.outcome, at=last.at, text=last.text)


def _least_severity(policy: NoticePolicy, name: str) -> str:
    found = [route.severity for route in policy.routes if name in route.targets]
    return min(found, key=lambda severity: severity.rank).value if found else ""


def _last_outcomes(snapshot: Snapshot) -> dict[str, NoticeRecord]:
    """What became last of a notice at each target, as the journals here and the store say."""
    last: dict[str, NoticeRecord] = {}
    for body in (*_of_journals(snapshot.state), *_of_store(snapshot)):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            record = msgspec.json.decode(body, type=NoticeRecord)
            before = last.get(record.target)
            if record.outcome in ENDS and (before is None or record.at > before.at):
                last[record.target] = record
    return last


def _of_journals(state: Path) -> Iterator[bytes]:
    since = time.time() - DAYS_SHOWN * DAY_SECONDS
    for path in journal_paths(state):
        try:
            with RecordReader(path) as reader:
                rows = reader.newest_since("notice", since, NEWEST_MAX)
        except LedgerError as error:
            told(f"{path}: {error}")
            continue
        yield from (row.body for row in rows)


def _of_store(snapshot: Snapshot) -> Iterator[bytes]:
    dsn = None if snapshot.store is None else snapshot.store.value
    query = Query(since=time.time() - DAYS_SHOWN * DAY_SECONDS, kind="notice")
    try:
        store = open_store(dsn, snapshot.state, read_only=True)
    except LedgerError as error:
        if dsn is not None:
            told(f"outcomes on other machines are not known: {error}")
        return
    try:
        rows = store.newest(query, EVERY_LINE, None, NEWEST_MAX, NEWEST_MAX).rows
    except LedgerError as error:
        told(f"outcomes on other machines are not known: {error}")
        return
    finally:
        store.close()
    yield from (row.body for row in rows)
