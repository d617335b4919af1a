"""Login throttling: after a few failures each further try has to wait longer, per account and per address."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

ENTRIES_MAX: Final = 10_000
FORGET_SECONDS: Final = 900.0
"""Failures count until there was none for so long."""
IPV6_PREFIX_BITS: Final = 64
"""One customer usually has as many addresses as this prefix leaves."""


class Pace(msgspec.Struct, frozen=True):
    """How many failures are free, and how long the pause after them may grow: 1, 2, 4, ... seconds."""

    free: int
    pause_seconds_max: float


ACCOUNT_PACE: Final = Pace(5, 60.0)
# An office, or everybody behind a reverse proxy, may share one address.
ADDRESS_PACE: Final = Pace(20, 300.0)


class _Failures(msgspec.Struct):
    count: int
    last: float
    waits_until: float


class _Table:
    """Failures by key, the least recently used first; bounded by dropping that one."""

    def __init__(self, pace: Pace, entries_max: int) -> None:
        self._pace = pace
        self._entries_max = entries_max
        self._entries: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        entry = self._entries.get(key)
        return 0.0 if entry is None else max(0.0, entry.waits_until - now)

    def count(self, key: str, now: float) -> None:
        entry = self._entries.pop(key, None)
        if entry is None or now - entry.last >= FORGET_SECONDS:
            entry = _Failures(0, now, now)
        entry.count += 1
        entry.last = now
        beyond = entry.count - self._pace.free
        if beyond >= 0:
            entry.waits_until = now + min(self._pace.pause_seconds_max, 2.0 ** min(beyond, 60))
        if len(self._entries) >= self._entries_max:
            self._entries.popitem(last=False)
        self._entries[key] = entry

    def uncount(self, key: str) -> None:
        entry = self._entries.get(key)
        if entry is not None:
            entry.count -= 1
            entry.waits_until = entry.last

    def forget(self, key: str) -> None:
        self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)


class Throttle:
    """Asked before each login. Of a login that succeeds, `succeeded` takes back what `begin` counted."""

    def __init__(self, clock: Callable[[], float], entries_max: int = ENTRIES_MAX) -> None:
        """`clock` is a monotonic one; `entries_max` bounds each table."""
        self._clock = clock
        self._accounts = _Table(ACCOUNT_PACE, entries_max)
        self._addresses = _Table(ADDRESS_PACE, entries_max)
        self._browsers = _Table(ACCOUNT_PACE, entries_max)

    def begin(self, account: str, address: str, browser: str = "") -> float:
        """Seconds to wait before this try may be made; 0 where it may be, and then it counts as failed until it has
        succeeded: tries that run side by side must not all be free.

        A `browser` that this person logged in with before has a count of its own, so that strangers who guess at the
        account cannot keep its owner out.
        """
        now = self._clock()
        tables = self._tables(account, address, browser)
        wait = max(table.wait(key, now) for table, key in tables)
        if wait == 0:
            for table, key in tables:
                table.count(key, now)
        return wait

    def succeeded(self, account: str, address: str, browser: str = "") -> None:
        """The try was a login. What the account's failures were is forgotten; an address' other failures stay."""
        for table, key in self._tables(account, address, browser):
            if table is self._addresses:
                table.uncount(key)
            else:
                table.forget(key)

    def _tables(self, account: str, address: str, browser: str) -> tuple[tuple[_Table, str], ...]:
        if browser:
            return ((self._browsers, browser),)
        return ((self._accounts, account), (self._addresses, _network(address)))

    def __len__(self) -> int:
        return len(self._accounts) + len(self._addresses) + len(self._browsers)


def _network(address: str) -> str:
    """The address, or the network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX_BITS), strict=False))
    return str(parsed)
