"""Listening sockets, and who accepts."""

import asyncio
import errno
import os
import socket
import time

import pytest

from mainstay.gateway.http import listening as listening_module
from mainstay.gateway.http.listening import STAND_BACKS_MAX, Acceptor, listen
from mainstay.gateway.http.shares import Shares, make_shares
from tests.gateway.http.conftest import Run, turns, until


class Counting(asyncio.Protocol):
    """A protocol that counts connections."""

    def __init__(self, made: list[asyncio.BaseTransport]) -> None:
        self._made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._made.append(transport)


class Desk:
    """An acceptor on a port of its own."""

    def __init__(self, shares: Shares | None = None) -> None:
        self.made: list[asyncio.BaseTransport] = []
        self.told: list[str] = []
        (self.socket,) = listen("127.0.0.1", 0)
        self.acceptor = Acceptor(
            asyncio.get_running_loop(),
            [self.socket],
            lambda: Counting(self.made),
            self.told.append,
            connections=lambda: len(self.made),
            shares=shares,
        )
        self.acceptor.start()
        self.callers: list[socket.socket] = []

    def call(self, times: int = 1) -> None:
        for _ in range(times):
            self.callers.append(socket.create_connection(self.socket.getsockname()))

    async def close(self) -> None:
        await self.acceptor.close()
        for transport in self.made:
            transport.close()
        for caller in self.callers:
            caller.close()
        await turns()


def test_every_address_of_a_name_is_listened_on() -> None:
    found = listen("localhost", 0)
    addresses = {one.getsockname()[0] for one in found}
    assert "127.0.0.1" in addresses
    for one in found:
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        one.close()


def test_an_address_that_is_taken_is_named() -> None:
    (first,) = listen("127.0.0.1", 0)
    port = first.getsockname()[1]
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {port}: address already in use"):
        listen("127.0.0.1", port)
    first.close()


def test_what_is_not_an_address_of_ours_is_named() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_connections_are_accepted_until_it_is_closed(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        assert desk.acceptor.port == desk.socket.getsockname()[1]
        desk.call(5)
        await until(lambda: len(desk.made) == 5)
        await desk.close()
        assert desk.acceptor.port == 0
        assert desk.told == []

    run(play())


def test_who_has_connected_before_the_end_is_not_lost(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        desk.call(20)
        await desk.acceptor.close()
        assert len(desk.made) == 20
        await desk.close()

    run(play())


def test_where_the_system_has_no_room_it_rests_and_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        desk = Desk()
        accept = socket.socket.accept

        def fail(_: socket.socket) -> tuple[socket.socket, object]:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        monkeypatch.setattr(socket.socket, "accept", fail)
        desk.call()
        await until(lambda: bool(desk.told))
        assert "raise the limit of open files" in desk.told[0]
        monkeypatch.setattr(socket.socket, "accept", accept)
        await until(lambda: len(desk.made) == 1)
        assert len(desk.told) == 1
        await desk.close()

    monkeypatch.setattr(listening_module, "EXHAUSTED_SECONDS", 0.001)
    run(play())


def test_one_with_more_than_its_share_stands_back_but_never_refuses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    rest = Acceptor._rest

    def note(acceptor: Acceptor, seconds: float) -> None:
        rests.append(seconds)
        rest(acceptor, seconds)

    async def play() -> None:
        descriptor = make_shares(2)
        assert descriptor is not None
        ours, theirs = Shares(descriptor, 0), Shares(descriptor, 1)
        os.close(descriptor)
        theirs.write(0, time.monotonic() + 3_600.0)
        desk = Desk(ours)
        for number in range(1, 6):
            desk.call()
            await until(lambda number=number: len(desk.made) == number)  # type: ignore[misc]
        assert len(rests) == 2 * STAND_BACKS_MAX, "for the fourth and the fifth, with none at the sibling"
        await desk.close()

    monkeypatch.setattr(Acceptor, "_rest", note)
    run(play())
