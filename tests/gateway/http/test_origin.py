import pytest

from mainstay.gateway.http.origin import Origin, Target, read_url


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://api.anthropic.com/v1/messages", Origin("https", "api.anthropic.com", 443), "/v1/messages"),
        ("http://10.0.0.5:8000/v1?beta=true&a=%2F", Origin("http", "10.0.0.5", 8000), "/v1?beta=true&a=%2F"),
        ("http://[::1]:9000", Origin("http", "::1", 9000), "/"),
        ("HTTP://Example.COM/A", Origin("http", "example.com", 80), "/A"),
        ("http://user:secret@example.com/a#b", Origin("http", "example.com", 80), "/a"),
        ("http://bücher.example/", Origin("http", "xn--bcher-kva.example", 80), "/"),
        ("http://example.com/a b/é", Origin("http", "example.com", 80), "/a%20b/%C3%A9"),
        ("http://example.com/a\r\nX: y", Origin("http", "example.com", 80), "/aX:%20y"),
    ],
)
def test_a_url_is_origin_and_path(url: str, origin: Origin, path: str) -> None:
    assert read_url(url) == Target(origin, path)


@pytest.mark.parametrize("url", ["", "ftp://a/", "/v1/messages", "http://", "http://a:b/", "http://a b/", "http://[::"])
def test_what_is_no_url_is_said_so(url: str) -> None:
    assert isinstance(read_url(url), str)


@pytest.mark.parametrize(
    ("origin", "authority", "host_and_port"),
    [
        (Origin("https", "a", 443), "a", "a:443"),
        (Origin("http", "a", 443), "a:443", "a:443"),
        (Origin("http", "::1", 80), "[::1]", "[::1]:80"),
        (Origin("http", "::1", 81), "[::1]:81", "[::1]:81"),
    ],
)
def test_an_origin_names_its_port_where_it_must(origin: Origin, authority: str, host_and_port: str) -> None:
    assert (origin.authority, origin.host_and_port) == (authority, host_and_port)
