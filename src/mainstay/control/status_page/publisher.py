"""The publisher: writes the status page to its folders whenever it is told how things are."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from mainstay.control.status_page.public_folder import PublicFolder
from mainstay.control.status_page.rendering import Renderer
from mainstay.model.records import PublicationRecord, Record
from mainstay.ops.status.view import StatusView

FOLDER_NAME: Final = "status-page"
"""Within the state folder."""


class Publication(msgspec.Struct, frozen=True):
    """What became of one publishing. `troubles` are sentences for an operator, one for each folder that could not be
    written. `is_news`: something other than the time of writing has changed."""

    files_changed: int
    is_news: bool
    troubles: tuple[str, ...] = ()


class Outside(msgspec.Struct, frozen=True):
    """What the publisher takes from outside: `write` takes a record, `report` a line for the operator, `wall` gives
    seconds since 1970, `next_id` ids of records. None of them raises."""

    write: Callable[[Record], None]
    report: Callable[[str], None]
    wall: Callable[[], float]
    next_id: Callable[[], str]


class Publisher:
    """May be used from any thread. Raises nothing once it is made."""

    def __init__(self, state: Path, export: str, outside: Outside, *, takes_subscribers: bool = False) -> None:
        """`state` is the state folder; `export` another folder (absolute), or empty. Raises `OSError` where our own
        package is not whole."""
        self.folder = state / FOLDER_NAME
        self._folders = [PublicFolder(self.folder), *([PublicFolder(Path(export))] if export else [])]
        self._outside = outside
        self._renderer = Renderer(takes_subscribers=takes_subscribers)
        self._lock = Lock()
        self._last_content = b""
        self._last_troubles: tuple[str, ...] = ()

    def publish(self, view: StatusView) -> Publication:
        """Write everything that has changed, and a record if that is news. A folder that cannot be written does not
        keep the others from it."""
        with self._lock:
            files = self._renderer.files(view)
            changed, troubles = 0, []
            for folder in self._folders:
                try:
                    changed += len(folder.replace(files))
                except OSError as error:
                    troubles.append(_told(folder, error))
            content = self._digest(view)
            made = Publication(changed, content != self._last_content, tuple(troubles))
            self._write_down(made, view)
            self._last_content, self._last_troubles = content, made.troubles
            return made

    def _digest(self, view: StatusView) -> bytes:
        """What the page says, without when it was written and without what changes by the mere passing of time."""
        components = [(one.id, one.name, one.status) for one in view.components]
        providers = [
            (one.seen.id, one.seen.status, one.said and (one.said.status, one.said.text)) for one in view.providers
        ]
        said = msgspec.json.encode((view.name, view.headline, view.support, components, providers, view.incidents))
        return hashlib.sha256(said).digest()

    def _write_down(self, made: Publication, view: StatusView) -> None:
        record_id, at = self._outside.next_id(), self._outside.wall()
        for trouble in made.troubles:
            if trouble not in self._last_troubles:
                self._outside.report(f"status page: {trouble}")
        if made.troubles and made.troubles != self._last_troubles:
            reason = "; ".join(made.troubles)
            self._outside.write(PublicationRecord(record_id, at, "failed", view.indicator.value, reason))
        elif not made.troubles and (made.is_news or self._last_troubles):
            self._outside.write(PublicationRecord(record_id, at, "written", view.indicator.value, view.headline))


def _told(folder: PublicFolder, error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason if str(folder.path) in reason else f"{folder.path}: {reason}"
