"""Which state folder a command is about, and how a command says no."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.audit_lines import shown
from mainstay.config.load import load
from mainstay.config.yaml_text import FILE_BYTES_MAX, parse

STATE_DEFAULT: Final = Path("mainstay-data")
FILE_DEFAULT: Final = Path("mainstay.yaml")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="Configuration file that names the state folder; default: mainstay.yaml, if it is here.",
    ),
]
StateOption = Annotated[Path | None, typer.Option("--state", help="State folder; default: ./mainstay-data.")]


def configuration(config: Path | None, state: Path | None) -> Path | None:
    """The file that a command is about: the one that is named, or (unless a state folder is) the one that lies here,
    which `mainstay up` would take as well."""
    return FILE_DEFAULT if config is None and state is None and FILE_DEFAULT.is_file() else config


def state_folder(config: Path | None, state: Path | None) -> Path:
    """The folder that is named, or that the configuration file names, or the usual one. Raises `typer.Exit`."""
    if state is not None:
        return state
    config = configuration(config, state)
    if config is None:
        return STATE_DEFAULT
    snapshot = load(config, os.environ, lenient=True).snapshot
    return _state_in_spite_of_mistakes(config) if snapshot is None else snapshot.state


def _state_in_spite_of_mistakes(config: Path) -> Path:
    """The folder that a file with mistakes means: whoever looks after its gateway needs it most then."""
    try:
        with config.open("rb") as file:
            tree = parse(file.read(FILE_BYTES_MAX + 1)).tree
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise refusal(f"{config}: {reason}; name another file with -c, or the state folder with --state") from error
    named = tree.get("state", str(STATE_DEFAULT)) if isinstance(tree, dict) else None
    if not isinstance(named, str) or not named:
        raise refusal(f"{config} has mistakes (see `mainstay check -c {config}`); name the state folder with --state")
    return (config.parent / named).absolute()


def refusal(reason: str) -> typer.Exit:
    """The end of a command that cannot do what it was asked; the reason goes to standard error."""
    told(reason)
    return typer.Exit(1)


def told(line: str) -> None:
    """Say something to the person, on standard error, safe for a terminal."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(shown(line)))
