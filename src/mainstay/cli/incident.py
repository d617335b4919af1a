"""`mainstay incident`: lead incidents. Works on the store itself, so that no control plane need run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.book import opened_book
from mainstay.cli.incident_lines import incident_lines, list_lines
from mainstay.cli.incident_report import report
from mainstay.cli.incident_words import affected_of, instant_of, text_of, word_of
from mainstay.cli.people_evidence import VIA, user_name
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, told
from mainstay.control.incidents.desk import Author, IncidentDesk, Terms
from mainstay.control.incidents.shelf import KNOWN_MAX
from mainstay.gateway.identity import id_maker
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.model.incident import (
    Acknowledged,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Posted,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
)
from mainstay.ops.incidents.state import IncidentState, Refused
from mainstay.ops.incidents.summary import summary

incident_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Lead incidents: open them, tell everybody, resolve them."
)

incident_app.command()(report)

ROLES: Final = ("commander", "deputy", "scribe", "liaison", "responder")
KINDS: Final = ("order", "run", "provider", "report")

Id = Annotated[str, typer.Argument(metavar="ID", help="The incident, such as INC-7 or 7.")]
Words = Annotated[str, typer.Argument(metavar="TEXT", help="The text; - reads standard input.")]
AtOption = Annotated[str | None, typer.Option("--at", help="When it happened, if not now: 2026-03-02T11:45:00Z.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@incident_app.callback()
def incident() -> None:
    """Lead incidents: open them, tell everybody, resolve them."""


@incident_app.command("list")
def list_incidents(
    config: ConfigOption = None,
    state: StateOption = None,
    is_all: Annotated[bool, typer.Option("--all", help="Resolved and merged ones too.")] = False,
    search: Annotated[str, typer.Option("--search", help="Only those in which these words occur.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=KNOWN_MAX, help="At most so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show the incidents that are open, the newest first."""
    found: Sequence[IncidentState] = ()
    with opened_book(config, state, read_only=True) as book:
        desk = IncidentDesk(book, time.time, id_maker())
        try:
            chosen = desk.search(search, limit) if search else desk.recent(limit) if is_all else desk.current()[:limit]
            found = chosen if is_all or not search else [one for one in chosen if one.is_open]
        except MissingStoreError:
            found = ()
    if as_json:
        _print_json([summary(one) for one in found])
    elif found:
        _print(list_lines(found, time.time()))
    else:
        told("no incidents" if is_all else "no open incidents; `mainstay incident list --all` shows the others")


@incident_app.command()
def show(name: Id, config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Show an incident and its timeline. Lines with * are for everybody."""
    found = _read(name, config, state)
    if as_json:
        _print_json(found)
    else:
        _print(incident_lines(found, time.time()))


@incident_app.command("open")
def open_incident(  # noqa: PLR0913, PLR0917 - typer gives each option an argument
    title: Annotated[str, typer.Argument(help="What is wrong, in a few words.")],
    config: ConfigOption = None,
    state: StateOption = None,
    impact: Annotated[str, typer.Option("--impact", help="none, minor, major or critical.")] = "minor",
    component: Annotated[
        list[str] | None,
        typer.Option("--component", help="What is affected: COMPONENT or COMPONENT=STATUS; repeatable."),
    ] = None,
    text: Annotated[str, typer.Option("--text", help="The first update for everybody; - reads standard input.")] = "",
    is_private: Annotated[bool, typer.Option("--private", help="Keep it from the status page.")] = False,
    started_at: Annotated[str | None, typer.Option("--started-at", help="When the trouble began, if not now.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Open an incident."""
    began_at = instant_of(started_at)
    opened = Opened(
        title,
        word_of(Impact, impact, "an impact"),
        "hand",
        time.time() if began_at is None else began_at,
        tuple(affected_of(one) for one in component or ()),
        text_of(text),
        is_private=is_private,
    )
    with _desk(config, state) as desk:
        _done(desk.open(opened, _me()), as_json=as_json)


@incident_app.command()
def post(name: Id, text: Words, config: ConfigOption = None, state: StateOption = None, at: AtOption = None) -> None:
    """Tell everybody how it goes on."""
    _add(name, Posted(text_of(text)), config, state, at)


@incident_app.command()
def move(
    name: Id,
    status: Annotated[
        str, typer.Argument(help="investigating, identified, monitoring or resolved; any may follow any.")
    ],
    config: ConfigOption = None,
    state: StateOption = None,
    text: Annotated[str, typer.Option("--text", help="A word to everybody; - reads standard input.")] = "",
    at: AtOption = None,
) -> None:
    """Say where the work stands. From resolved to another status reopens the incident."""
    _add(name, Moved(word_of(IncidentStatus, status, "a status"), text_of(text)), config, state, at)


@incident_app.command()
def note(name: Id, text: Words, config: ConfigOption = None, state: StateOption = None, at: AtOption = None) -> None:
    """Write a note for those who work on it; it is never on the status page."""
    _add(name, Noted(text_of(text)), config, state, at)


@incident_app.command()
def rate(
    name: Id,
    impact: Annotated[str, typer.Argument(help="none, minor, major or critical.")],
    config: ConfigOption = None,
    state: StateOption = None,
    why: Annotated[str, typer.Option("--why", help="Why it is so.")] = "",
    at: AtOption = None,
) -> None:
    """Say how much callers feel of it."""
    _add(name, Rated(word_of(Impact, impact, "an impact"), why), config, state, at)


@incident_app.command()
def scope(
    name: Id,
    components: Annotated[list[str], typer.Argument(metavar="COMPONENT=STATUS...", help="Others stay as they are.")],
    config: ConfigOption = None,
    state: StateOption = None,
    at: AtOption = None,
) -> None:
    """Say what is affected, and how."""
    _add(name, Scoped(tuple(affected_of(one) for one in components)), config, state, at)


@incident_app.command()
def title(
    name: Id,
    title: Annotated[str, typer.Argument(help="The new title.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Give it another title."""
    _add(name, Retitled(title), config, state)


@incident_app.command()
def role(
    name: Id,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")],
    person: Annotated[str | None, typer.Argument(help='Who takes it; default: you. "" gives it back.')] = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Give a role to somebody. Whoever commands an incident leads it: nothing is decided by itself any more."""
    if role not in ROLES:
        raise refusal(f"a role is one of {', '.join(ROLES)}")
    _add(
        name,
        msgspec.convert(
            {"type": "staffed", "role": role, "person": user_name() if person is None else person}, Staffed
        ),
        config,
        state,
    )


@incident_app.command()
def ack(name: Id, config: ConfigOption = None, state: StateOption = None) -> None:
    """Say that you have seen it and act: nobody else is called."""
    _add(name, Acknowledged(), config, state)


@incident_app.command()
def link(
    name: Id,
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="Id of the order or run, address of a provider's incident.")
    ],
    config: ConfigOption = None,
    state: StateOption = None,
    text: Annotated[str, typer.Option("--text", help="What it has to do with it.")] = "",
) -> None:
    """Say that something belongs to it."""
    if kind not in KINDS:
        raise refusal(f"a link is one of {', '.join(KINDS)}")
    _add(name, msgspec.convert({"type": "linked", "kind": kind, "id": what, "text": text}, Linked), config, state)


@incident_app.command()
def merge(
    name: Id,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The incident that goes on for both.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Make it part of another incident, which goes on for both."""
    _add(name, Merged(into), config, state)


@incident_app.command()
def publish(name: Id, config: ConfigOption = None, state: StateOption = None) -> None:
    """Show it on the status page."""
    _add(name, Published(is_private=False), config, state)


@incident_app.command()
def hide(name: Id, config: ConfigOption = None, state: StateOption = None) -> None:
    """Keep it from the status page."""
    _add(name, Published(is_private=True), config, state)


def _add(name: str, event: IncidentEvent, config: ConfigOption, state: StateOption, at: str | None = None) -> None:
    happened_at = instant_of(at)
    _read(name, config, state)
    with _desk(config, state) as desk:
        _done(desk.add(name, event, _me(), Terms(at=happened_at)))


def _read(name: str, config: ConfigOption, state: StateOption) -> IncidentState:
    """The incident, without making a store where there is none."""
    with opened_book(config, state, read_only=True) as book:
        found = IncidentDesk(book, time.time, id_maker()).read(name)
    if found is None:
        raise refusal(f"there is no incident {name[:20]!r}; `mainstay incident list --all` shows all")
    return found


@contextmanager
def _desk(config: ConfigOption, state: StateOption) -> Iterator[IncidentDesk]:
    with opened_book(config, state) as book:
        yield IncidentDesk(book, time.time, id_maker())


def _me() -> Author:
    return Author(user_name(), VIA)


def _done(written: IncidentState | Refused, *, as_json: bool = False) -> None:
    if isinstance(written, Refused):
        raise refusal(written.words)
    if as_json:
        _print_json(summary(written))
    else:
        _print(list_lines([written], time.time()))


def _print(lines: Iterator[Text]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        console.print(line)


def _print_json(value: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
