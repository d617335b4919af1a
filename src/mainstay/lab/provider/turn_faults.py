"""Faults of the answer itself: well-formed on the wire, and no good."""

from collections.abc import Callable

from msgspec.structs import replace

from mainstay.lab.provider.fault import FaultSpec
from mainstay.lab.provider.turn import REFUSAL, Stop, Turn

_THOUGHT = "Let me think about this for a moment. There is a lot to weigh here."


def _empty(turn: Turn, fault: FaultSpec) -> Turn:
    choices = turn.choices if fault.text("what") == "content" else 0
    return Turn(stop=Stop.END, choices=choices)


def _refusal(turn: Turn, _fault: FaultSpec) -> Turn:
    return Turn(stop=Stop.REFUSAL, refusal=REFUSAL, choices=turn.choices)


def _content_filter(turn: Turn, fault: FaultSpec) -> Turn:
    return Turn(text=turn.text[: max(fault.whole("after"), 0)], stop=Stop.FILTER, choices=turn.choices)


def _tool_broken_json(turn: Turn, _fault: FaultSpec) -> Turn:
    broken = tuple(replace(call, arguments=call.arguments[:-1] + ',"') for call in turn.tool_calls)
    return replace(turn, tool_calls=broken)


def _tool_same_ids(turn: Turn, _fault: FaultSpec) -> Turn:
    return replace(turn, same_call_ids=True)


def _thinking_only(turn: Turn, _fault: FaultSpec) -> Turn:
    return Turn(thinking=turn.thinking or _THOUGHT, stop=Stop.END, choices=turn.choices)


TURN_FAULTS: dict[str, Callable[[Turn, FaultSpec], Turn]] = {
    "empty": _empty,
    "refusal": _refusal,
    "content-filter": _content_filter,
    "tool-broken-json": _tool_broken_json,
    "tool-same-ids": _tool_same_ids,
    "thinking-only": _thinking_only,
}
"""What each of these faults makes of an answer."""
