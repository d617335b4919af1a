import asyncio
import socket
from collections.abc import Coroutine, Sequence

import pytest

from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.resolver import Address, Resolver
from tests.gateway.http.conftest import PATIENCE_SECONDS

Found = tuple[int, int, int, str, tuple[str, int]]

V4 = Address(socket.AF_INET, ("192.0.2.1", 443))


class NameServer:
    """Stands in for the system's look-up: answers or fails when the test lets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, addresses: Sequence[str] = ("192.0.2.1",)) -> None:
        self.addresses = addresses
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.broken = False
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.getaddrinfo)

    async def getaddrinfo(self, host: str, port: int, *, type: int) -> list[Found]:  # noqa: A002 - asyncio's name
        del host
        self.asked += 1
        await self.answers.wait()
        if self.broken:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, type, 6, "", (address, port))
            for address in self.addresses
        ]


def run(coroutine: Coroutine[object, object, None]) -> None:
    """On asyncio's loop alone: a method of uvloop's cannot be replaced."""
    asyncio.run(asyncio.wait_for(coroutine, PATIENCE_SECONDS))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", Address(socket.AF_INET, ("127.0.0.1", 443))),
        ("::1", Address(socket.AF_INET6, ("::1", 443, 0, 0))),
    ],
)
def test_an_address_needs_no_look_up(monkeypatch: pytest.MonkeyPatch, host: str, address: Address) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        assert await Resolver(ClientLimits()).addresses(host, 443) == (address,)
        assert names.asked == 0

    run(play())


def test_families_alternate(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        NameServer(monkeypatch, ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"])
        found = await Resolver(ClientLimits()).addresses("a", 443)
        assert [address.address[0] for address in found] == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"]

    run(play())


def test_many_who_ask_at_once_cause_one_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        resolver = Resolver(ClientLimits())
        assert await asyncio.gather(*(resolver.addresses("a", 443) for _ in range(50))) == [(V4,)] * 50
        assert await resolver.addresses("a", 443) == (V4,)
        assert names.asked == 1

    run(play())


def test_one_who_gives_up_does_not_end_the_look_up_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        names.answers.clear()
        resolver = Resolver(ClientLimits())
        impatient, patient = (asyncio.create_task(resolver.addresses("a", 443)) for _ in range(2))
        await asyncio.sleep(0.001)
        impatient.cancel()
        await asyncio.sleep(0)
        names.answers.set()
        assert await patient == (V4,)

    run(play())


def test_a_known_address_is_used_while_it_is_looked_up_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        resolver = Resolver(ClientLimits(address_fresh_seconds=0.0))
        await resolver.addresses("a", 443)
        names.answers.clear()
        assert await resolver.addresses("a", 443) == (V4,)
        resolver.close()

    run(play())


def test_an_old_address_is_better_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        resolver = Resolver(ClientLimits(address_fresh_seconds=0.0, address_stale_seconds=0.0))
        await resolver.addresses("a", 443)
        names.broken = True
        assert await resolver.addresses("a", 443) == (V4,)

    run(play())


def test_an_unknown_name_is_an_error_and_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        names.broken = True
        resolver = Resolver(ClientLimits())
        with pytest.raises(OSError, match="no answer"):
            await resolver.addresses("a", 443)
        names.broken = False
        assert await resolver.addresses("a", 443) == (V4,)

    run(play())


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        names = NameServer(monkeypatch)
        resolver = Resolver(ClientLimits())
        for number in range(300):
            await resolver.addresses(f"host{number}", 443)
        await resolver.addresses("host299", 443)
        assert names.asked == 300
        assert len(resolver._known) <= 256

    run(play())
