"""What the written page says, read back from its files: for commands and the console, without store."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ops.status.statuspage import FOLDER

OLD_SECONDS: Final = 300.0
"""A page that is older may be so because something of ours is down."""


class Page(msgspec.Struct, frozen=True):
    """Which page it is."""

    name: str
    url: str


class Status(msgspec.Struct, frozen=True):
    """All of it."""

    indicator: str
    description: str


class Component(msgspec.Struct, frozen=True):
    """A component, or a group of them."""

    id: str
    name: str
    status: str
    group: bool
    group_id: str | None = None


class Update(msgspec.Struct, frozen=True):
    """A public update."""

    status: str
    body: str
    display_at: str


class Incident(msgspec.Struct, frozen=True):
    """An incident, its newest update first."""

    id: str
    name: str
    status: str
    impact: str
    incident_updates: tuple[Update, ...]


class Summary(msgspec.Struct, frozen=True):
    """The page in short, with the incidents that are open."""

    page: Page
    status: Status
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    generated_at: datetime


_decoder: Final = msgspec.json.Decoder(Summary)


def summary_of(folder: Path) -> Summary:
    """What the page in this folder says. Raises `OSError`, `FileNotFoundError` among them, and
    `msgspec.DecodeError`."""
    return _decoder.decode((folder / FOLDER / "summary.json").read_bytes())
