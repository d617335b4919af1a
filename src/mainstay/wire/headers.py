"""Which header fields pass through the gateway, in both directions (RFC 9110, section 7.6)."""

from collections.abc import Iterable

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
    "x-api-key",
}
_NOT_FORWARDED_PREFIXES = ("x-mainstay-", "x-forwarded-")

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


def forwardable(headers: Headers) -> Headers:
    """Those of a caller's header fields that an upstream may see: no credentials, nothing of the connection, nothing
    of ours."""
    named = _named_by_connection(headers)
    return tuple(
        (name, value)
        for name, value in headers
        if name not in _NOT_FORWARDED and name not in named and not name.startswith(_NOT_FORWARDED_PREFIXES)
    )


def response_headers(headers: Headers) -> Headers:
    """Those of a provider's header fields that a caller may see."""
    named = _named_by_connection(headers)
    return tuple(
        (name, value)
        for name, value in headers
        if name not in _NOT_RETURNED and name not in named and not name.startswith("x-mainstay-")
    )


def request_headers(headers: Headers, extra: Iterable[tuple[str, str]]) -> Headers:
    """A request's header fields for an upstream: the caller's, what the dialect adds, and an uncompressed answer.

    We read what comes back while it streams, so no encoding is offered.
    """
    sent = [*headers, *extra, ("accept-encoding", "identity")]
    if header(headers, "content-type") is None:
        sent.append(("content-type", "application/json"))
    return tuple(sent)


def _named_by_connection(headers: Headers) -> frozenset[str]:
    return frozenset(
        word.strip().lower() for name, value in headers if name == "connection" for word in value.split(",")
    )
