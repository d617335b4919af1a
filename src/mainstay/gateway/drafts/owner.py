"""Who writes a draft: a worker of a gateway, and which of its lives."""

import os
from typing import Final

import msgspec

TOKEN_BYTES: Final = 8


class Owner(msgspec.Struct, frozen=True):
    """One process. `node` is `<gateway id>/<worker number>` and stays when a worker is started again; `token` is drawn
    anew each time."""

    node: str
    token: str

    @property
    def machine(self) -> str:
        """The gateway, whose workers share a disk."""
        return self.node.partition("/")[0]

    def __str__(self) -> str:
        return f"{self.node} {self.token}"


def new_owner(node: str) -> Owner:
    """This process, in this life."""
    return Owner(node, os.urandom(TOKEN_BYTES).hex())


def read_owner(text: str) -> Owner | None:
    """The owner that was written as text; `None` where this is none."""
    node, _, token = text.partition(" ")
    return Owner(node, token) if node and token and " " not in token else None
