"""`mainstay incident report`: the report after an incident, from the store; no control plane need run."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.book import opened_book
from mainstay.cli.state_folder import ConfigOption, StateOption, configuration, refusal, state_folder, told
from mainstay.cli.store_address import UnknownStoreError, store_dsn
from mainstay.config.load import load
from mainstay.control.incidents.desk import IncidentDesk
from mainstay.control.report.desk import Format, ReportDesk, written
from mainstay.gateway.identity import id_maker
from mainstay.ledger.store.opening import open_store
from mainstay.model.settings import Clocks


def report(
    name: Annotated[str, typer.Argument(metavar="ID", help="The incident, such as INC-7 or 7.")],
    config: ConfigOption = None,
    state: StateOption = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="md, html or pdf; without it, what the file's name ends with, else md."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it to this file, not to the screen.")] = None,
) -> None:
    """Write the report of an incident: course, who knew first, impact, what may have contributed, what is not known."""
    chosen = form or _form_of(out)
    if out is None and chosen is Format.PDF and sys.stdout.isatty():
        raise refusal("a PDF is no text for a screen: name a file with --out")
    content = _made(name, config, state, chosen)
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise refusal(f"{out}: {error.strerror or error}") from error
    told(f"{out}: written, {len(content):,} bytes; it names people and is for internal use")


def _made(name: str, config: Path | None, state: Path | None, form: Format) -> bytes:
    folder = state_folder(config, state)
    try:
        dsn = store_dsn(configuration(config, state))
    except UnknownStoreError as error:
        raise refusal(str(error)) from error
    with opened_book(config, state, read_only=True) as book:
        incidents = IncidentDesk(book, time.time, id_maker())
        desk = ReportDesk(
            lambda: open_store(dsn, folder, read_only=True), incidents.read, _clocks(config, state), time.time
        )
        made = desk.report(name)
    if made is None:
        raise refusal(f"there is no incident {name[:60]!r}; `mainstay incident list --all` shows all")
    return written(made, form)


def _clocks(config: Path | None, state: Path | None) -> Clocks:
    """Promises of communication, as the configuration has them; the usual ones where it cannot be read."""
    path = configuration(config, state)
    snapshot = None if path is None else load(path, os.environ, lenient=True).snapshot
    return Clocks() if snapshot is None else snapshot.incidents.clocks


def _form_of(out: Path | None) -> Format:
    ending = "" if out is None else out.suffix.lower().lstrip(".")
    return next((one for one in Format if one.value == ending), Format.MARKDOWN)
