"""Vertex AI's door: Claude by raw prediction, Gemini under its publisher.

The base URL ends with the project and its location (`https://REGION-aiplatform.googleapis.com/v1/projects/P/locations/L`).
Source: `AnthropicVertex` of Anthropic's SDK and Google's Gen AI SDK.
"""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.headers import header
from mainstay.wire.json_bytes import BAD_JSON, raw, read_fields, replace_fields
from mainstay.wire.platform import Parcel, StreamDecoder

FIRST_VERSION = "vertex-2023-10-16"
"""What Vertex calls the API's version 2023-06-01. Later versions have the same name everywhere."""

_ANTHROPIC = "anthropic"
_API_VERSIONS = frozenset(("", "2023-06-01"))
_VERSION_HEADER = "anthropic-version"
_VERSION_FIELD = "anthropic_version"
_COUNT_TOKENS = "/count_tokens"


class VertexDoor:
    """`wire.platform.PlatformDoor` of Vertex AI; the key is an access token."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:  # noqa: ARG002 (nothing is dated)
        """Claude's model goes from the body into the URL, its version from the header into the body."""
        if parcel.dialect == _ANTHROPIC:
            path, headers, body = _path_to_claude(parcel), _without_version(parcel.headers), _body_for_claude(parcel)
        else:
            path, headers, body = f"/publishers/google{parcel.path}", parcel.headers, parcel.body
        if key:
            headers += (("authorization", f"Bearer {key}"),)
        return Outgoing(upstream.base_url + path, headers, body)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:  # noqa: ARG002 (no envelope)
        """As they are."""
        return status, body

    def decoder(self, headers: Headers) -> StreamDecoder | None:  # noqa: ARG002 (there is no envelope)
        """None."""
        return None


def _path_to_claude(parcel: Parcel) -> str:
    if _counts_tokens(parcel):
        return "/publishers/anthropic/models/count-tokens:rawPredict"
    verb = "streamRawPredict" if parcel.stream else "rawPredict"
    return f"/publishers/anthropic/models/{quote(parcel.model, safe='@')}:{verb}"


def _body_for_claude(parcel: Parcel) -> bytes:
    fields = read_fields(parcel.body)
    if fields is None:
        return parcel.body
    changes: Mapping[str, msgspec.Raw | None] = {} if _counts_tokens(parcel) else {"model": None}
    if _VERSION_FIELD not in fields:
        version = header(parcel.headers, _VERSION_HEADER) or ""
        changes = {**changes, _VERSION_FIELD: raw(FIRST_VERSION if version in _API_VERSIONS else version)}
    return replace_fields(parcel.body, changes)


def _counts_tokens(parcel: Parcel) -> bool:
    return parcel.path.partition("?")[0].endswith(_COUNT_TOKENS)


def _without_version(headers: Headers) -> Headers:
    return tuple(field for field in headers if field[0] != _VERSION_HEADER)


class VertexClaudeDoor(VertexDoor):
    """Claude on Vertex: errors come in Google's words there, too, and are told in Anthropic's."""

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        """Google's error object as Anthropic's; anything else as it is."""
        try:
            error = _GOOGLE_ERROR.decode(body).error
        except BAD_JSON:
            return super().unwrapped(status, headers, body)
        kind = _ERROR_TYPES.get(error.status, "api_error")
        return status, msgspec.json.encode({"type": "error", "error": {"type": kind, "message": error.message}})


class _GoogleWords(msgspec.Struct):
    status: str
    message: str = ""


class _GoogleError(msgspec.Struct):
    error: _GoogleWords


_GOOGLE_ERROR = msgspec.json.Decoder(_GoogleError)
_ERROR_TYPES = {
    "INVALID_ARGUMENT": "invalid_request_error",
    "FAILED_PRECONDITION": "invalid_request_error",
    "UNAUTHENTICATED": "authentication_error",
    "PERMISSION_DENIED": "permission_error",
    "NOT_FOUND": "not_found_error",
    "RESOURCE_EXHAUSTED": "rate_limit_error",
    "UNAVAILABLE": "overloaded_error",
    "DEADLINE_EXCEEDED": "timeout_error",
}
