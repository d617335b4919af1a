"""How somebody subscribes a webhook over HTTP, and ends that: bounded, and never for somebody else's address."""

import asyncio
import base64
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.config.check_notifications import SIGNING_KEY_PREFIX
from mainstay.config.secret import Secret
from mainstay.control.notices.webhook import Post, Webhook
from mainstay.control.status_page.messenger import Send
from mainstay.control.status_page.subscribers import (
    SUBSCRIBERS_MAX,
    Book,
    Subscriber,
    Subscribers,
    SubscribersError,
    added,
    removed,
)
from mainstay.control.web.visit import visit_of

URL_CHARACTERS_MAX: Final = 2_000
CHALLENGES_PER_MINUTE: Final = 10
CHALLENGES_PER_HOST_AND_HOUR: Final = 5
_HTTPS_PORT: Final = 443
_MINUTE_SECONDS: Final = 60.0
_HOUR_SECONDS: Final = 3_600.0


class _Echo(msgspec.Struct, frozen=True):
    challenge: str


class _FullError(Exception):
    """There are as many subscribers as there may be."""


class Subscribing:
    """The endpoints. `clock` gives seconds of a clock that no one sets, `wall` seconds since 1970."""

    def __init__(
        self,
        subscribers: Subscribers,
        send: Send,
        wall: Callable[[], float],
        clock: Callable[[], float],
        *,
        only_public: bool = True,
    ) -> None:
        """`only_public`: addresses on this machine or in a network of our own are refused."""
        self._subscribers = subscribers
        self._send = send
        self._wall = wall
        self._only_public = only_public
        self._bounds = Bounds(clock)

    async def subscribe(self, request: Request) -> Response:
        """A form with the field `url`."""
        url = visit_of(request).form.get("url", "").strip()
        host = wanted_host(url, only_public=self._only_public)
        if host is None:
            return _no(400, "bad_url", "`url` must be https, without name and password, and lead to a public host")
        if not self._bounds.takes(host):
            return _no(429, "too_many", "too many subscriptions are asked for now; try again later", retry_seconds=600)
        try:
            return await asyncio.to_thread(self._confirm, url)
        except SubscribersError:
            return _no(503, "not_now", "subscriptions cannot be kept now; try again later", retry_seconds=60)

    async def unsubscribe(self, request: Request) -> Response:
        """A form with the fields `id` and `key`."""
        form = visit_of(request).form
        try:
            is_ended = await asyncio.to_thread(self._end, form.get("id", ""), form.get("key", ""))
        except SubscribersError:
            return _no(503, "not_now", "subscriptions cannot be changed now; try again later", retry_seconds=60)
        if not is_ended:
            return _no(404, "unknown", "there is no such subscription with this key")
        return Response(status_code=204, headers={"cache-control": "no-store"})

    def _confirm(self, url: str) -> Response:
        """Ask the receiver, and keep it if it wants that."""
        if len(self._subscribers.read().subscribers) >= SUBSCRIBERS_MAX:
            return _full()
        challenge, subscriber_id = secrets.token_urlsafe(24), secrets.token_hex(8)
        key = f"{SIGNING_KEY_PREFIX}{base64.b64encode(secrets.token_bytes(32)).decode()}"
        body = msgspec.json.encode({"type": "verification", "challenge": challenge})
        webhook = Webhook(url, Secret(key), only_public=self._only_public)
        answer = self._send(webhook, Post(f"verification-{subscriber_id}", self._wall(), body))
        if answer.trouble or not _echoes(answer.body, challenge):
            why = answer.trouble or "its answer does not hold the challenge"
            return _no(422, "not_confirmed", f"the receiver did not confirm: {why}")
        subscriber = Subscriber(subscriber_id, url, key, self._wall())
        try:
            self._subscribers.change(lambda book: _with(book, subscriber))
        except _FullError:
            return _full()
        return _json({"id": subscriber_id, "key": key}, 201)

    def _end(self, subscriber_id: str, key: str) -> bool:
        found = next((one for one in self._subscribers.read().subscribers if one.id == subscriber_id), None)
        if found is None or not hmac.compare_digest(found.key.encode(), key.encode()):
            return False
        self._subscribers.change(lambda book: removed(book, subscriber_id))
        return True


class Bounds:
    """How many challenges we send: within a minute in all, and within an hour to one host."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds of a clock that no one sets."""
        self._clock = clock
        self._sent: list[tuple[float, str]] = []

    def takes(self, host: str) -> bool:
        """Whether one more may be sent there now; then it counts."""
        now = self._clock()
        self._sent = [(at, name) for at, name in self._sent if now - at < _HOUR_SECONDS]
        recent = sum(now - at < _MINUTE_SECONDS for at, _ in self._sent)
        to_host = sum(name == host for _, name in self._sent)
        if recent >= CHALLENGES_PER_MINUTE or to_host >= CHALLENGES_PER_HOST_AND_HOUR:
            return False
        self._sent.append((now, host))
        return True


def wanted_host(url: str, *, only_public: bool) -> str | None:
    """The host of an address that may be subscribed, as far as its text tells; `None` for one that may not."""
    try:
        parts = urlsplit(url)
        host, has_port = parts.hostname or "", parts.port is not None
    except ValueError:
        return None
    is_plain = len(url) <= URL_CHARACTERS_MAX and url.isascii() and url.isprintable() and " " not in url
    if not is_plain or not host or parts.username is not None or parts.password is not None:
        return None
    if not only_public:
        return host if parts.scheme in ("http", "https") else None
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        is_public = "." in host and not host.endswith((".localhost", ".local", ".internal"))
    # With a port of choice one could knock at doors of others that are no web servers.
    is_usual = not has_port or parts.port == _HTTPS_PORT
    return host if is_public and is_usual and parts.scheme == "https" else None


def _with(book: Book, subscriber: Subscriber) -> Book:
    if len(book.subscribers) >= SUBSCRIBERS_MAX:
        raise _FullError
    return added(book, subscriber)


def _echoes(body: bytes, challenge: str) -> bool:
    """Whether an answer is the challenge, bare or as `{"challenge": ...}`."""
    if body.strip() == challenge.encode():
        return True
    try:
        return msgspec.json.decode(body, type=_Echo).challenge == challenge
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _full() -> Response:
    return _no(503, "full", f"there are {SUBSCRIBERS_MAX} subscribers already; use the feed instead")


def _no(status: int, code: str, message: str, *, retry_seconds: int = 0) -> Response:
    answer = _json({"error": {"code": code, "message": message}}, status)
    if retry_seconds:
        answer.headers["retry-after"] = str(retry_seconds)
    return answer


def _json(value: object, status: int) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(msgspec.json.encode(value), status, headers, "application/json")
