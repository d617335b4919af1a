"""Which version of the configuration runs: accepted whole or not at all, kept, and gone back from by one command."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from mainstay.config.load import Loaded
from mainstay.config.snapshot import Snapshot
from mainstay.config.yaml_text import FILE_BYTES_MAX
from mainstay.gateway.supervisor.archive import Archive, Pin
from mainstay.gateway.supervisor.standing import (
    MISTAKE_CHARACTERS_MAX,
    MISTAKES_MAX,
    ConfigurationStanding,
    Refused,
)

KEEP: Final = "keep"
PIN: Final = "pin"
NO_FILE: Final = "this configuration comes from the environment and cannot be loaded again"


class Source(Protocol):
    """Where a configuration comes from."""

    @property
    def path(self) -> Path | None:
        """The file, where there is one."""

    @property
    def name(self) -> str:
        """The source in words."""

    def load_text(self, text: bytes) -> Loaded:
        """What this text means where the file lies. Every fault is a mistake; nothing is raised."""


class Version(msgspec.Struct, frozen=True):
    """An accepted configuration. `text` are the bytes of its file (none where there is no file)."""

    snapshot: Snapshot
    sha256: str
    text: bytes = b""
    rolled_back: bool = False


class Owed(msgspec.Struct, frozen=True):
    """Something that is still to be written down, and what holds meanwhile."""

    work: Callable[[], None]
    otherwise: str
    trouble: str


class Print(msgspec.Struct, frozen=True):
    """What can be seen of a file without reading it."""

    modified_ns: int
    size: int
    inode: int


class Versions:
    """The configuration of a running gateway."""

    def __init__(
        self,
        source: Source,
        loaded: Loaded,
        archive: Archive,
        *,
        wall: Callable[[], float],
        report: Callable[[str], None],
    ) -> None:
        """`loaded` is what was read at the start; `wall` gives seconds since 1970. Raises `ValueError` for a
        configuration with mistakes."""
        if loaded.snapshot is None:
            raise ValueError("a configuration with mistakes cannot run")
        self._source = source
        self._archive = archive
        self._wall = wall
        self._report = report
        self._refused: Refused | None = None
        self._owed: dict[str, Owed] = {}
        self._lost_pin = ""
        self._accepted_at = wall()
        self._started = self.running = Version(loaded.snapshot, loaded.sha256)
        self._in_file = loaded.sha256
        self._print: Print | None = None
        self._changed: Print | None = None

    @property
    def standing(self) -> ConfigurationStanding:
        """For those who ask."""
        running = self.running
        return ConfigurationStanding(
            running.sha256, self._accepted_at, running.rolled_back, self._refused, self._trouble()
        )

    def begin(self) -> Version:
        """The version to start with: the file's, or the one that an operator went back to before."""
        path = self._source.path
        if path is None:
            return self.running
        self._print = _print_of(path)
        text = _read(path)
        if isinstance(text, bytes):
            self._take(text)
        self._started = self.running
        return self.running

    def _take(self, text: bytes) -> None:
        """These are the bytes of the file at the start, or of one that has taken its place since it was read."""
        sha256 = hashlib.sha256(text).hexdigest()
        snapshot = self.running.snapshot if sha256 == self._in_file else self._source.load_text(text).snapshot
        if snapshot is None or snapshot.state != self.running.snapshot.state:
            self._print = None
            return
        self._in_file = sha256
        self.running = Version(snapshot, sha256, text)
        pinned = self._pinned()
        if pinned is not None:
            self.running = pinned
        else:
            self._keep(self.running)

    def reload(self) -> Version | None:
        """Load the file again, whatever ran until now; `None` where it cannot be accepted: then nothing changes."""
        path = self._source.path
        if path is None:
            self._report(f"reload: {NO_FILE}")
            return None
        self._print, self._changed = _print_of(path), None
        text = _read(path)
        if not isinstance(text, bytes):
            self._refuse("", (f"{path}: {text}",))
            return None
        sha256 = hashlib.sha256(text).hexdigest()
        loaded = self._source.load_text(text)
        if loaded.snapshot is None:
            self._refuse(sha256, tuple(f"{one.path or path}: {one.message}" for one in loaded.mistakes))
            return None
        self._in_file = sha256
        version = Version(loaded.snapshot, sha256, text)
        self._try(PIN, self._archive.unpin, "the version that was gone back to cannot be forgotten")
        self._keep(version)
        return self._accept(version, f"reload: {path} accepted")

    def look(self) -> Version | None:
        """See whether the file has changed; one that has, and is still for one look, is loaded. What could not be
        written down before is tried again. For a timer."""
        for name, owed in tuple(self._owed.items()):
            self._try(name, owed.work, owed.otherwise)
        path = self._source.path
        seen = None if path is None else _print_of(path)
        if path is None or seen is None or seen == self._print:
            self._changed = None
            return None
        if seen != self._changed:
            self._changed = seen
            return None
        text = _read(path)
        if isinstance(text, bytes) and hashlib.sha256(text).hexdigest() == self._in_file:
            self._print = seen
            return None
        return self.reload()

    def roll_back(self) -> Version | None:
        """Go back to the version that was accepted before the running one; `None` where there is none to go to."""
        running = self.running
        if self._source.path is None:
            self._report(f"rollback: {NO_FILE}")
            return None
        version = self._before(running.sha256)
        if version is None:
            return None
        pin = Pin(version.sha256, instead_of=self._in_file)
        self._try(PIN, lambda: self._archive.pin(pin), "this will not outlive a restart")
        return self._accept(version, f"rollback: from {running.sha256[:12]} to {version.sha256[:12]}")

    def _before(self, sha256: str) -> Version | None:
        try:
            before = self._archive.before(sha256)
        except OSError as error:
            self._report(f"rollback: the versions before cannot be read: {error.strerror}")
            return None
        if before is None:
            self._report("rollback: no version was accepted before this one")
            return None
        return self._kept(before, "rollback")

    def _kept(self, sha256: str, doing: str) -> Version | None:
        text = self._archive.read(sha256)
        loaded = None if text is None else self._source.load_text(text)
        if text is None or loaded is None:
            self._report(f"{doing}: version {sha256[:12]} is not kept any more, or not as it was")
            return None
        if loaded.snapshot is None:
            for mistake in loaded.mistakes[:MISTAKES_MAX]:
                self._report(f"{doing}: {mistake.path or 'file'}: {mistake.message}"[:MISTAKE_CHARACTERS_MAX])
            self._report(f"{doing}: version {sha256[:12]} has mistakes by now, nothing was changed")
            return None
        return Version(loaded.snapshot, sha256, text, rolled_back=True)

    def _pinned(self) -> Version | None:
        """The version that an operator went back to, as long as the file is the one that he went back from."""
        pin = self._archive.pinned()
        if pin is None or pin.instead_of != self._in_file:
            return None
        version = self._kept(pin.sha256, "start")
        if version is None:
            self._lost_pin = f"an operator went back to version {pin.sha256[:12]}, which cannot be had; the file runs"
        if version is None or version.snapshot.state != self.running.snapshot.state:
            return None
        self._report(f"start: an operator went back to version {pin.sha256[:12]}; `mainstay route reload` ends that")
        return version

    def _accept(self, version: Version, words: str) -> Version:
        self.running, self._accepted_at, self._refused = version, self._wall(), None
        self._lost_pin = ""
        self._report(words)
        fixed = fixed_at_start(self._started.snapshot, version.snapshot)
        if fixed:
            self._report(f"reload: {', '.join(fixed)} stay as they were until the gateway is started again")
        return version

    def _refuse(self, sha256: str, mistakes: tuple[str, ...]) -> None:
        shown = tuple(one[:MISTAKE_CHARACTERS_MAX] for one in mistakes[:MISTAKES_MAX])
        self._refused = Refused(self._wall(), sha256, shown)
        for one in shown:
            self._report(f"reload: {one}")
        self._report("reload: the file has mistakes, nothing was changed")

    def _keep(self, version: Version) -> None:
        keep = self._archive.keep
        self._try(KEEP, lambda: keep(version.sha256, version.text, self._wall()), "nobody can go back to it later")

    def _try(self, name: str, work: Callable[[], None], otherwise: str) -> None:
        try:
            work()
        except OSError as error:
            trouble = f"configuration: the disk is in trouble ({error.strerror}): {otherwise}"
            if name not in self._owed:
                self._report(trouble)
            self._owed[name] = Owed(work, otherwise, trouble)
        else:
            self._owed.pop(name, None)

    def _trouble(self) -> str:
        return "; ".join([*(one.trouble for one in self._owed.values()), *filter(None, [self._lost_pin])])


def fixed_at_start(running: Snapshot, accepted: Snapshot) -> tuple[str, ...]:
    """The changed keys that a running gateway cannot follow."""
    pairs = (
        ("gateway.listen", running.gateway, accepted.gateway),
        ("gateway.workers", running.workers, accepted.workers),
        ("control", _control(running), _control(accepted)),
        ("state", running.state, accepted.state),
        ("drafts", (running.drafts, running.draft_key), (accepted.drafts, accepted.draft_key)),
        ("cache", running.cache, accepted.cache),
        ("journal", running.journal, accepted.journal),
        ("store", running.store, accepted.store),
        ("shared", running.shared, accepted.shared),
    )
    return tuple(name for name, before, after in pairs if before != after)


def _control(snapshot: Snapshot) -> tuple[object, ...]:
    """What the control plane starts with; it follows no file."""
    return snapshot.control, snapshot.control_url, snapshot.login


def _print_of(path: Path) -> Print | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Print(found.st_mtime_ns, found.st_size, found.st_ino)


def _read(path: Path) -> bytes | str:
    """The bytes of the file, or why they cannot be had."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
