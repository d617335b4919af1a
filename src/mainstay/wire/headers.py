"""Which header fields pass through the gateway, in both directions (RFC 9110, section 7.6)."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import compress
from operator import itemgetter

from mainstay.model.http import Headers

HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Fields that speak about one connection only; those that `Connection` names join them."""

_NOT_FORWARDED = HOP_BY_HOP | {
    "accept-encoding",
    "authorization",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "idempotency-key",
    "x-api-key",
}
_NOT_FORWARDED_PREFIXES = ("x-mainstay-", "x-forwarded-")

REMEMBERED_HEADERS = 256
"""A caller sends the same fields again and again; what follows from them is worked out once for so many callers."""
_REMEMBERED_NAMES = 256
_EVENT_STREAM = "text/event-stream"
_NAME = itemgetter(0)
_NO_WORDS: frozenset[str] = frozenset()

# Besides what frames the message, what a provider says about its own origin would be untrue about ours.
_NOT_RETURNED = HOP_BY_HOP | {
    "alt-svc",
    "content-length",
    "date",
    "server",
    "set-cookie",
    "strict-transport-security",
}


def header(headers: Headers, name: str) -> str | None:
    """The first value of a field; `name` is lower case."""
    for field, value in headers:
        if field == name:
            return value
    return None


@lru_cache(maxsize=REMEMBERED_HEADERS)
def forwardable(headers: Headers) -> Headers:
    """Those of a caller's header fields that an upstream may see: no credentials, nothing of the connection, nothing
    of ours."""
    hidden = _NOT_FORWARDED | named if (named := _named_by_connection(headers)) else _NOT_FORWARDED
    return tuple(
        [field for field in headers if field[0] not in hidden and not field[0].startswith(_NOT_FORWARDED_PREFIXES)]
    )


def is_event_stream(headers: Headers) -> bool:
    """Whether a success with these headers is a stream of server-sent events; a missing content type counts as such."""
    kind = header(headers, "content-type")
    return not kind or kind.lstrip().lower().startswith(_EVENT_STREAM)


def response_headers(headers: Headers) -> Headers:
    """Those of a provider's header fields that a caller may see."""
    returned, names_others = _returned(tuple(map(_NAME, headers)))
    if names_others is not None and (hidden := names_others(headers)):
        return tuple([field for field in compress(headers, returned) if field[0] not in hidden])
    return tuple(compress(headers, returned))


def request_headers(headers: Headers, extra: Iterable[tuple[str, str]]) -> Headers:
    """A request's header fields for an upstream: the caller's, what the dialect adds, and an uncompressed answer.

    We read what comes back while it streams, so no encoding is offered.
    """
    sent = [*headers, *extra, ("accept-encoding", "identity")]
    if header(headers, "content-type") is None:
        sent.append(("content-type", "application/json"))
    return tuple(sent)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _returned(names: tuple[str, ...]) -> tuple[tuple[bool, ...], Callable[[Headers], frozenset[str]] | None]:
    """Which fields of a head with these names a caller may see, and what finds those that the head itself takes out,
    if anything may. A provider's heads have the same names each time."""
    returned = tuple([one not in _NOT_RETURNED and not one.startswith("x-mainstay-") for one in names])
    count = names.count("connection")
    if not count:
        return returned, None
    at = names.index("connection")
    return returned, _named_by_connection if count > 1 else lambda headers: _words(headers[at][1])


def _named_by_connection(headers: Headers) -> frozenset[str]:
    values = [value for name, value in headers if name == "connection"]
    return _words(values[0] if len(values) == 1 else ",".join(values)) if values else _NO_WORDS


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _words(value: str) -> frozenset[str]:
    """The words of a `Connection` field that are not hop-by-hop anyway."""
    return frozenset(word.strip().lower() for word in value.split(",")) - HOP_BY_HOP
