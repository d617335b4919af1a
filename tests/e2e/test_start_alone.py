"""A gateway starts without the store, without what replicas share, without a control plane, and says so."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mainstay.gateway.shipping_watch import TROUBLE
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.process import free_port
from tests.e2e.start_troubles import Starter, starter
from tests.services.redis import RedisServer

PASSWORD = "canary-of-the-shared-store"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@contextmanager
def silence() -> Iterator[int]:
    """A port that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def hold() -> None:
            with suppress(OSError):
                while True:
                    held.append(listening.accept()[0])

        holding = threading.Thread(target=hold, daemon=True)
        holding.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            holding.join()
            for one in held:
                one.close()


def assert_works_alone(gateway: Starter, why: str) -> None:
    """It serves everything, and says that it shares nothing."""
    gateway.assert_serves()
    gateway.until_told(f"sharing: replicas: {why}", "sharing")
    gateway.until_header("sharing")
    assert gateway.refusal() == "", "this machine's own disk is enough for durable work"


def test_what_replicas_share_is_away_and_comes(provider: FakeProviderThread, tmp_path: Path) -> None:
    server = RedisServer()
    with starter(provider, tmp_path, workers=2, shared="env:SHARED") as gateway:
        gateway.environment["SHARED"] = server.url
        gateway.start()
        assert_works_alone(gateway, "")
        with server:
            gateway.until_well()
            gateway.assert_nothing_is_lost()


def test_what_replicas_share_says_nothing(provider: FakeProviderThread, tmp_path: Path) -> None:
    with silence() as port, starter(provider, tmp_path, shared="env:SHARED") as gateway:
        gateway.environment["SHARED"] = f"redis://127.0.0.1:{port}"
        gateway.start()
        assert_works_alone(gateway, "no answer within 50 ms")
        gateway.assert_nothing_is_lost()


def test_the_password_of_what_replicas_share_is_wrong_and_is_put_right(
    provider: FakeProviderThread, tmp_path: Path
) -> None:
    with RedisServer("another") as server, starter(provider, tmp_path, shared="env:SHARED") as gateway:
        gateway.environment["SHARED"] = f"redis://:{PASSWORD}@127.0.0.1:{server.port}"
        gateway.start()
        assert_works_alone(gateway, "")
        server.ask("CONFIG", "SET", "requirepass", PASSWORD)
        gateway.until_well()
        assert PASSWORD not in gateway.gateway.output


def test_the_store_is_away_and_so_is_the_control_plane(provider: FakeProviderThread, tmp_path: Path) -> None:
    """A gateway asks neither of them; it sees that what it has written down is not taken."""
    with silence() as port, starter(provider, tmp_path, workers=2, store="env:STORE") as gateway:
        gateway.environment["STORE"] = f"postgresql://somebody:{PASSWORD}@127.0.0.1:{port}/records"
        gateway.start()
        gateway.assert_serves()
        gateway.until_told(f"shipping: {TROUBLE}", "shipping")
        gateway.until_header("shipping")
        gateway.assert_serves()
        assert gateway.refusal() == ""
        gateway.assert_nothing_is_lost()
        assert PASSWORD not in gateway.gateway.output


def test_neither_a_store_nor_a_control_plane_is_needed(provider: FakeProviderThread, tmp_path: Path) -> None:
    dead = f"postgresql://somebody:{PASSWORD}@127.0.0.1:{free_port()}/records"
    with starter(provider, tmp_path, store="env:STORE") as gateway:
        gateway.environment["STORE"] = dead
        gateway.start()
        gateway.assert_serves()
        assert gateway.refusal() == ""
        gateway.assert_nothing_is_lost()
