"""HTTP proxies from the environment: HTTPS_PROXY, HTTP_PROXY, NO_PROXY."""

import ipaddress
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import msgspec

from mainstay.gateway.http.origin import Origin

_DEFAULT_PORT = 80


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy. `authorization` is the finished header value, empty without a user in the proxy's URL."""

    host: str
    port: int
    authorization: str

    def __repr__(self) -> str:
        """Show no credentials."""
        return f"Proxy({self.host}:{self.port})"


class Proxies:
    """Which proxy leads to which origin. Read once; loopback is never proxied."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """`settings` maps scheme (or `all`) to a proxy URL, and `no` to the hosts that are reached directly.

        Raises:
            ValueError: a proxy URL cannot be used.
        """
        self._direct = tuple(entry.strip().lower() for entry in settings.get("no", "").split(",") if entry.strip())
        self._proxies = {scheme: _read(url) for scheme, url in settings.items() if scheme in {"http", "https", "all"}}

    @classmethod
    def from_environment(cls) -> "Proxies":
        """The proxies that the environment names.

        Raises:
            ValueError: a proxy URL cannot be used.
        """
        return cls(getproxies())

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """The proxy to use, or `None` for a direct connection."""
        proxy = self._proxies.get(origin.scheme) or self._proxies.get("all")
        if proxy is None or _is_loopback(origin.host):
            return None
        return None if any(_covers(entry, origin) for entry in self._direct) else proxy


def _read(url: str) -> Proxy:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"only http:// proxies can be used, not {parts.scheme}://{parts.hostname}")
    authorization = ""
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(user.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or _DEFAULT_PORT, authorization)


def _covers(entry: str, origin: Origin) -> bool:
    """Whether an entry of NO_PROXY names the origin: `*`, a domain with all below it, an address or a network, each
    but the first with or without a port."""
    if entry == "*":
        return True
    domain = entry.removeprefix("*").removeprefix(".")
    for name in (origin.host, f"{origin.host}:{origin.port}"):
        if name == domain or name.endswith(f".{domain}"):
            return True
    try:
        return ipaddress.ip_address(origin.host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
