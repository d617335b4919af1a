"""Turns host names into addresses. One look-up per name at a time; a known answer outlives a broken name server."""

import asyncio
import socket
from itertools import chain, zip_longest

import msgspec

from mainstay.gateway.http.limits import ClientLimits

_NAMES = 256


class Address(msgspec.Struct, frozen=True):
    """A socket address and its family."""

    family: int
    address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


class _Known(msgspec.Struct, frozen=True):
    addresses: tuple[Address, ...]
    at: float


class Resolver:
    """Looks names up, and remembers them.

    The system's look-up runs in a few threads that all names share. If each request waited for its own, those for one
    unanswered name would keep the others from being looked up at all.
    """

    def __init__(self, limits: ClientLimits) -> None:
        """Addresses are used unasked for `address_fresh_seconds`; until `address_stale_seconds` they are used while
        a new look-up runs, and after that only if it fails."""
        self._limits = limits
        self._known: dict[tuple[str, int], _Known] = {}
        self._running: dict[tuple[str, int], asyncio.Task[tuple[Address, ...]]] = {}

    async def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """The addresses of a host, families alternating, the system's first choice first.

        Raises:
            OSError: the name cannot be resolved.
        """
        literal = _literal(host, port)
        if literal is not None:
            return (literal,)
        key = (host, port)
        known = self._known.get(key)
        age = asyncio.get_running_loop().time() - known.at if known is not None else 0.0
        if known is not None and age < self._limits.address_fresh_seconds:
            return known.addresses
        look_up = self._look_up_once(key)
        if known is not None and age < self._limits.address_stale_seconds:
            return known.addresses
        try:
            # Shielded, because the look-up serves everybody who asks for the name, and one of them may be cancelled.
            return await asyncio.shield(look_up)
        except OSError:
            if known is not None:
                return known.addresses
            raise

    def close(self) -> None:
        """Stop waiting for look-ups."""
        for look_up in self._running.values():
            look_up.cancel()

    def _look_up_once(self, key: tuple[str, int]) -> asyncio.Task[tuple[Address, ...]]:
        running = self._running.get(key)
        if running is None:
            running = asyncio.get_running_loop().create_task(self._look_up(key))
            self._running[key] = running
            running.add_done_callback(lambda done: self._looked_up(key, done))
        return running

    async def _look_up(self, key: tuple[str, int]) -> tuple[Address, ...]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(*key, type=socket.SOCK_STREAM)
        addresses = _alternating([Address(family, address) for family, _, _, _, address in found])
        if len(self._known) >= _NAMES:
            self._known.pop(next(iter(self._known)))
        self._known[key] = _Known(addresses, loop.time())
        return addresses

    def _looked_up(self, key: tuple[str, int], done: asyncio.Task[tuple[Address, ...]]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()


def _literal(host: str, port: int) -> Address | None:
    """The address that a host is already, if it is one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
    except OSError:
        return None
    return Address(family, (host, port, 0, 0) if family == socket.AF_INET6 else (host, port))


def _alternating(addresses: list[Address]) -> tuple[Address, ...]:
    """Families in turn, so that a broken one costs a single delay (RFC 8305, section 4)."""
    first_family = addresses[0].family if addresses else 0
    first = [address for address in addresses if address.family == first_family]
    other = [address for address in addresses if address.family != first_family]
    return tuple(address for address in chain.from_iterable(zip_longest(first, other)) if address is not None)
