"""Local accounts: names, roles and password hashes in one file, `state/control/people.json`.

It is all that a local login needs: no store, no identity provider, no network.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mainstay.control.people.private_files import WatchedFile, locked, read_private, write_private
from mainstay.control.people.roles import ROLE_WORDS, Role, role_of

PEOPLE_MAX: Final = 1_000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_FORMAT: Final = 1


class AccountError(Exception):
    """An account cannot be changed so; the text says what to do."""


class Account(msgspec.Struct, frozen=True):
    """One person of ours. `epoch` is never used twice in a file: sessions of an earlier one are over."""

    role: str
    password: str
    """The hash, in the form that names its own parameters."""
    epoch: int
    made_at: float

    def __repr__(self) -> str:
        """Without the hash, so that no log can leak it."""
        return f"Account(role={self.role!r}, epoch={self.epoch})"


class Book(msgspec.Struct, frozen=True):
    """The whole file. `epoch` is the last one that was given."""

    format: int = _FORMAT
    epoch: int = 0
    people: dict[str, Account] = {}


def account_name(text: str) -> str | None:
    """The name as accounts have it (lower case); `None` for what cannot be one."""
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) else None


class Accounts:
    """The accounts of a state folder. Reading raises nothing; changing raises `AccountError` or `OSError`."""

    def __init__(self, state: Path) -> None:
        """The file need not exist."""
        self.path = state / "control" / "people.json"
        self._file = WatchedFile(self.path, _parse, Book())

    def get(self, name: str) -> Account | None:
        """The account of this name."""
        return self._file.value().people.get(name)

    def all(self) -> dict[str, Account]:
        """Every account, in the order of names."""
        return dict(sorted(self._file.value().people.items()))

    @property
    def were_ever_seen(self) -> bool:
        """Whether there is or was a file, however empty or damaged."""
        self._file.value()
        return self._file.was_seen

    @property
    def trouble(self) -> str | None:
        """Why what counts is not what the file says now; `None` while all is well."""
        self._file.value()
        return self._file.trouble

    def add(self, name: str, role: Role, password: str, wall: float) -> str:
        """Make an account; `password` is the hash. Gives the name as it is kept."""
        kept = account_name(name)
        if kept is None:
            raise AccountError("a name has 1 to 64 letters, digits, '.', '_', '-', '+' or '@', a letter or digit first")

        def change(book: Book) -> Book:
            if kept in book.people:
                raise AccountError(f"there is an account {kept} already")
            if len(book.people) >= PEOPLE_MAX:
                raise AccountError(f"there are {PEOPLE_MAX} accounts, which is the most; remove one first")
            return _with(book, kept, Account(role.word, password, book.epoch + 1, wall))

        self._change(change)
        return kept

    def remove(self, name: str) -> None:
        """Delete an account. Its sessions are over."""

        def change(book: Book) -> Book:
            _existing(book, name)
            people = {other: account for other, account in book.people.items() if other != name}
            return msgspec.structs.replace(book, people=people)

        self._change(change)

    def set_role(self, name: str, role: Role) -> None:
        """Change what a person may do, at once, also in sessions that run."""
        self._change(lambda book: _with(book, name, _replaced(_existing(book, name), book, role=role.word)))

    def set_password(self, name: str, password: str) -> None:
        """Change a password; `password` is the hash. Sessions that run are over."""
        self._change(lambda book: _with(book, name, _replaced(_existing(book, name), book, password=password)))

    def _change(self, change: Callable[[Book], Book]) -> None:
        with locked(self.path):
            try:
                book = _parse(read_private(self.path))
            except FileNotFoundError:
                book = Book()
            except (ValueError, RecursionError) as error:
                raise AccountError(f"{self.path}: is damaged; restore it, or remove it to begin anew") from error
            write_private(self.path, msgspec.json.format(msgspec.json.encode(change(book)), indent=2))


def _existing(book: Book, name: str) -> Account:
    account = book.people.get(name)
    if account is None:
        raise AccountError(f"there is no account {account_name(name) or 'of this name'}")
    return account


def _replaced(account: Account, book: Book, *, role: str = "", password: str = "") -> Account:
    """The account with another role or password. Only another password ends its sessions: a role is looked up."""
    epoch = book.epoch + 1 if password else account.epoch
    return Account(role or account.role, password or account.password, epoch, account.made_at)


def _with(book: Book, name: str, account: Account) -> Book:
    return Book(epoch=max(book.epoch, account.epoch), people={**book.people, name: account})


def _parse(content: bytes) -> Book:
    book = msgspec.json.decode(content, type=Book)
    if book.format != _FORMAT:
        raise ValueError(f"format {book.format} is not ours")
    if any(account_name(name) != name or role_of(account.role) is None for name, account in book.people.items()):
        raise ValueError(f"a name or a role is none of ours ({', '.join(ROLE_WORDS)})")
    if len(book.people) > PEOPLE_MAX:
        raise ValueError(f"more than {PEOPLE_MAX} accounts")
    return book
