"""How the reasons why an answer ends are told in Responses."""

import msgspec

from mainstay.model.piece import Stop
from mainstay.wire.json_bytes import Fields, raw
from mainstay.wire.openai_responses.items import NULL
from mainstay.wire.openai_responses.response import COMPLETED, INCOMPLETE

_REASONS: dict[Stop, str] = {
    Stop.LENGTH: "max_output_tokens",
    Stop.CONTEXT: "max_output_tokens",
    Stop.FILTER: "content_filter",
}
_STOPS = {"max_output_tokens": Stop.LENGTH, "max_messages": Stop.LENGTH, "content_filter": Stop.FILTER}


class Ending(msgspec.Struct, frozen=True):
    """A terminal event. `reason` is empty for a completed response."""

    event: str
    status: str
    reason: str = ""

    def members(self) -> Fields:
        """What the response says about it."""
        details = raw({"reason": self.reason}) if self.reason else NULL
        return {"status": raw(self.status), "incomplete_details": details}


def ending(stop: Stop, *, refused: bool = False) -> Ending:
    """The terminal event for a stop reason. A refusal in words is a complete answer (`refused`); one without would look
    like an empty or an ordinary answer, and is told as taken away by a filter."""
    silent = stop is Stop.REFUSAL and not refused
    reason = _REASONS[Stop.FILTER] if silent else _REASONS.get(stop, "")
    status = INCOMPLETE if reason else COMPLETED
    return Ending(f"response.{status}", status, reason)


def stop_word(stop: Stop) -> str:
    """The word for a stop reason, as a native stream of this dialect gives it."""
    return _REASONS.get(stop, COMPLETED)


def stop_of(status: str, reason: str, *, called: bool, refused: bool) -> Stop:
    """The stop reason of a response with this status and reason of incompleteness, which called tools or refused."""
    if status == INCOMPLETE:
        return _STOPS.get(reason, Stop.LENGTH)
    if called:
        return Stop.TOOL
    return Stop.REFUSAL if refused else Stop.END
