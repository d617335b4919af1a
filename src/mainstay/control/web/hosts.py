"""Under which names and from which pages we may be used: a guard against DNS rebinding and forged forms."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from mainstay.config.address import Address

_HOST: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Hosts:
    """Compares the headers `host`, `origin` and `sec-fetch-site` with where we are.

    A page on a foreign name that is made to point at us (DNS rebinding) sends its own name as the host. An address
    cannot be made to point elsewhere, so every address is ours.
    """

    def __init__(self, listen: Address, url: str) -> None:
        """`url` is `control.url`, the address at which people reach us, or ""."""
        parts = urlsplit(url)
        self._url_origin = _origin(url)
        self._url_host = (parts.hostname or "").lower()
        self._url_port = _port(url)
        self._listen = listen

    def is_ours(self, host: str) -> bool:
        """Whether a `host` header names us."""
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["host"].strip("[]").lower().rstrip(".")
        port = None if match["port"] is None else int(match["port"])
        if name == self._url_host and port in (None, self._url_port):
            return True
        if name in ("localhost", self._listen.host):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def is_from_us(self, host: str, origin: str | None, fetch_site: str | None) -> bool:
        """Whether a request that changes something was sent by a page of ours; `host` has been found to be ours."""
        if fetch_site not in (None, "same-origin"):
            return False
        if origin is None:
            return fetch_site == "same-origin"
        sent = _origin(origin)
        return bool(sent) and sent in (self._url_origin, _origin(f"http://{host}"))


def _port(url: str) -> int | None:
    try:
        parts = urlsplit(url)
        return parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None


def _origin(url: str) -> str:
    """Scheme, host and port in one form; "" for what has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}:{port}" if host and port else ""
