"""Subscribers by webhook: who they are, and what they are still to be told. Kept in one file under the state folder.

Whoever subscribes proves that the receiver wants it: it must echo a challenge. So nobody can aim us at somebody else.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from mainstay.control.people.private_files import locked, read_private, write_private

FILE_NAME: Final = "subscribers.json"
"""Within `control` of the state folder."""
SUBSCRIBERS_MAX: Final = 1_000
ANNOUNCED_MAX: Final = 2_000
"""So many updates are known as told; there are never so many on the page."""
WAITING_MAX: Final = 20_000
GIVEN_UP_SECONDS: Final = 259_200.0
"""A receiver that has failed for so long without a success is removed."""
FILE_BYTES_MAX: Final = 8_000_000


class Subscriber(msgspec.Struct, frozen=True):
    """Somebody who is told. `key` signs what is sent; `failing_since` is 0 while it goes well."""

    id: str
    url: str
    key: str
    since: float
    failing_since: float = 0.0


class Waiting(msgspec.Struct, frozen=True):
    """A message that is still to be sent: an update of an incident to a subscriber, not before `due_at`."""

    subscriber: str
    incident: str
    update: str
    due_at: float
    attempts: int = 0


class Book(msgspec.Struct, frozen=True):
    """All of the file. `announced` are ids of updates that subscribers were told of, or that were there before them."""

    subscribers: tuple[Subscriber, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    announced: tuple[str, ...] = ()
    has_begun: bool = False
    """Whether it was ever looked at what there is to tell."""


_decoder: Final = msgspec.json.Decoder(Book)


class SubscribersError(Exception):
    """The file cannot be read or written now; the text says why."""


class Subscribers:
    """The file. May be used from any thread and process at once."""

    def __init__(self, state: Path) -> None:
        """`state` is the state folder."""
        self._path = state / "control" / FILE_NAME

    def read(self) -> Book:
        """What is in it. Raises `SubscribersError`."""
        try:
            return _decoder.decode(read_private(self._path, FILE_BYTES_MAX))
        except FileNotFoundError:
            return Book()
        except OSError as error:
            raise SubscribersError(f"{self._path}: {error.strerror or error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SubscribersError(f"{self._path}: is damaged; remove it, and subscribers must come anew") from error

    def change(self, how: Callable[[Book], Book]) -> Book:
        """Change it, alone. `how` may raise; then nothing is changed. Raises `SubscribersError`."""
        try:
            with locked(self._path):
                book = how(self.read())
                write_private(self._path, msgspec.json.encode(book))
                return book
        except OSError as error:
            raise SubscribersError(f"{self._path}: {error.strerror or error}") from error


def added(book: Book, subscriber: Subscriber) -> Book:
    """With one more; one of the same address is replaced, so that nobody is told twice."""
    others = tuple(one for one in book.subscribers if one.url != subscriber.url)
    return msgspec.structs.replace(_only(book, others), subscribers=(*others, subscriber))


def removed(book: Book, subscriber_id: str) -> Book:
    """Without one."""
    return _only(book, tuple(one for one in book.subscribers if one.id != subscriber_id))


def announced(book: Book, updates: Iterable[tuple[str, str]], now: float) -> Book:
    """With these updates (incident, update; in order) to be told to everybody, as far as they are new. What was there
    when it was looked for the first time is known already."""
    known = frozenset(book.announced)
    new = [pair for pair in updates if pair[1] not in known]
    if not new and book.has_begun:
        return book
    waiting = list(book.waiting)
    if book.has_begun:
        waiting += [Waiting(one.id, *pair, now) for pair in new for one in book.subscribers]
    everything = (*book.announced, *(update for _, update in new))
    return msgspec.structs.replace(
        book, waiting=tuple(waiting[-WAITING_MAX:]), announced=everything[-ANNOUNCED_MAX:], has_begun=True
    )


def _only(book: Book, subscribers: tuple[Subscriber, ...]) -> Book:
    ids = {one.id for one in subscribers}
    waiting = tuple(one for one in book.waiting if one.subscriber in ids)
    return msgspec.structs.replace(book, subscribers=subscribers, waiting=waiting)
