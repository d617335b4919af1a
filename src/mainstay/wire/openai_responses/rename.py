"""Gives an answer the id that the gateway promised its caller, and touches nothing else."""

import re

import msgspec

from mainstay.model.frame import Frame, FrameKind
from mainstay.model.ports import FrameReader
from mainstay.wire.json_bytes import BAD_JSON, read_fields, replace_fields
from mainstay.wire.sse import SseSplitter, read_event, write_event

_TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""
_RESPONSE = b'"response"'
_LIFECYCLE = frozenset((FrameKind.PREAMBLE, FrameKind.END, FrameKind.ERROR))
_SPACE = rb"[ \t\r\n]*"


class _Answer(msgspec.Struct):
    id: str = ""


_ANSWER = msgspec.json.Decoder(_Answer)


class RenamingReader:
    """`model.ports.FrameReader` around another: lifecycle events carry the given response id."""

    __slots__ = ("_id", "_reader")

    def __init__(self, reader: FrameReader, response_id: str) -> None:
        """`reader` reads the provider's stream."""
        self._reader = reader
        self._id = response_id

    @property
    def dropped(self) -> int:
        """Malformed events that were left out so far."""
        return self._reader.dropped

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; give the frames that they complete."""
        return self._renamed(self._reader.feed(data))

    def close(self) -> list[Frame]:
        """Say that no more bytes come; give what was still whole."""
        return self._renamed(self._reader.close())

    def _renamed(self, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            if frame.kind is not _TEXT and frame.kind in _LIFECYCLE and _RESPONSE in frame.raw:
                frame.raw = rename_event(frame.raw, self._id)
        return frames


def rename_event(event: bytes, response_id: str) -> bytes:
    """The event with the id of its response replaced; one without a response comes back as it is."""
    data = read_event(event).data
    fields = read_fields(data or b"")
    response = (fields or {}).get("response")
    if data is None or not response:
        return event
    new = rename_answer(bytes(response), response_id)
    if new == bytes(response):
        return event
    edited = event.replace(bytes(response), new, 1)
    if edited != event:
        return edited
    return write_event(replace_fields(data, {"response": msgspec.Raw(new)}), read_event(event).event)


def rename_answer(body: bytes, response_id: str) -> bytes:
    """A whole answer with its id replaced; a body that is no answer comes back as it is."""
    old = answer_id(body)
    if not old or old == response_id:
        return body
    name = msgspec.json.encode(response_id)
    member = re.compile(rb'"id"' + _SPACE + b":" + _SPACE + b"(" + re.escape(msgspec.json.encode(old)) + b")")
    for found in member.finditer(body):
        edited = body[: found.start(1)] + name + body[found.end(1) :]
        # Decoding proves that these bytes were the answer's own id and not an item's.
        if answer_id(edited) == response_id:
            return edited
    return replace_fields(body, {"id": msgspec.Raw(name)})


def first_answer_id(stream: bytes) -> str:
    """The id of the response in the first event of a stream that has data; empty where it has none."""
    for event in SseSplitter().feed(stream):
        if event.data is not None:
            fields = read_fields(event.data) or {}
            return answer_id(bytes(fields.get("response", b"")))
    return ""


def answer_id(body: bytes) -> str:
    """The id of a whole answer; empty where it has none."""
    try:
        return _ANSWER.decode(body).id
    except BAD_JSON:
        return ""
