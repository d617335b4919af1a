"""Faults of the bytes: wrong, missing, late or only unusual. Where a fault is about events, a body that is not
streamed stays as it is."""

import zlib
from collections.abc import Callable

from msgspec.structs import replace

from mainstay.lab.provider.error_table import inband_answer
from mainstay.lab.provider.scene import Scene, after_chars, first_content, middle
from mainstay.lab.provider.script import Part, PartKind, Script, whole
from mainstay.lab.provider.status_faults import html
from mainstay.lab.provider.steps import Cut
from mainstay.lab.provider.voice import ErrorAnswer, OwnInbandErrors

PINGS_MAX = 10_000
"""No script holds more keep-alives."""
_UNKNOWN = b'{"type":"lab_notice","object":"lab.notice","choices":[]}'
_MALFORMED = b'{"type":"content_block_delta","index":0,"delta":{"type":'
_GZIP_WINDOW_BITS = 31


def _noise(script: Script, index: int, data: bytes) -> Script:
    """The script with one more piece in front of a part."""
    if not script.is_stream:
        return script
    return replace(script, parts=(*script.parts[:index], Part(PartKind.NOISE, data), *script.parts[index:]))


def _pings_only(script: Script, scene: Scene) -> Script:
    seconds = max(scene.fault.number("seconds"), 0.0)
    if not script.is_stream:
        return replace(script, wait_seconds=script.wait_seconds + seconds)
    interval = max(scene.fault.number("interval"), 0.001)
    count = min(int(seconds / interval), PINGS_MAX)
    index = after_chars(script, scene.fault.whole("after"))
    pings = (Part(PartKind.PING, scene.voice.ping(), pause_seconds=interval),) * count
    return replace(script, parts=(*script.parts[:index], *pings, *script.parts[index:]))


def _slow(script: Script, scene: Scene) -> Script:
    return paced(script, scene.fault.number("chars_per_second"))


def paced(script: Script, chars_per_second: float) -> Script:
    """The script with its text at this speed. Raises nothing; a speed of 0 or less counts as very slow."""
    speed = max(chars_per_second, 0.001)
    if not script.is_stream:
        chars = sum(part.chars for part in script.parts)
        return replace(script, wait_seconds=script.wait_seconds + chars / speed)
    parts = (replace(part, pause_seconds=part.chars / speed) if part.chars else part for part in script.parts)
    return replace(script, parts=tuple(parts))


def _dribble_headers(script: Script, scene: Scene) -> Script:
    if script.head is None:
        return script
    return replace(script, head=replace(script.head, seconds=max(scene.fault.number("seconds"), 0.0)))


def _inband_error(script: Script, scene: Scene) -> Script:
    answer = inband_answer(scene.voice.name, scene.fault.text("type"))
    body = scene.voice.error(answer, scene.stamp)
    if not script.is_stream:
        return whole(scene.head(200, "application/json"), _failed(answer, scene, script.parts) or body)
    place = scene.fault.text("at")
    index = {"start": 0, "preamble": first_content(script)}.get(place, after_chars(script, scene.fault.whole("after")))
    data = _inband_event(answer, scene, script.parts[:index]) or scene.voice.event("error", body)
    return replace(script, parts=(*script.parts[:index], Part(PartKind.NOISE, data)))


def _inband_event(answer: ErrorAnswer, scene: Scene, before: tuple[Part, ...]) -> bytes:
    """The event of a dialect that words errors inside a stream in its own way; else nothing."""
    if not isinstance(scene.voice, OwnInbandErrors):
        return b""
    return scene.voice.inband_error(answer, before, as_response=scene.fault.text("event") == "failed")


def _failed(answer: ErrorAnswer, scene: Scene, parts: tuple[Part, ...]) -> bytes:
    """The body of an answer that failed, where the dialect has such; else nothing."""
    return _inband_event(answer, scene, parts) if scene.fault.text("event") == "failed" else b""


def _truncated_json(script: Script, _scene: Scene) -> Script:
    if not script.is_stream:
        part = script.parts[0]
        size = len(part.data) * 2 // 3
        return replace(script, parts=(replace(part, data=part.data[:size]),), content_length=size)
    index = middle(script)
    event = script.parts[index].data.rstrip()
    broken = Part(PartKind.NOISE, event[: len(event) * 2 // 3] + b"\n\n")
    return replace(script, parts=(*script.parts[:index], broken))


def _malformed_event(script: Script, scene: Scene) -> Script:
    return _noise(script, middle(script), scene.voice.event("content_block_delta", _MALFORMED))


def _unknown_event(script: Script, scene: Scene) -> Script:
    return _noise(script, middle(script), scene.voice.event("lab_notice", _UNKNOWN))


def _empty_data(script: Script, _scene: Scene) -> Script:
    return _noise(script, middle(script), b"data:\n\n")


def _without(kind: PartKind) -> Callable[[Script, Scene], Script]:
    return lambda script, _scene: replace(script, parts=tuple(part for part in script.parts if part.kind is not kind))


def _wrong_length(script: Script, scene: Scene) -> Script:
    length = max(_size(script) + scene.fault.whole("by"), 0)
    return replace(script, content_length=length, ending=Cut())


def _html_200(_script: Script, scene: Scene) -> Script:
    return whole(scene.head(200, "text/html; charset=UTF-8"), html("Welcome"))


def _split(script: Script, scene: Scene) -> Script:
    size = max(scene.fault.whole("bytes"), 1)
    data = _joined(script)
    kind = PartKind.PREAMBLE if script.is_stream else PartKind.WHOLE
    return replace(script, parts=tuple(Part(kind, data[at : at + size]) for at in range(0, len(data), size)))


def _packed(script: Script, _scene: Scene) -> Script:
    kind = PartKind.PREAMBLE if script.is_stream else PartKind.WHOLE
    return replace(script, parts=(Part(kind, _joined(script)),))


def _crlf(script: Script, _scene: Scene) -> Script:
    if not script.is_stream:
        return script
    return replace(script, parts=tuple(replace(p, data=p.data.replace(b"\n", b"\r\n")) for p in script.parts))


def _comments(script: Script, _scene: Scene) -> Script:
    if not script.is_stream:
        return script
    return replace(script, parts=tuple(replace(p, data=p.data + b": a comment\n\n") for p in script.parts))


def _gzip(script: Script, _scene: Scene) -> Script:
    if script.head is None:
        return script
    packer = zlib.compressobj(wbits=_GZIP_WINDOW_BITS)
    parts = [replace(p, data=packer.compress(p.data) + packer.flush(zlib.Z_SYNC_FLUSH)) for p in script.parts]
    parts.append(Part(PartKind.NOISE, packer.flush()))
    head = replace(script.head, headers=(*script.head.headers, ("content-encoding", "gzip")))
    size = None if script.content_length is None else sum(len(part.data) for part in parts)
    return replace(script, head=head, parts=tuple(parts), content_length=size)


def _joined(script: Script) -> bytes:
    return b"".join(part.data for part in script.parts)


def _size(script: Script) -> int:
    return sum(len(part.data) for part in script.parts)


STREAM_FAULTS: dict[str, Callable[[Script, Scene], Script]] = {
    "pings-only": _pings_only,
    "slow": _slow,
    "dribble-headers": _dribble_headers,
    "inband-error": _inband_error,
    "truncated-json": _truncated_json,
    "malformed-event": _malformed_event,
    "no-done": _without(PartKind.END),
    "early-finish": _without(PartKind.FINISH),
    "wrong-length": _wrong_length,
    "html-200": _html_200,
    "split": _split,
    "packed": _packed,
    "crlf": _crlf,
    "empty-data": _empty_data,
    "comments": _comments,
    "gzip": _gzip,
    "unknown-event": _unknown_event,
}
"""What each of these faults makes of a script."""
