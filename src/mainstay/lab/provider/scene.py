"""Where a fault acts: the dialect, the request's stamp and the fault itself."""

import msgspec

from mainstay.lab.provider.fault import FaultSpec
from mainstay.lab.provider.script import PartKind, Script
from mainstay.lab.provider.steps import Head
from mainstay.lab.provider.voice import Stamp, Voice

_CONTENT = frozenset({PartKind.THINKING, PartKind.TEXT, PartKind.TOOL})


class Scene(msgspec.Struct, frozen=True):
    """One request, one provider, one fault."""

    voice: Voice
    stamp: Stamp
    fault: FaultSpec

    def head(self, status: int, content_type: str, *more: tuple[str, str]) -> Head:
        """The header of an answer, with the dialect's usual fields and who answered."""
        fields = (("content-type", content_type), ("x-lab-provider", self.stamp.provider))
        exhausted_seconds = self.fault.number("retry_after") if self.fault.name == "throttle" else None
        return Head(status, (*fields, *self.voice.headers(self.stamp, exhausted_seconds), *more))


def first_content(script: Script) -> int:
    """Index of the first part that carries content, or of the stop reason where there is no content."""
    kinds = _CONTENT | {PartKind.FINISH, PartKind.END}
    return next((index for index, part in enumerate(script.parts) if part.kind in kinds), len(script.parts))


def after_content(script: Script) -> int:
    """Index behind all content: of the stop reason, else of the terminal marker."""
    kinds = {PartKind.FINISH, PartKind.USAGE, PartKind.END}
    return next((index for index, part in enumerate(script.parts) if part.kind in kinds), len(script.parts))


def after_chars(script: Script, chars: int) -> int:
    """Index behind this many characters of text (0: in front of all content), or behind all content if the text is
    shorter."""
    if chars <= 0:
        return first_content(script)
    seen = 0
    for index, part in enumerate(script.parts):
        seen += part.chars
        if seen >= chars:
            return index + 1
    return after_content(script)


def inside_tool_call(script: Script) -> int | None:
    """Index of the last piece of the last tool call (earlier calls are complete there); `None` without a call."""
    pieces = [index for index, part in enumerate(script.parts) if part.kind is PartKind.TOOL]
    return pieces[-1] if pieces else None


def middle(script: Script) -> int:
    """Index in the middle of the content."""
    return (first_content(script) + after_content(script) + 1) // 2


def terminal(script: Script) -> int:
    """Index of the terminal marker."""
    return next((index for index, part in enumerate(script.parts) if part.kind is PartKind.END), len(script.parts))
