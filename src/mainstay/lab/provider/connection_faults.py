"""Faults of the transport: no connection, a broken one, or silence."""

from collections.abc import Callable

from msgspec.structs import replace

from mainstay.lab.provider.scene import Scene, after_chars, first_content, inside_tool_call, terminal
from mainstay.lab.provider.script import Part, PartKind, Script
from mainstay.lab.provider.steps import Cut, End, Ending, Hang, RefuseConnection, Reset


def _only(ending: Ending) -> Callable[[Script, Scene], Script]:
    return lambda _script, _scene: Script(head=None, ending=ending)


def _reset(script: Script, scene: Scene) -> Script:
    return _broken_off(script, "content", scene.fault.whole("after"), Reset())


def _cut(script: Script, scene: Scene) -> Script:
    fault = scene.fault
    is_clean = fault.flag("clean") and script.is_stream
    ending: Ending = End() if is_clean else Cut()
    cut = _broken_off(script, fault.text("phase"), fault.whole("after"), ending)
    return _torn(cut, script) if fault.flag("torn") else cut


def _stall(script: Script, scene: Scene) -> Script:
    phase = scene.fault.text("phase")
    if phase == "connect":
        return Script(head=None, ending=Hang(connecting=True))
    return _broken_off(script, phase, scene.fault.whole("after"), Hang())


def _broken_off(script: Script, phase: str, after: int, ending: Ending) -> Script:
    """The script up to a phase. A phase that does not occur (a tool call in an answer without one) changes nothing."""
    if phase == "headers":
        return Script(head=None, ending=ending)
    if not script.is_stream:
        return replace(script, parts=_part_of_whole(script.parts[0], phase), ending=ending)
    index = _index(script, phase, after)
    return script if index is None else replace(script, parts=script.parts[:index], ending=ending)


def _part_of_whole(part: Part, phase: str) -> tuple[Part, ...]:
    if phase == "preamble":
        return ()
    size = len(part.data) - 1 if phase in ("end", "before-end") else len(part.data) // 2
    return (replace(part, data=part.data[:size]),)


def _index(script: Script, phase: str, after: int) -> int | None:
    match phase:
        case "preamble":
            return first_content(script)
        case "tool":
            return inside_tool_call(script)
        case "end" | "before-end":
            return terminal(script)
        case _:
            return after_chars(script, after)


def _torn(cut: Script, original: Script) -> Script:
    """The cut with half of the next event at its end."""
    if not cut.is_stream or cut.head is None or len(cut.parts) >= len(original.parts):
        return cut
    data = original.parts[len(cut.parts)].data
    return replace(cut, parts=(*cut.parts, Part(PartKind.NOISE, data[: len(data) // 2])))


CONNECTION_FAULTS: dict[str, Callable[[Script, Scene], Script]] = {
    "refuse": _only(RefuseConnection()),
    "reset-before-headers": _only(Reset()),
    "close-early": _only(Cut()),
    "reset": _reset,
    "cut": _cut,
    "stall": _stall,
}
"""What each of these faults makes of a script."""
