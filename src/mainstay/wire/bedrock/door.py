"""Bedrock's doors: where a request goes and how it proves who sends it.

`ConverseDoor` is for the dialect `bedrock`, `InvokeDoor` for Claude in the dialect `anthropic`. Without a base URL the
region's own endpoint is used. Keys: `ID:SECRET` or `ID:SECRET:SESSION_TOKEN` signs each request, anything else is a
bearer key.
"""

import re
from urllib.parse import urlsplit

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.bedrock.codec import is_event_stream
from mainstay.wire.bedrock.invoke import ChunkDecoder, count_body, invocation, unwrapped
from mainstay.wire.bedrock.signature import authorized, model_segment
from mainstay.wire.platform import Parcel, StreamDecoder

DEFAULT_REGION = "us-east-1"

_MESSAGES, _COUNT_TOKENS = "/v1/messages", "/v1/messages/count_tokens"
_REGION_IN_HOST = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.")
_CHINA = "cn-"
_OF_ANTHROPIC = "anthropic-"


class ConverseDoor:
    """`wire.platform.PlatformDoor` for the dialect `bedrock`: its paths are Bedrock's own."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:
        """The request, signed."""
        request = Outgoing(base_url(upstream) + parcel.path, parcel.headers, parcel.body)
        return authorized(request, region(upstream), key, wall)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:  # noqa: ARG002 (no envelope)
        """As they are."""
        return status, body

    def decoder(self, headers: Headers) -> StreamDecoder | None:  # noqa: ARG002 (the dialect reads the stream itself)
        """None."""
        return None


class InvokeDoor:
    """`wire.platform.PlatformDoor` for the dialect `anthropic`: Claude through InvokeModel."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:
        """The request, in Amazon's envelope and signed."""
        path, body = _wrapped(parcel)
        headers = tuple(field for field in parcel.headers if not field[0].startswith(_OF_ANTHROPIC))
        return authorized(Outgoing(base_url(upstream) + path, headers, body), region(upstream), key, wall)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        """In the words of the Messages API."""
        return unwrapped(status, headers, body)

    def decoder(self, headers: Headers) -> StreamDecoder | None:
        """What gives the events of the Messages API."""
        return ChunkDecoder() if is_event_stream(headers) else None


def region(upstream: Upstream) -> str:
    """The region that signatures name: that of the endpoint where it shows, else the upstream's own."""
    found = _REGION_IN_HOST.match(urlsplit(upstream.base_url).hostname or "")
    return found[1] if found else upstream.region or DEFAULT_REGION


def base_url(upstream: Upstream) -> str:
    """Where the upstream is."""
    if upstream.base_url:
        return upstream.base_url.rstrip("/")
    own = region(upstream)
    return f"https://bedrock-runtime.{own}.amazonaws.com{'.cn' if own.startswith(_CHINA) else ''}"


def _wrapped(parcel: Parcel) -> tuple[str, bytes]:
    """Path and body for what a request of the Messages API asks; a path that Bedrock has not is left as it is."""
    path = parcel.path.partition("?")[0]
    model = f"/model/{model_segment(parcel.model)}"
    if path == _COUNT_TOKENS:
        return f"{model}/count-tokens", count_body(parcel.body, parcel.headers)
    if path != _MESSAGES:
        return parcel.path, parcel.body
    operation = "invoke-with-response-stream" if parcel.stream else "invoke"
    return f"{model}/{operation}", invocation(parcel.body, parcel.headers)
