"""Roles, and the person whom a request comes from."""

from enum import IntEnum, StrEnum
from typing import Final

import msgspec

ROLE_WORDS: Final = ("viewer", "operator", "admin")
"""From the least to the most."""


class Role(IntEnum):
    """What a person may do; a higher one may do all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As it stands in files, commands and pages."""
        return self.name.lower()


def role_of(word: str) -> Role | None:
    """The role of this word; `None` where there is none."""
    return Role[word.upper()] if word in ROLE_WORDS else None


class Origin(StrEnum):
    """Where a person is known from."""

    LOCAL = "local"
    """An account of our own."""
    PROVIDER = "provider"
    """The identity provider of `control.login`."""
    KEY = "key"
    """A program with a key of a local person."""
    OPEN = "open"
    """Nobody has to log in here."""


class Person(msgspec.Struct, frozen=True):
    """Whom a request comes from. `name` is for showing: a provider's person may be called like a local one."""

    name: str
    role: Role
    origin: Origin


NOBODY_LOGS_IN: Final = Person("everybody", Role.ADMIN, Origin.OPEN)
"""Who everybody is on a control plane that runs open."""
