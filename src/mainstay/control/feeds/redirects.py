"""Where a status page may send us: nowhere but to itself, and never into a private network."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

REDIRECTS_MAX: Final = 3
RESOLVE_SECONDS: Final = 3.0

Resolve = Callable[[str], Awaitable[tuple[str, ...]]]
"""Gives the addresses of a host name; none for one that has none."""

_SECOND_LEVELS: Final = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "go"})


async def redirect_problem(origin: str, target: str, resolve: Resolve) -> str | None:
    """Why `origin`, which an operator named, may not send us on to `target`; `None` where it may."""
    before, after = _parts(origin), _parts(target)
    if before is None or after is None or after.username is not None:
        return "it redirects to something that is no web address"
    start, end = before.hostname or "", after.hostname or ""
    is_near = is_loopback(start)
    if is_near and is_loopback(end):
        return None
    if after.scheme != "https" and not (before.scheme == "http" and start == end):
        return "it redirects to an address without https"
    if _site(start) != _site(end):
        return "it redirects to another site"
    return None if start == end else await _network_problem(end, resolve)


def joined_url(base: str, location: str) -> str:
    """The absolute address that a `location` header means; empty for none."""
    try:
        return urljoin(base, location.strip())
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def resolve_host(host: str) -> tuple[str, ...]:
    """The addresses of a host name, as the operating system knows them."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ()
    return tuple({str(address[0]) for _, _, _, _, address in found})


async def _network_problem(host: str, resolve: Resolve) -> str | None:
    addresses = await resolve(host)
    is_public = bool(addresses) and all(_is_public(one) for one in addresses)
    return None if is_public else "it redirects to an address that is not public"


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


def _site(host: str) -> str:
    """The part of a host name that somebody had to register, nearly: without a list of all such endings, those of two
    short parts such as `co.uk` are told by their first one."""
    labels = host.rstrip(".").lower().split(".")
    if _is_address(host):
        return host
    is_long = len(labels) > 2 and labels[-2] in _SECOND_LEVELS and len(labels[-1]) == 2  # noqa: PLR2004
    return ".".join(labels[-3 if is_long else -2 :])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _parts(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None
