"""Words for HTTP that carry no behaviour: header lists and whole replies."""

import msgspec

Headers = tuple[tuple[str, str], ...]
"""Header fields in order of arrival; names are lower case, values are latin-1 text as on the wire."""


class Reply(msgspec.Struct, frozen=True):
    """A whole HTTP response to a caller, body included."""

    status: int
    headers: Headers
    body: bytes


class Outgoing(msgspec.Struct, frozen=True):
    """A whole HTTP request to an upstream. `method` is POST, GET, PUT or DELETE."""

    url: str
    headers: Headers
    body: bytes
    method: str = "POST"
