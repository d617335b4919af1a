import httpx
import pytest

from mainstay.cli.trust_push import ORDERS_PATH, push


def offered(answer: httpx.Response | Exception, *urls: str) -> tuple[dict[str, str | None], list[httpx.Request]]:
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return push("the bundle", urls, httpx.MockTransport(handle)), requests


def test_each_gateway_is_offered_the_bundle_once() -> None:
    outcome, requests = offered(httpx.Response(204), "http://a:1", "http://b:1/", "http://a:1")
    assert outcome == {"http://a:1": None, "http://b:1/": None}
    assert [str(request.url) for request in requests] == [
        "http://a:1/v1/mainstay/trust",
        "http://b:1/v1/mainstay/trust",
    ]
    assert {(request.method, request.content) for request in requests} == {("POST", b"the bundle")}
    assert not any("authorization" in request.headers for request in requests)


def test_a_refusal_is_told_in_a_line_of_bounded_length() -> None:
    outcome, _ = offered(httpx.Response(409, text="it is\nolder " + "x" * 10_000), "http://a:1")
    reason = outcome["http://a:1"]
    assert reason is not None
    assert reason.startswith("answered 409: it is older xxx")
    assert len(reason) < 600


def test_a_redirect_is_no_success() -> None:
    outcome, requests = offered(httpx.Response(302, headers={"location": "http://b:1"}), "http://a:1")
    assert str(outcome["http://a:1"]).startswith("answered 302")
    assert len(requests) == 1


def test_a_gateway_that_cannot_be_reached_is_told() -> None:
    outcome, _ = offered(httpx.ConnectError("refused"), "http://a:1")
    assert outcome == {"http://a:1": "cannot be reached: refused"}


@pytest.mark.parametrize("url", ["", "a:1", "http://", "ftp://a", "http://a:x"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    ((reason),) = push("the bundle", [url]).values()
    assert str(reason).startswith("cannot be reached")


def test_another_document_goes_to_another_door() -> None:
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200)

    assert push("an order", ["http://a:1/"], httpx.MockTransport(handle), ORDERS_PATH) == {"http://a:1/": None}
    assert (str(requests[0].url), requests[0].content) == ("http://a:1/v1/mainstay/orders", b"an order")
