"""`mainstay playbook`: what is done when something happens. Works on the store itself: what it asks for is done as soon
as a control plane acts."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.book import opened_book
from mainstay.cli.check import print_findings
from mainstay.cli.order_desk import desk_of
from mainstay.cli.people_evidence import VIA, user_name
from mainstay.cli.playbook_lines import list_lines, plan_lines, playbook_lines, run_lines, run_list_lines
from mainstay.cli.state_folder import ConfigOption, StateOption, configuration, refusal, told
from mainstay.config.check_playbook_names import ANY_NAME, Names, names_of
from mainstay.config.load import Loaded, load
from mainstay.config.load_playbooks import load_playbooks
from mainstay.config.yaml_text import FILE_BYTES_MAX
from mainstay.control.incidents.desk import IncidentDesk
from mainstay.control.operations.effects import KnownFacts
from mainstay.control.playbooks.desk import DeskTools, PlaybookDesk, PlaybookError, Request
from mainstay.control.playbooks.desk_orders import DeskOrders
from mainstay.control.playbooks.library import DamagedLibraryError, playbooks_for, ready_text
from mainstay.control.playbooks.order_checks import forbidden_orders
from mainstay.control.playbooks.writing import Author
from mainstay.gateway.identity import id_maker
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.model.playbook import Playbook
from mainstay.ops.playbooks.approvals import Voter

ROLE: Final = "admin"
"""Whoever may write the state folder may do all that an admin may."""

playbook_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="See, plan, run and approve what is done when something happens."
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The playbook.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The run, such as RUN-7.")]
IncidentOption = Annotated[str, typer.Option("--incident", help="The incident that it is about, such as INC-7.")]
ComponentOption = Annotated[
    str,
    typer.Option("--component", help="What it is about, such as upstream:NAME; default: what the incident affects."),
]
CredentialOption = Annotated[str, typer.Option("--credential", help="The upstream's credential that it is about.")]
CommentOption = Annotated[str, typer.Option("--comment", help="Why; kept with the answer.")]
StepOption = Annotated[str, typer.Option("--step", help="Only if it asks for this step.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@playbook_app.callback()
def playbook() -> None:
    """See, plan, run and approve what is done when something happens."""


@playbook_app.command("list")
def list_playbooks(config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Show all playbooks: those of the configuration, and those that come with the product."""
    found = tuple(_playbooks(config, state).values())
    if as_json:
        _print_json(found)
    else:
        _print(list_lines(found))


@playbook_app.command()
def show(
    name: Name,
    config: ConfigOption = None,
    state: StateOption = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the file of a ready playbook, to copy and change.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a playbook does, step by step."""
    found = _playbooks(config, state)
    if name not in found:
        raise refusal(f"there is no playbook {name[:100]!r}; there are {', '.join(found)}")
    if yaml:
        try:
            typer.echo(ready_text(name), nl=False)
        except DamagedLibraryError as error:
            raise refusal(f"{name} does not come with the product; see your own file") from error
    elif as_json:
        _print_json(found[name])
    else:
        _print(playbook_lines(found[name]))


@playbook_app.command()
def plan(  # noqa: PLR0913, PLR0917 - typer gives each option an argument
    name: Name,
    config: ConfigOption = None,
    state: StateOption = None,
    incident: IncidentOption = "",
    component: ComponentOption = "",
    credential: CredentialOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what a run would do as things are, without doing it: orders with their effect, who is asked and told."""
    with _desk(config, state, read_only=True) as desk:
        made = desk.plan(Request(name, incident, component, credential))
    if as_json:
        _print_json(made)
    else:
        _print(plan_lines(made))


@playbook_app.command()
def run(
    name: Name,
    config: ConfigOption = None,
    state: StateOption = None,
    incident: IncidentOption = "",
    component: ComponentOption = "",
    credential: CredentialOption = "",
) -> None:
    """Run a playbook. A control plane that acts carries it on; its steps ask for approval as they do otherwise."""
    with _desk(config, state) as desk:
        begun = desk.run(Request(name, incident, component, credential), _me())
    typer.echo(f"{begun.run} began; see it with: mainstay playbook runs {begun.run}")


@playbook_app.command()
def runs(
    name: Annotated[str, typer.Argument(metavar="[RUN]", help="Show all of this run.")] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    is_waiting: Annotated[bool, typer.Option("--waiting", help="Only those that ask for approval.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="At most so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show the newest runs, or all of one."""
    with _desk(config, state, read_only=True) as desk:
        try:
            found = (desk.read(name),) if name else desk.waiting()[:limit] if is_waiting else desk.runs(limit)
        except MissingStoreError:
            found = ()
    if as_json:
        _print_json(found)
    elif name and found:
        _print(run_lines(found[0]))
    elif found:
        _print(run_list_lines(found))
    else:
        told("no runs")


@playbook_app.command()
def approve(
    name: Run,
    config: ConfigOption = None,
    state: StateOption = None,
    step: StepOption = "",
    comment: CommentOption = "",
) -> None:
    """Agree to what a run asks."""
    with _desk(config, state) as desk:
        after = desk.approve(name, _voter(), VIA, step=step, comment=comment)
    _print(run_list_lines([after]))


@playbook_app.command()
def refuse(
    name: Run,
    config: ConfigOption = None,
    state: StateOption = None,
    step: StepOption = "",
    comment: CommentOption = "",
) -> None:
    """Say no to what a run asks."""
    with _desk(config, state) as desk:
        after = desk.refuse(name, _voter(), VIA, step=step, comment=comment)
    _print(run_list_lines([after]))


@playbook_app.command()
def cancel(
    name: Run,
    config: ConfigOption = None,
    state: StateOption = None,
    why: Annotated[str, typer.Option("--why", help="Why; kept with the run.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Undo what it did, the last first.")] = False,
) -> None:
    """Stop a run where it is."""
    with _desk(config, state) as desk:
        after = desk.cancel(name, _me(), why=why, is_undone=undo)
    _print(run_list_lines([after]))


@playbook_app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file with the section playbooks.")],
    config: ConfigOption = None,
) -> None:
    """Check a file of playbooks: every mistake at once, each with its path."""
    try:
        with file.open("rb") as stream:
            text = stream.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise refusal(f"{file}: {getattr(error, 'strerror', None) or 'not a path'}") from error
    names = _names(configuration(config, None))
    found = load_playbooks(text, names)
    if names.is_known:
        orders = DeskOrders(desk_of(config, None).desk)
        refused = tuple(forbidden_orders(found.playbooks, orders, time.time()))
        found = msgspec.structs.replace(found, mistakes=(*found.mistakes, *refused))
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    print_findings(console, file, Loaded(None, found.mistakes, found.warnings))
    if found.mistakes:
        raise typer.Exit(1)
    hint = "" if names.is_known else "; names of upstreams and models were not checked: name the configuration with -c"
    typer.echo(f"{file} is good: {', '.join((*found.playbooks, *found.modes)) or 'no playbooks'}{hint}")


def _names(config: Path | None) -> Names:
    if config is None:
        return ANY_NAME
    loaded = load(config, os.environ, lenient=True)
    if loaded.snapshot is None:
        told(f"{config} has mistakes (see `mainstay check -c {config}`): its names are not known")
        return ANY_NAME
    return names_of(loaded.snapshot.file, loaded.snapshot.file.upstreams)


def _playbooks(config: Path | None, state: Path | None) -> Mapping[str, Playbook]:
    file = configuration(config, state)
    if file is None:
        return playbooks_for({})
    snapshot = load(file, os.environ, lenient=True).snapshot
    if snapshot is None:
        raise refusal(f"{file} has mistakes: see `mainstay check -c {file}`")
    return playbooks_for(snapshot.file.playbooks)


@contextmanager
def _desk(config: Path | None, state: Path | None, *, read_only: bool = False) -> Iterator[PlaybookDesk]:
    with opened_book(config, state, read_only=read_only) as book:
        next_id = id_maker()
        # What detection sees is known to the control plane alone; conditions over it are shown as not holding.
        facts = KnownFacts(tuple, IncidentDesk(book, time.time, next_id), dict)
        orders = DeskOrders(desk_of(config, state).desk)
        playbooks = _playbooks(config, state)
        try:
            yield PlaybookDesk(DeskTools(book, lambda: playbooks, facts, orders, time.time, next_id))
        except PlaybookError as error:
            raise refusal(str(error)) from error


def _me() -> Author:
    return Author(user_name(), VIA)


def _voter() -> Voter:
    return Voter(user_name(), ROLE)


def _print(lines: Iterator[Text]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        console.print(line)


def _print_json(value: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
