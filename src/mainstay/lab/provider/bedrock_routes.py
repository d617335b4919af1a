"""Where the fake of AWS Bedrock is found, and what sets its answers apart from those of others: they are binary, and
the type of an error is in a header."""

import msgspec
from msgspec.structs import replace

from mainstay.lab.provider.bedrock import NAME, Bedrock
from mainstay.lab.provider.bedrock_invoke import BedrockInvoke
from mainstay.lab.provider.script import PartKind, Script
from mainstay.lab.provider.steps import Head
from mainstay.lab.provider.voice import Voice
from mainstay.wire.bedrock.event_stream import CONTENT_TYPE

_CONVERSE = Bedrock()
_INVOKE = BedrockInvoke()
_OPERATIONS: dict[str, Voice] = {
    "converse": _CONVERSE,
    "converse-stream": _CONVERSE,
    "invoke": _INVOKE,
    "invoke-with-response-stream": _INVOKE,
    "count-tokens": _INVOKE,
}
_TEXT_ONLY = frozenset(("crlf", "comments", "empty-data"))
_SEGMENTS = 4
_ERRORS_FROM = 400


class _Error(msgspec.Struct):
    type: str = msgspec.field(name="__type")
    message: str


class _Message(msgspec.Struct):
    message: str


_ERROR = msgspec.json.Decoder(_Error)


def bedrock_voice(path: str) -> Voice | None:
    """The voice at `/model/{id}/{operation}`; `None` for any other path."""
    segments = path.split("/")
    if len(segments) != _SEGMENTS or segments[1] != "model":
        return None
    return _OPERATIONS.get(segments[3])


def has_fault(voice: Voice, fault: str) -> bool:
    """Whether a fault of the bytes means anything here: lines and comments do not in a binary stream."""
    return voice.name != NAME or fault not in _TEXT_ONLY


def dressed(script: Script, voice: Voice) -> Script:
    """The script with the content type of an event stream, and with an error's type in its header. Scripts of other
    voices pass as they are."""
    if voice.name != NAME or script.head is None:
        return script
    if script.head.status >= _ERRORS_FROM:
        return _with_type(script, script.head)
    if not script.is_stream:
        return script
    others = [field for field in script.head.headers if field[0] != "content-type"]
    return replace(script, head=replace(script.head, headers=(("content-type", CONTENT_TYPE), *others)))


def _with_type(script: Script, head: Head) -> Script:
    try:
        error = _ERROR.decode(script.parts[0].data)
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
        return script
    body = msgspec.json.encode(_Message(error.message))
    head = replace(head, headers=(*head.headers, ("x-amzn-errortype", error.type)))
    part = replace(script.parts[0], kind=PartKind.WHOLE, data=body)
    return replace(script, head=head, parts=(part,), content_length=len(body))
