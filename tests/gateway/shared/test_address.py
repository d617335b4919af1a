"""URLs of shared stores: what is understood, and that nothing of them is ever told."""

import pytest

from mainstay.gateway.shared.address import SharedAddress, UnusableSharedUrlError, read_shared_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://", SharedAddress()),
        ("redis://cache", SharedAddress(host="cache")),
        ("valkey://cache:7000/3", SharedAddress(host="cache", port=7000, database=3)),
        ("redis://:p%40ss@cache", SharedAddress(host="cache", password="p@ss")),
        ("rediss://me:secret@cache", SharedAddress(host="cache", username="me", password="secret", tls=True)),
        ("valkeys://[::1]:7000", SharedAddress(host="::1", port=7000, tls=True)),
        ("unix:///run/redis.sock?db=2", SharedAddress(path="/run/redis.sock", database=2)),
        (
            "rediss://cache?ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem&ssl_check_hostname=no",
            SharedAddress(
                host="cache",
                tls=True,
                ca_file="/ca.pem",
                certificate_file="/c.pem",
                key_file="/k.pem",
                check_hostname=False,
            ),
        ),
        ("rediss://cache?ssl_cert_reqs=none", SharedAddress(host="cache", tls=True, verification="none")),
    ],
)
def test_urls_are_understood(url: str, address: SharedAddress) -> None:
    assert read_shared_url(url) == address


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "must begin with"),
        ("http://:canary@cache", "must begin with"),
        ("redis://:canary@cache:port", "not a URL"),
        ("redis://:canary@cache:99999", "not a URL"),
        ("redis://:canary@[cache", "not a URL"),
        ("redis://:canary@cache/one", "database"),
        ("redis://:canary@cache/-1", "database"),
        ("redis://:canary@cache/99999999999", "database"),
        ("redis://:canary@cache?decode_responses=yes", "'decode_responses'"),
        ("rediss://:canary@cache?ssl_cert_reqs=perhaps", "ssl_cert_reqs"),
        ("unix://", "socket"),
    ],
)
def test_what_cannot_be_used_is_refused_without_repeating_it(url: str, says: str) -> None:
    with pytest.raises(UnusableSharedUrlError, match=r"^shared: ") as refused:
        read_shared_url(url)
    assert says in str(refused.value)
    assert "canary" not in str(refused.value)


def test_an_address_never_shows_its_password() -> None:
    address = read_shared_url("rediss://me:canary@cache:7000/3")
    assert str(address) == "cache:7000"
    assert "canary" not in repr(address)
