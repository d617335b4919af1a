"""The OpenAI Responses API as a provider speaks it. Source: the published SDK's types."""

from collections.abc import Mapping

import msgspec

from mainstay.lab.provider.ask import Ask, Problem, tokens
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.openai_chat import OpenaiChat
from mainstay.lab.provider.openai_responses_items import Events, Fields, event, items, write_items
from mainstay.lab.provider.read_openai_responses import read_openai_responses
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp

_INCOMPLETE = {Stop.LENGTH: "max_output_tokens", Stop.FILTER: "content_filter"}
_DEFAULTS: Mapping[str, object] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
_ENCODER = msgspec.json.Encoder()
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError)


class _Created(msgspec.Struct, frozen=True):
    response: dict[str, msgspec.Raw] = {}


_CREATED = msgspec.json.Decoder(_Created)


class OpenaiResponses(OpenaiChat):
    """The dialect `openai-responses`: headers, error bodies and models are as in `openai-chat`."""

    name = "openai-responses"

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a Responses request."""
        return read_openai_responses(request.body)

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole response, or one that waits in the background."""
        if ask.background:
            return _ENCODER.encode(_response(ask, stamp, "queued"))
        return _ENCODER.encode(_ended(ask, turn, stamp))

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The events from `response.created` to `response.completed` or `response.incomplete`."""
        events = Events()
        response = {"response": _response(ask, stamp, "in_progress")}
        events.add(PartKind.PREAMBLE, "response.created", response)
        if ask.background:
            events.add(PartKind.PREAMBLE, "response.queued", {"response": _response(ask, stamp, "queued")})
        events.add(PartKind.PREAMBLE, "response.in_progress", response)
        status = _status(turn)
        write_items(events, turn, stamp, manner, status)
        events.add(PartKind.END, f"response.{status}", {"response": _ended(ask, turn, stamp)})
        return events.parts

    def event(self, kind: str, payload: bytes) -> bytes:
        """A named event."""
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), payload)

    def inband_error(self, answer: ErrorAnswer, before: tuple[Part, ...], *, as_response: bool) -> bytes:
        """What tells of an error after status 200: the flat event `error`, or the event `response.failed`; in place
        of a whole body, a response that failed."""
        number = sum(part.kind is not PartKind.PING for part in before)
        if not as_response:
            code = answer.code or answer.type
            fields = {"code": code, "message": answer.message, "param": answer.parameter}
            return event("error", number, fields)
        error = {"code": answer.code or answer.type, "message": answer.message}
        failed = {**_so_far(before), "status": "failed", "error": error, "output": [], "usage": None}
        if before and before[0].kind is PartKind.WHOLE:
            return _ENCODER.encode(failed)
        return event("response.failed", number, {"response": failed})


def _so_far(before: tuple[Part, ...]) -> dict[str, object]:
    """The response as it was sent, at its beginning or whole."""
    if not before:
        return {"object": "response"}
    data = before[0].data
    try:
        if before[0].kind is PartKind.WHOLE:
            return dict(_FIELDS.decode(data))
        return dict(_CREATED.decode(data.partition(b"data: ")[2]).response)
    except _BROKEN:
        return {"object": "response"}


def _status(turn: Turn) -> str:
    return "incomplete" if turn.stop in _INCOMPLETE else "completed"


def _ended(ask: Ask, turn: Turn, stamp: Stamp) -> Fields:
    status = _status(turn)
    found = items(turn, stamp)
    output = [item.whole(status if item is found[-1] else "completed") for item in found]
    reason = _INCOMPLETE.get(turn.stop)
    return {
        **_response(ask, stamp, status),
        "completed_at": stamp.created + 1 if status == "completed" else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        "usage": _usage(ask, turn),
    }


def _response(ask: Ask, stamp: Stamp, status: str) -> Fields:
    return {
        "id": stamp.id("resp_") + mark(stamp.provider),
        "object": "response",
        "created_at": stamp.created,
        "status": status,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": ask.model,
        "output": [],
        **_DEFAULTS,
        **ask.echoed,
        "usage": None,
    }


def _usage(ask: Ask, turn: Turn) -> Fields:
    return {
        "input_tokens": ask.input_tokens,
        "input_tokens_details": {"cached_tokens": ask.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": turn.output_tokens,
        "output_tokens_details": {"reasoning_tokens": tokens(turn.thinking) if turn.thinking else 0},
        "total_tokens": ask.input_tokens + turn.output_tokens,
    }
