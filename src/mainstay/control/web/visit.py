"""Visit: one request after the guard has looked at it."""

import re
from typing import Final

import msgspec
from starlette.requests import Request

from mainstay.control.people.people import Known
from mainstay.control.people.roles import Person

STATE_KEY: Final = "visit"
NEXT_CHARACTERS_MAX: Final = 500


class Visit(msgspec.Struct, frozen=True):
    """Whom a request comes from, what its form holds, and the token that forms of the answer need."""

    known: Known | None
    csrf: str
    address: str
    form: dict[str, str] = {}
    body: bytes = b""
    """What a program sent as JSON; not read yet."""

    @property
    def person(self) -> Person | None:
        """The person; `None` for somebody who has not logged in."""
        return None if self.known is None else self.known.person


def visit_of(request: Request) -> Visit:
    """The visit of a request that came through the guard."""
    visit = request.scope[STATE_KEY]
    if not isinstance(visit, Visit):
        raise TypeError("a request came to a page without passing the guard")
    return visit


def safe_next(text: str) -> str:
    """The page to go on with after a login: one of ours, else the first one. Never another site, nor a login again."""
    is_path = text.startswith("/") and not text.startswith("//") and len(text) <= NEXT_CHARACTERS_MAX
    is_plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    if not is_path or not is_plain:
        return "/"
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    return "/" if path.split("/")[1] in ("login", "logout") else text
