"""The provider's own door: base URL and path, and the key in the header that the dialect wants."""

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.platform import Parcel, StreamDecoder

_OAUTH_PREFIX = "sk-ant-oat"
_ANTHROPIC = "anthropic"


class DirectDoor:
    """`wire.platform.PlatformDoor` without a platform."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:  # noqa: ARG002 (nothing is dated)
        """An API key as `x-api-key` for Anthropic, else (and for its OAuth tokens) as a bearer."""
        headers = parcel.headers
        if key:
            is_api_key = parcel.dialect == _ANTHROPIC and not key.startswith(_OAUTH_PREFIX)
            headers += (("x-api-key", key),) if is_api_key else (("authorization", f"Bearer {key}"),)
        return Outgoing(upstream.base_url + parcel.path, headers, parcel.body)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:  # noqa: ARG002 (no envelope)
        """As they are."""
        return status, body

    def decoder(self, headers: Headers) -> StreamDecoder | None:  # noqa: ARG002 (there is no envelope)
        """None."""
        return None
