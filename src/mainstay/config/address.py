"""Listen addresses: `host:port` texts and whether they stay on this machine."""

import ipaddress
import re

import msgspec

_FORM = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_PORT_MAX = 65_535


class Address(msgspec.Struct, frozen=True):
    """Where to listen. Port 0 asks the system for any free port. An IPv6 host stands without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        """As a user writes it: `127.0.0.1:8484`, `[::1]:8484`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect. A name other than `localhost` could mean anything, so it does not."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> Address | None:
    """Read `host:port`; `None` when the text is something else."""
    match = _FORM.fullmatch(text)
    if match is None or int(match["port"]) > _PORT_MAX:
        return None
    return Address(match["host"].strip("[]").lower(), int(match["port"]))
