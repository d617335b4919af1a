"""The Gemini API's own door: base URL and path, and the key in Google's header."""

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.platform import Parcel, StreamDecoder


class GeminiDoor:
    """`wire.platform.PlatformDoor` of `generativelanguage.googleapis.com`; the base URL ends with the API's version."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:  # noqa: ARG002 (nothing is dated)
        """The request with its API key."""
        headers = (*parcel.headers, ("x-goog-api-key", key)) if key else parcel.headers
        return Outgoing(upstream.base_url + parcel.path, headers, parcel.body)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:  # noqa: ARG002 (no envelope)
        """As they are."""
        return status, body

    def decoder(self, headers: Headers) -> StreamDecoder | None:  # noqa: ARG002 (there is no envelope)
        """None."""
        return None
