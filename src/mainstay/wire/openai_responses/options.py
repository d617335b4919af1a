"""What a request says about its own keeping: whether it is stored, runs in the background, and what it follows."""

from collections.abc import Mapping

import msgspec

from mainstay.wire.json_bytes import BAD_JSON, raw, replace_fields


class Options(msgspec.Struct, frozen=True):
    """The fields that the gateway acts on itself. Responses are stored unless the caller says otherwise."""

    previous_response_id: str | None = None
    background: bool | None = None
    store: bool | None = None
    stream: bool | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the answer may be asked for again and followed."""
        return self.store is not False


_OPTIONS = msgspec.json.Decoder(Options)


def read_options(body: bytes) -> Options:
    """The options of a request that was read before."""
    try:
        return _OPTIONS.decode(body)
    except BAD_JSON:
        return Options()


def as_foreground(body: bytes) -> bytes:
    """A background request as it is sent upstream: streamed, and held open by nobody but this gateway."""
    changes: Mapping[str, msgspec.Raw | None] = {"background": None, "stream": raw(value=True)}
    return replace_fields(body, changes)
