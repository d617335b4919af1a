import asyncio
import socket

import pytest

from mainstay.lab.provider.door import LOOPBACK, Door, DoorState


async def connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


def test_a_door_opens_closes_and_opens_again_on_the_same_port() -> None:
    async def play() -> None:
        accepted: list[socket.socket] = []
        door = Door(0, accepted.append)
        port = door.port
        assert not await connects(port)
        for _ in range(2):
            door.set(DoorState.OPEN)
            assert await connects(port)
            door.set(DoorState.CLOSED)
            assert not await connects(port)
        door.close()
        for connection in accepted:
            connection.close()

    asyncio.run(play())


def test_small_writes_do_not_wait_for_each_other() -> None:
    async def play() -> None:
        accepted: list[socket.socket] = []
        door = Door(0, accepted.append)
        door.set(DoorState.OPEN)
        assert await connects(door.port)
        assert accepted[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        door.close()
        accepted[0].close()

    asyncio.run(play())


def test_nobody_gets_through_a_silent_door() -> None:
    async def play() -> None:
        accepted: list[socket.socket] = []
        door = Door(0, accepted.append)
        door.set(DoorState.SILENT)
        clients = [socket.socket() for _ in range(3)]
        for client in clients:
            client.settimeout(0.0)
            assert client.connect_ex((LOOPBACK, door.port)) != 0
            with pytest.raises(OSError, match="not connected"):
                client.getpeername()
        for client in clients:
            client.close()
        door.set(DoorState.OPEN)
        assert await connects(door.port)
        door.close()
        for connection in accepted:
            connection.close()

    asyncio.run(play())


def test_a_taken_port_is_an_error() -> None:
    async def play() -> None:
        door = Door(0, socket.socket.close)
        door.set(DoorState.OPEN)
        with pytest.raises(OSError, match="in use"):
            Door(door.port, socket.socket.close)
        door.close()

    asyncio.run(play())
