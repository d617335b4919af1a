"""Where a request goes: a URL, read once into what a connection and a request line need."""

import re
from urllib.parse import quote, urlsplit

import msgspec

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[0-9A-Za-z._:%-]+")
_SAFE_IN_TARGET = "!#$%&'()*+,/:;=?@[]~"
_PLAIN_TARGET = re.compile(r"[!$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")


class Origin(msgspec.Struct, frozen=True):
    """One server: connections to it can be shared."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as the `host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def host_and_port(self) -> str:
        """Host and port, the port always named."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Target(msgspec.Struct, frozen=True):
    """An origin, and path with query on it."""

    origin: Origin
    path: str


def read_url(url: str) -> Target | str:
    """The target that a URL names, or what is wrong with the URL. User information in it is not used."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode()
    except ValueError as error:
        return f"not a URL: {error}"
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host):
        return "not an http or https URL"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _PLAIN_TARGET.fullmatch(path):
        path = quote(path, safe=_SAFE_IN_TARGET)
    return Target(Origin(parts.scheme, host, port or _PORTS[parts.scheme]), path)
