"""Which kind of feed an answer is, and what it says. Whatever the bytes are, nothing is raised."""

from collections.abc import Callable
from typing import Final

import msgspec
from defusedxml.common import DefusedXmlException

from mainstay.ops.feeds.betterstack import read_better_stack
from mainstay.ops.feeds.google import read_google
from mainstay.ops.feeds.instatus import read_instatus
from mainstay.ops.feeds.page import Page
from mainstay.ops.feeds.statuspage import read_statuspage
from mainstay.ops.feeds.syndication import read_syndication

BYTES_MAX: Final = 5_000_000
OBJECTS_MAX: Final = 100_000
"""An honest page of that size has far fewer; each costs memory."""

Reader = Callable[[bytes, float], Page]

_BOM: Final = b"\xef\xbb\xbf"


class Unreadable(msgspec.Struct, frozen=True):
    """It is no status page that we know; why, in words without anything of its content."""

    reason: str


ABSENT: Final = msgspec.Raw()


class _Sketch(msgspec.Struct, rename="camel"):
    """The keys that tell kinds apart; their values are not looked at."""

    data: msgspec.Raw = ABSENT
    active_incidents: msgspec.Raw = ABSENT
    active_maintenances: msgspec.Raw = ABSENT
    page: msgspec.Raw = ABSENT
    incidents: msgspec.Raw = ABSENT
    components: msgspec.Raw = ABSENT
    status: msgspec.Raw = ABSENT


_sketcher: Final = msgspec.json.Decoder(_Sketch)


def read_page(body: bytes, wall: float) -> Page | Unreadable:
    """What it says. `wall` is now, in seconds since 1970."""
    if len(body) > BYTES_MAX:
        return Unreadable(f"larger than {BYTES_MAX:,} bytes")
    body = body.removeprefix(_BOM).strip()
    try:
        if body.startswith(b"<"):
            return read_syndication(body, wall)
        return _read_json(body, wall)
    except (DefusedXmlException, SyntaxError):
        return Unreadable("not well-formed, or with a document type, which no feed needs")
    except (ValueError, LookupError, RecursionError) as error:
        return Unreadable(f"not in a form that is known ({type(error).__name__})")


def _read_json(body: bytes, wall: float) -> Page | Unreadable:
    if body.count(b"{") > OBJECTS_MAX or body.count(b"[") > OBJECTS_MAX:
        return Unreadable(f"more than {OBJECTS_MAX:,} objects")
    reader = read_google if body.startswith(b"[") else _reader_of(_sketcher.decode(body))
    return Unreadable("JSON, but no status page's") if reader is None else reader(body, wall)


def _reader_of(sketch: _Sketch) -> Reader | None:
    if _is_there(sketch.data):
        return read_better_stack
    if _is_there(sketch.active_incidents, sketch.active_maintenances):
        return read_instatus
    if _is_there(sketch.incidents, sketch.components):
        return read_statuspage
    if not _is_there(sketch.page):
        return None
    # Where all is well Instatus says no more than that.
    return read_statuspage if _is_there(sketch.status) else read_instatus


def _is_there(*values: msgspec.Raw) -> bool:
    return any(bytes(one) not in {b"", b"null"} for one in values)
