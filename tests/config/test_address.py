import pytest

from mainstay.config.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8484", Address("127.0.0.1", 8484)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:65535", Address("::1", 65535)),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "8484", ":8484", "127.0.0.1", "127.0.0.1:", "h:65536", "h:-1", "::1:80", "a b:1"])
def test_anything_else_is_no_address(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_stays_on_this_machine(host: str) -> None:
    assert Address(host, 1).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "gateway"])  # noqa: S104 - read, not bound
def test_everything_else_does_not(host: str) -> None:
    assert not Address(host, 1).is_loopback
