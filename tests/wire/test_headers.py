import pytest

from mainstay.model.http import Headers
from mainstay.wire.headers import forwardable, header, is_event_stream, request_headers, response_headers


def test_a_callers_credentials_and_connection_stay_with_us() -> None:
    kept = (("anthropic-beta", "a,b"), ("anthropic-beta", "c"), ("user-agent", "x"), ("x-stainless-lang", "python"))
    dropped = (
        ("host", "gateway"),
        ("content-length", "3"),
        ("authorization", "Bearer t"),
        ("x-api-key", "t"),
        ("cookie", "c"),
        ("accept-encoding", "gzip"),
        ("expect", "100-continue"),
        ("connection", "keep-alive, X-Private"),
        ("x-private", "1"),
        ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"),
        ("te", "trailers"),
        ("upgrade", "h2c"),
        ("proxy-authorization", "Basic x"),
        ("x-mainstay-workload", "batch"),
        ("forwarded", "for=1.2.3.4"),
        ("x-forwarded-for", "1.2.3.4"),
    )
    assert forwardable((*dropped, *kept)) == kept


def test_a_providers_rate_and_request_headers_reach_the_caller() -> None:
    kept = (
        ("request-id", "req_1"),
        ("retry-after", "7"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("content-type", "a/b"),
    )
    dropped = (
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("date", "today"),
        ("server", "cloudflare"),
        ("set-cookie", "__cf=1"),
        ("alt-svc", 'h3=":443"'),
        ("strict-transport-security", "max-age=1"),
        ("x-mainstay-id", "spoofed"),
    )
    assert response_headers((*dropped, *kept)) == kept


def test_an_uncompressed_json_exchange_is_asked_for() -> None:
    sent = request_headers((("x-a", "1"),), [("x-key", "k")])
    assert sent == (("x-a", "1"), ("x-key", "k"), ("accept-encoding", "identity"), ("content-type", "application/json"))


def test_a_content_type_of_the_caller_stays() -> None:
    sent = request_headers((("content-type", "application/json; charset=utf-8"),), ())
    assert [value for name, value in sent if name == "content-type"] == ["application/json; charset=utf-8"]


def test_the_first_of_several_values_counts() -> None:
    assert header((("a", "1"), ("b", "2"), ("b", "3")), "b") == "2"
    assert header((), "b") is None


@pytest.mark.parametrize(
    ("headers", "is_stream"),
    [
        ((), True),
        ((("content-type", ""),), True),
        ((("content-type", " Text/Event-Stream; charset=utf-8"),), True),
        ((("content-type", "application/json"),), False),
    ],
)
def test_a_stream_says_so_or_nothing(headers: Headers, *, is_stream: bool) -> None:
    assert is_event_stream(headers) is is_stream
