"""A script: an answer laid out in parts that a fault may still change, and its translation into steps."""

from enum import Enum

import msgspec

from mainstay.lab.provider.steps import Body, End, Ending, Head, Pause, Step


class PartKind(Enum):
    """What a part of a body is."""

    WHOLE = "whole"
    """A whole body that is not streamed."""
    PREAMBLE = "preamble"
    """Lifecycle before or between content."""
    THINKING = "thinking"
    TEXT = "text"
    TOOL = "tool"
    """A piece of a tool call."""
    FINISH = "finish"
    """The stop reason."""
    USAGE = "usage"
    END = "end"
    """The terminal marker."""
    PING = "ping"
    NOISE = "noise"
    """What a fault put in."""


class Part(msgspec.Struct, frozen=True):
    """Bytes of the body that are sent together, after a pause. `chars` counts characters of visible text."""

    kind: PartKind
    data: bytes
    chars: int = 0
    pause_seconds: float = 0.0


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What will happen on the connection. Without a `head` only the `ending` happens. `content_length` is what the
    header claims (`None`: chunked)."""

    head: Head | None
    parts: tuple[Part, ...] = ()
    ending: Ending = End()
    content_length: int | None = None
    wait_seconds: float = 0.0

    @property
    def is_stream(self) -> bool:
        """Whether the body consists of events."""
        return not any(part.kind is PartKind.WHOLE for part in self.parts)


def whole(head: Head, body: bytes, chars: int = 0) -> Script:
    """A script for a body that is not streamed."""
    return Script(head=head, parts=(Part(PartKind.WHOLE, body, chars),), content_length=len(body))


def lay_out(script: Script) -> list[Step]:
    """The steps of a script."""
    steps: list[Step] = [Pause(script.wait_seconds)] if script.wait_seconds > 0 else []
    if script.head is None:
        return [*steps, script.ending]
    steps.append(_framed(script.head, script.content_length))
    for part in script.parts:
        if part.pause_seconds > 0:
            steps.append(Pause(part.pause_seconds))
        if part.data:
            steps.append(Body(part.data))
    return [*steps, script.ending]


def _framed(head: Head, content_length: int | None) -> Head:
    framing = ("transfer-encoding", "chunked") if content_length is None else ("content-length", str(content_length))
    return msgspec.structs.replace(head, headers=(*head.headers, framing))
