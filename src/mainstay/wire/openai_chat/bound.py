"""What ties a request to the state of one provider: uploaded files, and sound that it said before."""

import msgspec

from mainstay.wire.json_bytes import BAD_JSON

_FILE_MARK = b'"file_id"'
_AUDIO_MARK = b'"audio"'


class _File(msgspec.Struct):
    file_id: str | None = None


class _Part(msgspec.Struct):
    file: _File | None = None


class _FileMessage(msgspec.Struct):
    content: list[_Part]


class _Audio(msgspec.Struct):
    id: str


class _AudioMessage(msgspec.Struct):
    audio: _Audio


_FILE_MESSAGE = msgspec.json.Decoder(_FileMessage)
_AUDIO_MESSAGE = msgspec.json.Decoder(_AudioMessage)


def bound_by(body: bytes, messages: list[msgspec.Raw]) -> str:
    """The name of what ties it, empty for a request that anybody may serve. The messages are those of the body."""
    if _FILE_MARK in body and any(_names_file(message) for message in messages):
        return "file id"
    if _AUDIO_MARK in body and any(_names_audio(message) for message in messages):
        return "audio id"
    return ""


def _names_file(message: msgspec.Raw) -> bool:
    try:
        return any(part.file and part.file.file_id for part in _FILE_MESSAGE.decode(message).content)
    except BAD_JSON:
        return False


def _names_audio(message: msgspec.Raw) -> bool:
    try:
        return bool(_AUDIO_MESSAGE.decode(message).audio.id)
    except BAD_JSON:
        return False
