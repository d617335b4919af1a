"""Keys by which programs use the API of the control plane, each on behalf of a person: `state/control/api-keys.json`.

A key is `msk_ID_SECRET`. Only a hash of it is kept: the secret has 256 random bits, so that a plain hash hides it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mainstay.control.people.private_files import WatchedFile, locked, read_private, write_private
from mainstay.control.people.roles import ROLE_WORDS, Role, role_of

PREFIX: Final = "msk_"
KEYS_MAX: Final = 1_000
DAYS_MAX: Final = 366
DAY_SECONDS: Final = 86_400.0
_KEY: Final = re.compile(r"msk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


class ApiKeyError(Exception):
    """A key cannot be made or removed; the text says what to do."""


class ApiKey(msgspec.Struct, frozen=True):
    """One key. It may do what `role` may, and never more than its person may at that moment."""

    person: str
    role: str
    digest: str
    made_at: float
    expires_at: float

    def __repr__(self) -> str:
        """Without the digest."""
        return f"ApiKey(person={self.person!r}, role={self.role!r})"


class _Book(msgspec.Struct, frozen=True):
    """The whole file."""

    keys: dict[str, ApiKey] = {}


class ApiKeys:
    """The keys of a state folder. Reading raises nothing; changing raises `ApiKeyError` or `OSError`."""

    def __init__(self, state: Path, wall: Callable[[], float]) -> None:
        """The file need not exist. `wall` gives seconds since 1970."""
        self.path = state / "control" / "api-keys.json"
        self._wall = wall
        self._file = WatchedFile(self.path, _parse, _Book())

    def all(self) -> dict[str, ApiKey]:
        """Every key by its id, expired ones too."""
        return dict(sorted(self._file.value().keys.items()))

    @property
    def trouble(self) -> str | None:
        """Why what counts is not what the file says now; `None` while all is well."""
        self._file.value()
        return self._file.trouble

    def owner(self, text: str) -> tuple[str, Role] | None:
        """Whose key this is, and what it may do at most; `None` for one that is unknown or too old."""
        found = _KEY.fullmatch(text)
        key = None if found is None else self._file.value().keys.get(found[1])
        if key is None or not hmac.compare_digest(key.digest, _digest(text)) or self._wall() >= key.expires_at:
            return None
        role = role_of(key.role)
        return None if role is None else (key.person, role)

    def add(self, person: str, role: Role, days: float) -> str:
        """Make a key, and give it: it is not to be had again."""
        if not 0 < days <= DAYS_MAX:
            raise ApiKeyError(f"a key lives more than 0 and at most {DAYS_MAX} days")
        now = self._wall()
        identity = secrets.token_hex(4)
        text = f"{PREFIX}{identity}_{secrets.token_urlsafe(32)}"
        key = ApiKey(person, role.word, _digest(text), now, now + days * DAY_SECONDS)

        def change(keys: dict[str, ApiKey]) -> None:
            if len(keys) >= KEYS_MAX:
                raise ApiKeyError(f"there are {KEYS_MAX} keys already; remove some with `mainstay people key remove`")
            keys[identity] = key

        self._edit(change)
        return text

    def remove(self, identity: str) -> ApiKey:
        """Remove a key at once; gives what it was."""
        removed: list[ApiKey] = []

        def change(keys: dict[str, ApiKey]) -> None:
            if identity not in keys:
                raise ApiKeyError(f"there is no key {identity[:20]!r}; `mainstay people key list` shows them")
            removed.append(keys.pop(identity))

        self._edit(change)
        return removed[0]

    def _edit(self, change: Callable[[dict[str, ApiKey]], None]) -> None:
        with locked(self.path):
            try:
                keys = dict(_parse(read_private(self.path)).keys)
            except FileNotFoundError:
                keys = {}
            except ValueError as error:
                raise ApiKeyError(f"{self.path}: is damaged; restore it or remove it") from error
            change(keys)
            write_private(self.path, msgspec.json.encode(_Book(keys)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(content: bytes) -> _Book:
    book = msgspec.json.decode(content, type=_Book)
    if any(key.role not in ROLE_WORDS for key in book.keys.values()):
        raise ValueError("a role that does not exist")
    return book
