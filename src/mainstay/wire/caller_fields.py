"""What a caller's header fields say of its request, worked out once for as many callers as `REMEMBERED_HEADERS`."""

from functools import lru_cache

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.headers import REMEMBERED_HEADERS, forwardable
from mainstay.wire.refusal import refused_encoding
from mainstay.wire.session import session_of_headers


class CallerFields(msgspec.Struct, frozen=True):
    """The fields that an upstream may see, why the request cannot be read, and the session that it names (or "")."""

    forwardable: Headers
    refused: Fault | None
    session: str


@lru_cache(maxsize=REMEMBERED_HEADERS)
def caller_fields(headers: Headers) -> CallerFields:
    """Read them. One look-up for all of them, because finding a tuple of many strings is what costs."""
    return CallerFields(forwardable(headers), refused_encoding(headers), session_of_headers(headers))
