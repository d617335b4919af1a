import http.client
from urllib.parse import urlsplit

import pytest

from mainstay.lab.provider.thread import FakeProviderThread


def status(url: str, path: str = "/v1/models") -> int:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_provider_serves_synchronous_callers() -> None:
    with FakeProviderThread("standby") as provider:
        assert status(provider.url) == 200
        provider.break_with("overloaded", 1)
        assert [status(provider.url), status(provider.url)] == [503, 200]
        provider.until(lambda: all(not seen.is_running for seen in provider.requests))
        assert [seen.fault for seen in provider.requests] == ["ok", "overloaded", "ok"]
        provider.forget()
        assert provider.requests == ()
        assert provider.cut_now() == 0


def test_a_provider_refuses_and_heals() -> None:
    with FakeProviderThread(fault="refuse") as provider:
        with pytest.raises(ConnectionRefusedError):
            status(provider.url)
        assert status(provider.control_url, "/lab") == 200
        provider.heal()
        assert status(provider.url) == 200


def test_a_stopped_provider_is_gone() -> None:
    provider = FakeProviderThread().start()
    url = provider.url
    provider.stop()
    with pytest.raises(ConnectionRefusedError):
        status(url)


def test_a_taken_port_is_an_error() -> None:
    with FakeProviderThread() as provider:
        port = urlsplit(provider.url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"):
            FakeProviderThread(port=port).start()


def test_waiting_in_vain_ends() -> None:
    with FakeProviderThread() as provider, pytest.raises(TimeoutError):
        provider.until(lambda: False, seconds_max=0.01)
