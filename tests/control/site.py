"""A control plane that a real browser can reach, and what a person does first."""

import asyncio
import socket
import threading

import pytest
from playwright.sync_api import Error, Page

from mainstay.control.plane import run_control_plane
from tests.control.stand import PASSWORD, Stand

PATIENCE_SECONDS = 30.0


class Site:
    """A control plane on a port of its own, in a thread of its own."""

    def __init__(self, stand: Stand) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.stand = stand
        self.url = f"http://127.0.0.1:{self.port}"
        stand.listen = f"127.0.0.1:{self.port}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await run_control_plane(self.stand.snapshot(), self.stand.outside(), self._stop)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_SECONDS)


def goto_when_it_listens(page: Page) -> None:
    for _ in range(200):
        try:
            page.goto("/login")
        except Error:
            page.wait_for_timeout(20)
        else:
            return
    pytest.fail("the server does not listen")


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
