"""One end of the line between a supervisor and a worker."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, Generic, TypeVar, cast

import msgspec

from mainstay.gateway.supervisor.messages import LINE_BYTES_MAX, Order, Report

WAITING_BYTES_MAX: Final = 2 * LINE_BYTES_MAX
"""What may wait for the other side. One that does not read is paused, and will be killed."""

Heard = TypeVar("Heard")
Said = TypeVar("Said")


class Channel(asyncio.Protocol, Generic[Said, Heard]):
    """Says `Said`, hears `Heard`."""

    def __init__(
        self, decoder: msgspec.json.Decoder[Heard], heard: Callable[[Heard], None], lost: Callable[[], None]
    ) -> None:
        """`heard` takes each message; `lost` is called once, when the other side is gone."""
        self._decoder = decoder
        self._heard = heard
        self._lost = lost
        self._half = bytearray()
        self._transport: asyncio.Transport | None = None
        self._is_hung_up = False

    def say(self, message: Said) -> bool:
        """Send; tells whether the other side is there to take it."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > WAITING_BYTES_MAX:
            return False
        transport.write(msgspec.json.encode(message) + b"\n")
        return True

    def close(self) -> None:
        """Hang up. Nobody is told that the other side is gone."""
        self._is_hung_up = True
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """For the event loop."""
        # A cast, because uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """For the event loop. Who sends nonsense is hung up on."""
        self._half += data
        *lines, rest = self._half.split(b"\n")
        self._half = bytearray(rest)
        try:
            for line in lines:
                self._heard(self._decoder.decode(line))
            if len(self._half) > LINE_BYTES_MAX:
                raise msgspec.DecodeError("a line without an end")
        except msgspec.MsgspecError:
            if self._transport is not None:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """For the event loop."""
        del exc
        self._transport = None
        if not self._is_hung_up:
            self._lost()


SupervisorChannel = Channel[Order, Report]
WorkerChannel = Channel[Report, Order]


async def supervisors_end(
    line: socket.socket, heard: Callable[[Report], None], lost: Callable[[], None]
) -> SupervisorChannel:
    """The end that gives orders. The socket is the channel's from now on."""
    decoder: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)
    return await _on(line, Channel(decoder, heard, lost))


async def workers_end(line: socket.socket, heard: Callable[[Order], None], lost: Callable[[], None]) -> WorkerChannel:
    """The end that takes orders. The socket is the channel's from now on."""
    decoder: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
    return await _on(line, Channel(decoder, heard, lost))


async def _on(line: socket.socket, channel: Channel[Said, Heard]) -> Channel[Said, Heard]:
    line.settimeout(0.0)
    await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=line)
    return channel
