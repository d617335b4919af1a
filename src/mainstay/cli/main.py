"""The command `mainstay`."""

from typing import Annotated

import typer

from mainstay import __version__
from mainstay.cli.audit import audit_app
from mainstay.cli.check import check
from mainstay.cli.lab import lab_app
from mainstay.cli.planes import control, gateway
from mainstay.cli.up import up


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"mainstay {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="mainstay",
    help="Keeps LLM work going when a provider goes down.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command()(up)
app.command()(gateway)
app.command()(control)
app.command()(check)
app.add_typer(audit_app, name="audit")
app.add_typer(lab_app, name="lab")


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
