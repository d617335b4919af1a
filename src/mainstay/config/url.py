"""Base URLs of upstreams: what is wrong with one, and where it points."""

import re
from urllib.parse import SplitResult, urlsplit

from mainstay.config.address import Address

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_PORTS = {"http": 80, "https": 443}


def url_problem(url: str) -> str | None:
    """Why `url` cannot be a base URL, as the end of a sentence that begins with its path; `None` when it can.

    The message never quotes the URL: it may hold a password.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "must be a URL without spaces and special characters"
    parts = _split(url)
    if parts is None or parts.scheme not in _PORTS or not _HOST.fullmatch(parts.hostname or ""):
        return "must be a URL such as https://api.example.com/v1, with http or https, a host and perhaps a port"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user or password; name the key under `credentials` as env:NAME or file:PATH"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "must not have a query or fragment: requests bring their own path and query"
    return None


def url_address(url: str) -> Address | None:
    """The host and port that a base URL connects to; `None` when it is no base URL."""
    parts = _split(url)
    if parts is None or not parts.hostname or parts.scheme not in _PORTS:
        return None
    return Address(parts.hostname, parts.port or _PORTS[parts.scheme])


def url_path(url: str) -> str:
    """The path of a base URL without its last slash; "" when there is none."""
    parts = _split(url)
    return "" if parts is None else parts.path.rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port  # raises where it is no number from 0 to 65535
    except ValueError:
        return None
    return None if port == 0 else parts
