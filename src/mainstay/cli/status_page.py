"""`mainstay status-page`: what the public status page says, and a copy of it for another host."""

import os
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.audit_lines import shown
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, state_folder, told
from mainstay.control.status_page.public_folder import MARKER, PublicFolder
from mainstay.control.status_page.publisher import FOLDER_NAME
from mainstay.control.status_page.summary import OLD_SECONDS, Summary, summary_of

status_page_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="See the public status page, and copy it for another host."
)


@status_page_app.callback()
def status_page() -> None:
    """See the public status page, and copy it for another host."""


@status_page_app.command()
def show(config: ConfigOption = None, state: StateOption = None) -> None:
    """Show what the page says. Reads its files, so that neither gateway nor control plane need run."""
    folder = state_folder(config, state) / FOLDER_NAME
    summary = _summary(folder)
    console = Console(soft_wrap=True, highlight=False)
    for line in lines(summary):
        console.print(Text(shown(line)))
    _tell_age(summary)


@status_page_app.command()
def export(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to: an empty folder, or one of before.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Copy the page, as it was last written, to a folder from which another host can serve it."""
    folder = state_folder(config, state) / FOLDER_NAME
    summary = _summary(folder)
    try:
        files = _files(folder)
        changed = PublicFolder(target.absolute()).replace(files)
    except OSError as error:
        raise refusal(_reason(target, error)) from error
    typer.echo(f"{target}: {len(files)} files, {len(changed)} of them new or changed")
    _tell_age(summary)


def lines(summary: Summary) -> list[str]:
    """What `show` says."""
    found = [f"{summary.page.name}: {summary.status.description}"]
    found += [f"  {one.status.replace('_', ' '):<21} {one.name}" for one in summary.components if not one.group]
    for incident in summary.incidents:
        found.append(f"{incident.id} {incident.status}, impact {incident.impact}: {incident.name}")
        found += [f"  {update.display_at}  {update.body}" for update in incident.incident_updates[:1]]
    return found


def _summary(folder: Path) -> Summary:
    try:
        return summary_of(folder)
    except FileNotFoundError as error:
        raise refusal(
            f"{folder}: no status page was written here yet; the control plane that acts writes it once a minute"
        ) from error
    except OSError as error:
        raise refusal(_reason(folder, error)) from error
    except msgspec.DecodeError as error:
        raise refusal(f"{folder}: the page is damaged; the control plane writes it anew within a minute") from error


def _files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path, _, names in os.walk(folder):
        for name in sorted(names):
            if not name.startswith("."):
                place = Path(path) / name
                found[place.relative_to(folder).as_posix()] = place.read_bytes()
    # The front page comes last: what it links to is there before.
    return dict(sorted(found.items(), key=lambda pair: (pair[0] == "index.html", pair[0] != MARKER, pair[0])))


def _tell_age(summary: Summary) -> None:
    age = time.time() - summary.generated_at.timestamp()
    if age > OLD_SECONDS:
        told(f"it was written {age / 60:.0f} min ago: look whether a control plane runs (`mainstay control`)")


def _reason(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason if str(path) in reason else f"{path}: {reason}"
