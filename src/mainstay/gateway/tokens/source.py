"""Words: where tokens come from. A source is a conversation without I/O: requests out, responses in, at last a token.

It is a generator, so that it reads top to bottom, and so that a test can play the identity service without a network.
"""

from collections.abc import Callable, Generator
from typing import Protocol

import msgspec

from mainstay.model.http import Headers, Outgoing


class Discreet(msgspec.Struct, frozen=True):
    """A value with a secret in it, which no log shows."""

    def __repr__(self) -> str:
        """Show the kind only."""
        return f"{type(self).__name__}(...)"


class Token(Discreet, frozen=True):
    """What is sent to an upstream: an access token, or `ID:SECRET:SESSION` for AWS. Dead from `expires_at` on (seconds
    since 1970)."""

    value: str
    expires_at: float


class Trouble(msgspec.Struct, frozen=True):
    """Why there is no token, in words for an operator and without secrets."""

    text: str


class Response(Discreet, frozen=True):
    """A whole response of an identity service."""

    status: int
    headers: Headers
    body: bytes


Asking = Generator[Outgoing, Response, Token | Trouble]
"""Yields a request, is sent its response, returns the outcome. A request that had no response is not asked again: the
generator is closed."""

ReadFile = Callable[[str], str | Trouble]
"""Gives the text of a file, white space around it dropped."""


class Source(Protocol):
    """One identity, and how to get a token for it."""

    @property
    def identity(self) -> str:
        """Whose tokens these are and where they come from, without secrets. Sources that differ in it give different
        tokens."""

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """Ask for a token. `wall` is now, in seconds since 1970: lifetimes count from the moment of asking, so that no
        token is believed to live longer than it does. Files are read anew each time: platforms replace them."""
