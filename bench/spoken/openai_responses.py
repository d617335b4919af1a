"""OpenAI's Responses."""

import msgspec

from bench.dialogue import PROMPT_BYTES, prompt, word
from bench.spoken.openai import ANSWER_HEADERS, REQUEST_HEADERS
from bench.spoken.shape import CREATED, INPUT_TOKENS, Caller, Voice, compact, data_lines, padding

DIALECT = "openai-responses"
PATH = "/v1/responses"
SHOWN_WIDTH = 16
"""Word and padding together."""
DELTA = "response.output_text.delta"
MESSAGE = "msg_0123456789abcdef0123456789abcdef0123456789abcdef"
BEGINNING = (
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
)
ENDING = (
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
)


class _Part(msgspec.Struct):
    text: str


class _Item(msgspec.Struct):
    content: list[_Part] = []


class _Response(msgspec.Struct):
    status: str
    output: list[_Item]


class _Event(msgspec.Struct):
    type: str
    sequence_number: int
    delta: str = ""
    response: _Response | None = None


_EVENT = msgspec.json.Decoder(_Event)


def body(model: str) -> bytes:
    """A streaming request, kept by nobody, as coding tools send it."""
    message = {"role": "user", "content": [{"type": "input_text", "text": prompt(PROMPT_BYTES["1 KB"])}]}
    return compact(
        {
            "model": model,
            "instructions": "You answer in plain words.",
            "input": [message],
            "max_output_tokens": 1024,
            "store": False,
            "stream": True,
        }
    ).encode()


def opening() -> bytes:
    """What stands before the first content of a stream."""
    response = _response("in_progress", [], None)
    item = _item("in_progress", [])
    members: tuple[dict[str, object], ...] = (
        {"response": response},
        {"response": response},
        {"output_index": 0, "item": item},
        _place() | {"part": _part("")},
    )
    return b"".join(_event(name, number, members[number]) for number, name in enumerate(BEGINNING))


def content(number: int) -> bytes:
    """One piece of text."""
    text = word(number)
    members = {"delta": text, "logprobs": [], "obfuscation": padding(number, text, SHOWN_WIDTH)}
    return _event(DELTA, len(BEGINNING) + number, _place() | members)


def closing(words: int) -> bytes:
    """What stands behind the last content of a stream."""
    text = "".join(word(number) for number in range(words))
    item = _item("completed", [_part(text)])
    members: tuple[dict[str, object], ...] = (
        _place() | {"text": text, "logprobs": []},
        _place() | {"part": _part(text)},
        {"output_index": 0, "item": item},
        {"response": whole(text, words)},
    )
    first = len(BEGINNING) + words
    return b"".join(_event(name, first + number, members[number]) for number, name in enumerate(ENDING))


def whole(text: str, tokens: int) -> dict[str, object]:
    """A completed response that says this."""
    usage = {
        "input_tokens": INPUT_TOKENS,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT_TOKENS + tokens,
    }
    return _response("completed", [_item("completed", [_part(text)])], usage)


def trouble_of(stream: bytes, words: int) -> str | None:
    """Why these bytes are not the whole stream, or `None` if they are."""
    events = [_EVENT.decode(line) for line in data_lines(stream)]
    kinds = tuple(event.type for event in events)
    if kinds[: len(BEGINNING)] != BEGINNING:
        return "it does not begin with response.created and the opening of a message"
    if kinds[-len(ENDING) :] != ENDING or kinds.count(ENDING[-1]) != 1:
        return f"it ends with {kinds[-1]} or does not close what is open"
    if [event.sequence_number for event in events] != list(range(len(events))):
        return "its sequence numbers have a gap"
    text = [event.delta for event in events if event.type == DELTA]
    if text != [word(number) for number in range(words)]:
        return f"{len(text)} pieces of text came, {words} were sent, or their order is wrong"
    end = events[-1].response
    if end is None or end.status != "completed":
        return "the response that ends it is not completed"
    at_end = [part.text for item in end.output for part in item.content]
    return None if at_end == ["".join(text)] else "the response that ends it says something else"


def _event(name: str, number: int, members: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {compact({'type': name, 'sequence_number': number, **members})}\n\n".encode()


def _place() -> dict[str, object]:
    return {"item_id": MESSAGE, "output_index": 0, "content_index": 0}


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _item(status: str, parts: list[dict[str, object]]) -> dict[str, object]:
    return {"id": MESSAGE, "type": "message", "status": status, "content": parts, "role": "assistant"}


def _response(status: str, output: list[dict[str, object]], usage: dict[str, object] | None) -> dict[str, object]:
    return {
        "id": "resp_0123456789abcdef0123456789abcdef0123456789abcdef",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "You answer in plain words.",
        "max_output_tokens": 1024,
        "model": "gpt-5.1-2025-11-13",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "none", "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
    }


VOICE = Voice(
    dialect=DIALECT,
    base="/v1",
    suffix="/responses",
    content_type="text/event-stream; charset=utf-8",
    headers=ANSWER_HEADERS,
    opening=opening,
    content=content,
    closing=closing,
)
CALLER = Caller(DIALECT, PATH, REQUEST_HEADERS, body, f"event: {DELTA}\n".encode(), trouble_of)
