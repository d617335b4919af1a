"""Webhooks over real sockets: signed, bounded, and never led astray."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Iterator

import httpx
import pytest

from mainstay.config.secret import Secret
from mainstay.control.notices.webhook import ANSWER_BYTES_MAX, Post, Webhook, pin, post_webhook, sign
from tests.control.notices.sink import Sink, running_sink

POST = Post("msg-1", 1_000_000.7, b'{"a": 1}')
KEY = "whsec_" + base64.b64encode(b"a key of our own").decode()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as found:
        yield found


def test_the_signature_is_that_of_the_standard() -> None:
    # The example of the specification's reference libraries.
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    assert sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_key_without_prefix_is_taken_as_it_stands() -> None:
    expected = base64.b64encode(hmac.new(b"plain", b"id.5.body", hashlib.sha256).digest()).decode()
    assert sign("plain", "id", 5, b"body") == f"v1,{expected}"


def test_a_post_arrives_signed(sink: Sink) -> None:
    answer = post_webhook(Webhook(sink.url, Secret(KEY)), POST, headers={"x-run": "RUN-1"})
    assert (answer.status, answer.trouble, answer.body) == (200, "", b"thanks")
    ((path, fields, body),) = sink.posts
    assert (path, body) == ("/hook/secret-path", POST.body)
    assert fields["webhook-id"] == "msg-1"
    assert fields["webhook-timestamp"] == "1000000"
    assert fields["webhook-signature"] == sign(KEY, "msg-1", 1_000_000, POST.body)
    assert fields["content-type"] == "application/json"
    assert fields["x-run"] == "RUN-1"


def test_without_a_key_nothing_is_signed(sink: Sink) -> None:
    post_webhook(Webhook(sink.url), POST)
    assert "webhook-signature" not in sink.posts[0][1]


def test_further_fields_cannot_replace_the_signature(sink: Sink) -> None:
    post_webhook(Webhook(sink.url), POST, headers={"webhook-id": "another"})
    assert sink.posts[0][1]["webhook-id"] == "msg-1"


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_an_error_is_told_by_its_status(sink: Sink, status: int) -> None:
    sink.mode = status
    answer = post_webhook(Webhook(sink.url), POST)
    assert (answer.status, answer.trouble) == (status, f"it answers {status}")


def test_a_redirect_is_not_followed(sink: Sink) -> None:
    sink.mode = "redirect"
    answer = post_webhook(Webhook(sink.url), POST)
    assert answer.trouble == "it redirects (302), which is not followed: configure the final URL"
    assert len(sink.posts) == 1


def test_an_answer_of_50_megabytes_is_a_success_of_which_little_is_read(sink: Sink) -> None:
    sink.mode = "huge"
    answer = post_webhook(Webhook(sink.url), POST)
    assert answer.trouble == ""
    assert len(answer.body) == ANSWER_BYTES_MAX


@pytest.mark.parametrize("mode", ["hang", "trickle"])
def test_one_that_never_ends_is_cut(sink: Sink, mode: str) -> None:
    sink.mode = mode
    began_at = time.monotonic()
    answer = post_webhook(Webhook(sink.url), POST, seconds=0.3)
    assert answer.trouble == "no answer within 0.3 s"
    assert time.monotonic() - began_at < 10.0


def test_one_that_is_gone_is_told_without_its_url(sink: Sink) -> None:
    sink.mode = "gone"
    answer = post_webhook(Webhook(sink.url), POST)
    assert answer.trouble.startswith("no answer (")
    assert "secret-path" not in answer.trouble
    sink.server_close()
    refused = post_webhook(Webhook(sink.url), POST)
    assert refused.trouble.startswith("no answer (ConnectError")


@pytest.mark.parametrize("url", ["http://[::1", "http://", "ftp://x/y", "nonsense", "http://exa mple/"])
def test_what_is_no_url_raises_nothing(url: str) -> None:
    assert post_webhook(Webhook(url), POST).trouble.startswith("no answer (")


def test_a_key_that_is_damaged_raises_nothing(sink: Sink) -> None:
    assert post_webhook(Webhook(sink.url, Secret("whsec_%%%")), POST).trouble == "no answer (Error)"
    assert sink.posts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0"])
def test_a_stranger_cannot_lead_us_into_our_own_network(sink: Sink, host: str) -> None:
    webhook = Webhook(f"http://{host}:{sink.server_port}/hook", only_public=True)
    assert post_webhook(webhook, POST).trouble == "it leads to an address that is not public"
    assert sink.posts == []


def test_a_request_to_strangers_goes_to_the_address_that_was_looked_at() -> None:
    request = httpx.Request("POST", "https://192.88.0.1:8443/hook?a=b")
    assert asyncio.run(pin(request)) == ""
    assert str(request.url) == "https://192.88.0.1:8443/hook?a=b"
    assert request.headers["host"] == "192.88.0.1:8443"
    assert request.extensions["sni_hostname"] == "192.88.0.1"
