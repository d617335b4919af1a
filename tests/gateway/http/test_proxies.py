import pytest

from mainstay.gateway.http.origin import Origin
from mainstay.gateway.http.proxies import Proxies, Proxy

HTTPS = Origin("https", "api.example.com", 443)
HTTP = Origin("http", "api.example.com", 80)


def test_each_scheme_has_its_proxy() -> None:
    one = Proxies({"https": "http://one:3128", "http": "two"})
    assert one.proxy_for(HTTPS) == Proxy("one", 3128, "")
    assert one.proxy_for(HTTP) == Proxy("two", 80, "")


def test_a_proxy_for_all_serves_where_no_other_is_named() -> None:
    one = Proxies({"https": "http://one:3128", "all": "http://rest:1"})
    assert one.proxy_for(HTTP) == Proxy("rest", 1, "")


def test_a_user_becomes_an_authorization_that_is_not_shown() -> None:
    proxy = Proxies({"https": "http://user:p%40ss@one:3128"}).proxy_for(HTTPS)
    assert proxy == Proxy("one", 3128, "Basic dXNlcjpwQHNz")
    assert "Basic" not in repr(proxy)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_never_proxied(host: str) -> None:
    assert Proxies({"http": "http://one:1"}).proxy_for(Origin("http", host, 80)) is None


@pytest.mark.parametrize(
    ("no", "host", "direct"),
    [
        ("*", "anything", True),
        ("example.com", "example.com", True),
        ("example.com", "api.example.com", True),
        (".example.com", "api.example.com", True),
        ("*.example.com", "api.example.com", True),
        ("example.com:8000", "api.example.com", True),
        ("example.com:9000", "api.example.com", False),
        ("example.com", "notexample.com", False),
        ("a, b ,10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("", "example.com", False),
    ],
)
def test_no_proxy_names_what_is_reached_directly(no: str, host: str, direct: bool) -> None:  # noqa: FBT001 - a table
    proxies = Proxies({"http": "http://one:1", "no": no})
    assert (proxies.proxy_for(Origin("http", host, 8000)) is None) is direct


@pytest.mark.parametrize("url", ["https://one:1", "socks5://one:1", "http://"])
def test_a_proxy_that_cannot_be_used_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match="only http://"):
        Proxies({"https": url})


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://one:3128")
    monkeypatch.setenv("no_proxy", "other.example")
    one = Proxies.from_environment()
    assert one.proxy_for(HTTPS) == Proxy("one", 3128, "")
    assert one.proxy_for(Origin("https", "other.example", 443)) is None
