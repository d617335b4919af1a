"""Wishes: what a caller, who came to another process, asks of the one that runs an exchange: to end it, to forget it.

On one machine a wish is an empty file in the folder of the worker that it is for; between replicas a member of a set.
"""

from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.places import is_exchange_id

WISHES_FOLDER: Final = "wishes"
WISHES_AT_ONCE: Final = 100


class WishKind(Enum):
    """What is to be done with an exchange."""

    CANCEL = "cancel"
    DELETE = "delete"
    """End it, and keep nothing of it."""


class Wish(msgspec.Struct, frozen=True):
    """One wish for one exchange."""

    kind: WishKind
    exchange_id: str

    @property
    def name(self) -> str:
        """As text, and as the name of a file."""
        return f"{self.exchange_id}.{self.kind.value}"


def read_wish(name: str) -> Wish | None:
    """The wish of this name; `None` where this is none."""
    exchange_id, _, kind = name.rpartition(".")
    known = {one.value: one for one in WishKind}
    return Wish(known[kind], exchange_id) if kind in known and is_exchange_id(exchange_id) else None


def take_wishes(folder: Path, disk: Disk) -> tuple[Wish, ...]:
    """Take what is wished of the process that has this folder, some at once. A disk that refuses has none."""
    place = folder / WISHES_FOLDER
    found: list[Wish] = []
    try:
        for name in disk.names(place)[:WISHES_AT_ONCE]:
            disk.remove(place / name)
            wish = read_wish(name)
            if wish is not None:
                found.append(wish)
    except OSError:
        return tuple(found)
    return tuple(found)
