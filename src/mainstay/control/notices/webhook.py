"""Webhooks: one bounded POST to a URL, signed as Standard Webhooks says (https://www.standardwebhooks.com).

The receiver proves the signature over `ID.TIMESTAMP.BODY`, refuses old timestamps, and knows a repetition by its id.
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from typing import Final

import httpx
import msgspec

from mainstay.config.check_notifications import SIGNING_KEY_PREFIX
from mainstay.config.secret import Secret

ANSWER_SECONDS: Final = 10.0
ANSWER_BYTES_MAX: Final = 65_536


class Webhook(msgspec.Struct, frozen=True):
    """Where to post to, and the key to sign with. `only_public`: the URL was given by a stranger, so it may not lead to
    this machine or a network of our own."""

    url: str
    key: Secret | None = None
    only_public: bool = False


class Post(msgspec.Struct, frozen=True):
    """What is posted. `id` is the same in every try; `at` is the instant of this one, in seconds since 1970."""

    id: str
    at: float
    body: bytes
    content_type: str = "application/json"


class Answer(msgspec.Struct, frozen=True):
    """What came back. `trouble` says in words why it is no success, without the URL; empty for one. `status` is 0 where
    there was no answer. `body` is the beginning of the answer."""

    status: int = 0
    trouble: str = ""
    body: bytes = b""


def sign(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`. A key that begins with `whsec_` goes on in base64; any other is taken as it
    stands. Raises `ValueError` for one that is not base64."""
    secret = _secret_bytes(key)
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return f"v1,{base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()}"


def post_webhook(
    webhook: Webhook, post: Post, *, headers: Mapping[str, str] | None = None, seconds: float = ANSWER_SECONDS
) -> Answer:
    """Post it, and wait at most so many seconds for the answer, of which the first 64 KiB are kept. Redirects are not
    followed. `headers` are further ones. To be called in a thread without an event loop; raises nothing."""
    try:
        fields = {**(headers or {}), **_fields(webhook, post)}
        return asyncio.run(_post(webhook, post, fields, seconds))
    except TimeoutError:
        return Answer(trouble=f"no answer within {seconds:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ValueError) as error:
        return Answer(trouble=f"no answer ({_kind(error)})")


def _secret_bytes(key: str) -> bytes:
    if not key.startswith(SIGNING_KEY_PREFIX):
        return key.encode()
    return base64.b64decode(key.removeprefix(SIGNING_KEY_PREFIX), validate=True)


def _fields(webhook: Webhook, post: Post) -> dict[str, str]:
    timestamp = int(post.at)
    fields = {
        "content-type": post.content_type,
        "user-agent": "mainstay",
        "webhook-id": post.id,
        "webhook-timestamp": str(timestamp),
    }
    if webhook.key is not None:
        fields["webhook-signature"] = sign(webhook.key.value, post.id, timestamp, post.body)
    return fields


async def _post(webhook: Webhook, post: Post, fields: dict[str, str], seconds: float) -> Answer:
    # What a stranger named is connected to directly: a proxy would look its name up anew.
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=seconds, trust_env=not webhook.only_public) as client,
    ):
        request = client.build_request("POST", webhook.url, headers=fields, content=post.body)
        if webhook.only_public and (trouble := await pin(request)):
            return Answer(trouble=trouble)
        response = await client.send(request, stream=True)
        try:
            body = await _beginning(response)
        finally:
            await response.aclose()
        return Answer(response.status_code, _trouble(response), body)


async def pin(request: httpx.Request) -> str:
    """Let the request go to an address that was looked at, and to no other that its name may get meanwhile; why it may
    not go, where that is not a public one. Raises `OSError`."""
    url = request.url
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in addresses):
        return "it leads to an address that is not public"
    # The field `host` is set already, and the certificate is proven for the name.
    request.extensions = {**request.extensions, "sni_hostname": url.host}
    request.url = url.copy_with(host=addresses[0])
    return ""


async def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= ANSWER_BYTES_MAX:
            break
    return bytes(body[:ANSWER_BYTES_MAX])


def _trouble(response: httpx.Response) -> str:
    if response.is_success:
        return ""
    if response.has_redirect_location:
        return f"it redirects ({response.status_code}), which is not followed: configure the final URL"
    return f"it answers {response.status_code}"


def _kind(error: Exception) -> str:
    """What went wrong, in words that can hold no part of a URL."""
    cause = error.__cause__
    reason = error.strerror if isinstance(error, OSError) else None
    if reason is None and isinstance(cause, Exception) and not isinstance(error, OSError):
        return f"{type(error).__name__}: {_kind(cause)}"
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
