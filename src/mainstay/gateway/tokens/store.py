"""Tokens on disk, so that a gateway which starts while an identity service is down still has those that live.

One JSON file per credential, readable by its owner alone (mode 0600, in a folder of mode 0700), replaced as a whole. It
is not encrypted: the key would lie beside it, and whoever can read it can read the long-lived secrets too. It holds no
long-lived secret, only what dies within hours.
"""

from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from threading import Lock, Thread

import msgspec

from mainstay.gateway.tokens.reading import is_sendable, words
from mainstay.gateway.tokens.source import Discreet, Token
from mainstay.gateway.whole_file import UNFINISHED, replace_file

FILE_BYTES_MAX = 131_072
FILES_MAX = 10_000
CLOSING_SECONDS = 1.0
UNFINISHED_SECONDS = 3_600.0
"""After so long, a file that was being written belongs to a process that died."""

_SUFFIX = ".json"


class Kept(Discreet, frozen=True):
    """A token as it lies on disk. `origin` is a hash of where it came from: a credential that was changed must not
    serve with the tokens of its predecessor."""

    origin: str
    value: str
    expires_at: float


def origin(secret_text: str, identity: str) -> str:
    """The hash of a credential's secret and of its source's identity."""
    digest = blake2b(digest_size=32, person=b"mainstay-tokens")
    for part in (secret_text, identity):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


class TokenStore:
    """Reads at once, writes in a thread: a disk that hangs must not hold up requests, nor our leaving."""

    def __init__(
        self, folder: Path, report: Callable[[str], None], run: Callable[[Callable[[], None]], object] | None = None
    ) -> None:
        """The folder is made when it is needed. `report` takes one line for the operator, also from the writing
        thread. `run` runs a piece of writing; without it, a thread does."""
        self._folder = folder
        self._report = report
        self._run = run or self._run_in_thread
        self._thread: Thread | None = None
        self._lock = Lock()
        self._waiting: dict[Path, Kept] = {}
        self._prune_at: float | None = None
        self._writing = False
        self._closed = False
        self._troubled = False

    def load(self, name: tuple[str, str], came_from: str, wall: float) -> Token | None:
        """The token of a credential, if there is one of this origin that lives. Raises nothing."""
        kept = _read(self._path(name))
        if kept is None or kept.origin != came_from or not kept.expires_at > wall or not is_sendable(kept.value):
            return None
        return Token(kept.value, kept.expires_at)

    def save(self, name: tuple[str, str], came_from: str, token: Token) -> None:
        """Keep a token. Never blocks; of two for one credential the later one counts."""
        with self._lock:
            self._waiting[self._path(name)] = Kept(came_from, token.value, token.expires_at)
        self._write_soon()

    def prune(self, wall: float) -> None:
        """Delete the tokens that are dead. Never blocks."""
        with self._lock:
            self._prune_at = wall
        self._write_soon()

    def close(self) -> None:
        """Take no more, and give the disk a moment for what waits."""
        with self._lock:
            self._closed = True
        if self._thread is not None:
            self._thread.join(CLOSING_SECONDS)

    def _write_soon(self) -> None:
        with self._lock:
            if self._writing or self._closed:
                return
            self._writing = True
        self._run(self._write_all)

    def _run_in_thread(self, job: Callable[[], None]) -> None:
        # Tokens are written a few times an hour, so no thread is kept for it. A daemon cannot hold up our leaving.
        self._thread = Thread(target=job, name="token-store", daemon=True)
        self._thread.start()

    def _path(self, name: tuple[str, str]) -> Path:
        return self._folder / f"{origin(*name)[:32]}{_SUFFIX}"

    def _write_all(self) -> None:
        while True:
            with self._lock:
                prune_at, self._prune_at = self._prune_at, None
                waiting, self._waiting = self._waiting, {}
                if prune_at is None and not waiting:
                    self._writing = False
                    return
            if prune_at is not None:
                self._prune(prune_at)
            for path, kept in waiting.items():
                self._write(path, kept)

    def _write(self, path: Path, kept: Kept) -> None:
        try:
            replace_file(path, msgspec.json.encode(kept), sync=False)
        except OSError as error:
            self._trouble(error)
        else:
            self._troubled = False

    def _trouble(self, error: OSError) -> None:
        if not self._troubled:
            self._troubled = True
            reason = words(error.strerror or type(error).__name__)
            self._report(
                f"tokens: cannot be kept in {self._folder}, so a restart needs the identity services: {reason}"
            )

    def _prune(self, wall: float) -> None:
        with suppress(OSError):
            for _, path in zip(range(FILES_MAX), self._folder.iterdir(), strict=False):
                kept = _read(path) if path.suffix == _SUFFIX else None
                is_dead = kept is not None and kept.expires_at <= wall
                if is_dead or (path.name.startswith(UNFINISHED) and path.stat().st_mtime <= wall - UNFINISHED_SECONDS):
                    path.unlink(missing_ok=True)


def _read(path: Path) -> Kept | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(FILE_BYTES_MAX), type=Kept)
    except (OSError, ValueError, RecursionError):
        return None
