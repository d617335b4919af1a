"""The canonical form of a request: what its answer depends on, and nothing else, as one digest.

Two requests with the same digest ask the same of the same model: order of members, insignificant whitespace and
fields that only tell who asks are left out. Unknown fields stay in.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from mainstay.model.call import Call
from mainstay.model.http import Headers
from mainstay.wire.headers import REMEMBERED_HEADERS
from mainstay.wire.json_bytes import BAD_JSON

_TELLS_WHO: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": ("stream",),
    "openai-chat": ("stream", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"),
    # Responses repeat all that was asked in their answers, so there nothing but `stream` may differ.
    "openai-responses": ("stream",),
}
_STORED_UNLESS_SAID: Final = "openai-responses"
_BACKGROUND: Final = ("background", "previous_response_id", "conversation")
_VARYING_HEADERS: Final = frozenset(("anthropic-version", "anthropic-beta", "openai-beta"))
_SEPARATOR: Final = b"\x00"
_OBJECT: Final = msgspec.json.Decoder(dict[str, object])
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


def cache_key(call: Call, tenant: str, model: str) -> bytes | None:
    """The digest (SHA-256) of what a tenant asks of a model; `None` for what must be answered anew each time: the
    provider keeps something of it, or the body cannot be read without loss. `model` is the upstream's name of it."""
    try:
        fields = _OBJECT.decode(call.body)
        if _is_kept_by_provider(call.dialect, fields):
            return None
        for name in _TELLS_WHO.get(call.dialect, ()):
            fields.pop(name, None)
        _drop_user(call.dialect, fields)
        if not call.stream:
            fields.pop("stream_options", None)
        body = _ENCODE(fields)
    except BAD_JSON:
        return None
    head = _SEPARATOR.join(
        (
            call.dialect.encode(),
            call.path.encode("utf-8", "surrogatepass"),
            tenant.encode("utf-8", "surrogatepass"),
            model.encode("utf-8", "surrogatepass"),
            b"stream" if call.stream else b"plain",
            _varying(call.headers),
        )
    )
    return sha256(head + _SEPARATOR + body).digest()


def _is_kept_by_provider(dialect: str, fields: dict[str, object]) -> bool:
    is_stored = fields.get("store", dialect == _STORED_UNLESS_SAID)
    if is_stored is None:
        is_stored = dialect == _STORED_UNLESS_SAID
    return bool(is_stored) or any(fields.get(name) for name in _BACKGROUND)


def _drop_user(dialect: str, fields: dict[str, object]) -> None:
    """Anthropic's name for the end user stands in `metadata`."""
    metadata = fields.get("metadata")
    if dialect == "anthropic" and isinstance(metadata, dict):
        metadata.pop("user_id", None)
        if not metadata:
            del fields["metadata"]


@lru_cache(maxsize=REMEMBERED_HEADERS)
def _varying(headers: Headers) -> bytes:
    """The header fields that change what the body means: versions, and betas in any order."""
    found = {
        f"{name}={word.strip()}"
        for name, value in headers
        if name in _VARYING_HEADERS
        for word in value.split(",")
        if word.strip()
    }
    return "\n".join(sorted(found)).encode("latin-1", "replace")
