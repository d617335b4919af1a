import pytest

from mainstay.config.address import Address
from mainstay.control.web.hosts import Hosts

LOCAL = Hosts(Address("127.0.0.1", 8485), "")
BEHIND = Hosts(Address("127.0.0.1", 8485), "https://ops.example.com")
INSIDE = Hosts(Address("0.0.0.0", 8485), "http://ops.internal:8485")  # noqa: S104 - compared with, not listened on


@pytest.mark.parametrize("host", ["127.0.0.1:8485", "localhost:8485", "LOCALHOST", "[::1]:8485", "10.1.2.3:8485"])
def test_addresses_and_this_machine_are_us(host: str) -> None:
    assert LOCAL.is_ours(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8485",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8485",
        "127.0.0.1:8485@evil.example",
        "127.0.0.1:x",
        "[::1",
        "a b",
        "ops.example.com",
        "x" * 300,
    ],
)
def test_a_name_that_we_were_not_given_is_not_us(host: str) -> None:
    assert not LOCAL.is_ours(host)


def test_the_configured_name_is_us() -> None:
    assert BEHIND.is_ours("ops.example.com")
    assert BEHIND.is_ours("OPS.example.com:443")
    assert INSIDE.is_ours("ops.internal:8485")
    assert not BEHIND.is_ours("ops.example.com:8443")
    assert not BEHIND.is_ours("ops.example.com.evil.example")


def test_our_own_pages_are_from_us() -> None:
    assert LOCAL.is_from_us("127.0.0.1:8485", "http://127.0.0.1:8485", "same-origin")
    assert LOCAL.is_from_us("127.0.0.1:8485", "http://127.0.0.1:8485", None)
    assert LOCAL.is_from_us("127.0.0.1:8485", None, "same-origin")
    assert BEHIND.is_from_us("ops.example.com", "https://ops.example.com", "same-origin")
    # A proxy may name itself to us.
    assert BEHIND.is_from_us("127.0.0.1:8485", "https://ops.example.com", "same-origin")


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        (None, None),
        ("null", None),
        ("", None),
        ("https://evil.example", None),
        ("https://evil.example", "cross-site"),
        ("http://127.0.0.1:8486", "same-site"),
        ("http://127.0.0.1:8485", "cross-site"),
        ("http://127.0.0.1:8485", "none"),
        ("https://127.0.0.1:8485", None),
        ("http://127.0.0.1", None),
        ("http://localhost:8485", None),
        ("http://127.0.0.1:8485.evil.example", None),
        ("http://[", None),
        (None, "cross-site"),
        (None, "same-site"),
    ],
)
def test_pages_of_others_are_not(origin: str | None, fetch_site: str | None) -> None:
    assert not LOCAL.is_from_us("127.0.0.1:8485", origin, fetch_site)
