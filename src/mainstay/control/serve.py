"""Runs the control plane's application inside a running event loop, on granian's embedded server."""

import asyncio
import errno
import socket
from contextlib import suppress
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

STOP_SECONDS: Final = 5.0
"""How long running requests may take to end once a stop was asked for; then they are cut."""

HEADER_MILLISECONDS: Final = 2_000
"""How long a caller may take to send a request's header. Shorter than `STOP_SECONDS`, since a stop waits for it."""


class AddressInUseError(OSError):
    """Another process listens on this address already."""


async def serve(host: str, port: int, app: ASGIApp, stop: asyncio.Event) -> None:
    """Serve `app` until `stop` is set; return when the port is free again.

    Raises `AddressInUseError`, or another `OSError` if the address cannot be used at all.
    """
    _refuse_taken(host, port)
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        log_enabled=False,
    )
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.stop()  # type: ignore[no-untyped-call] # granian leaves it without annotations
        with suppress(TimeoutError):
            await asyncio.wait_for(serving, STOP_SECONDS)


def _refuse_taken(host: str, port: int) -> None:
    """Granian shares its port (SO_REUSEPORT), so two control planes would silently split the callers between them."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                msg = f"{host}:{port} is in use by another process; stop it, or change `control.listen`"
                raise AddressInUseError(error.errno, msg) from error
            raise
