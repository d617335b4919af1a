"""The command `mainstay`."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import typer

from mainstay import __version__
from mainstay.cli.lazy import LazyCommands


class Commands(LazyCommands):
    """All commands."""

    places: ClassVar[Mapping[str, str]] = {
        "up": "mainstay.cli.up:up",
        "gateway": "mainstay.cli.gateway:gateway",
        "control": "mainstay.cli.control:control",
        "cache": "mainstay.cli.cache:cache_app",
        "check": "mainstay.cli.check:check",
        "doctor": "mainstay.cli.doctor:doctor",
        "audit": "mainstay.cli.audit:audit_app",
        "incident": "mainstay.cli.incident:incident_app",
        "lab": "mainstay.cli.lab:lab_app",
        "notify": "mainstay.cli.notify:notify_app",
        "people": "mainstay.cli.people:people_app",
        "playbook": "mainstay.cli.playbook:playbook_app",
        "route": "mainstay.cli.route:route_app",
        "status-page": "mainstay.cli.status_page:status_page_app",
        "token": "mainstay.cli.token:token_app",
        "trouble": "mainstay.cli.trouble:trouble",
    }


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"mainstay {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="mainstay",
    cls=Commands,
    help="Keeps LLM work going when a provider goes down.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
