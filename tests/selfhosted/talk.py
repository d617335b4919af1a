"""What is asked of the tiny model, in each dialect, and the text that came back."""

import http.client
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import msgspec

from tests.e2e.raw import TIMEOUT_SECONDS, Body, Heard

PROMPT = "Why do bridges hum?"
CHAT, ANTHROPIC, RESPONSES = "openai-chat", "anthropic", "openai-responses"
PATHS = {CHAT: "/v1/chat/completions", ANTHROPIC: "/v1/messages", RESPONSES: "/v1/responses"}
_LIMITS = {CHAT: "max_tokens", ANTHROPIC: "max_tokens", RESPONSES: "max_output_tokens"}
TERMINAL = {CHAT: b"data: [DONE]", ANTHROPIC: b'"type":"message_stop"', RESPONSES: b'"type":"response.completed"'}
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "place": {"type": "string", "enum": ["Ghent", "Bruges"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["place", "days"],
    "additionalProperties": False,
}
"""Every answer to it is short: a model without sense would write a free text for ever."""
TOOL = "look_up"


def question(dialect: str, model: str, tokens: int, *, stream: bool = False, prompt: str = PROMPT) -> Body:
    """A request for a free answer of at most so many words."""
    said = {"input": prompt} if dialect == RESPONSES else {"messages": [{"role": "user", "content": prompt}]}
    body: Body = {"model": model, _LIMITS[dialect]: tokens, **said}
    return body | {"stream": True} if stream else body


def events(heard: Heard) -> list[dict[str, object]]:
    """The data of each event of a stream but the mark at its end."""
    lines = [line[6:] for line in heard.body.split(b"\n") if line.startswith(b"data: {")]
    return [msgspec.json.decode(line, type=dict[str, object]) for line in lines]


class _Part(msgspec.Struct, frozen=True):
    text: str = ""


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None
    text: str = ""


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta = _Delta()
    message: _Delta = _Delta()


class _Item(msgspec.Struct, frozen=True):
    content: list[_Part] = []


class _Said(msgspec.Struct):
    """A whole answer or an event of a stream, of any dialect, as far as its visible text goes."""

    choices: list[_Choice] = []
    content: list[_Part] = []
    output: list[_Item] = []
    delta: _Delta | str = ""


def text_of(heard: Heard) -> str:
    """The visible text of a whole answer."""
    said = msgspec.json.decode(heard.body, type=_Said)
    parts = [part for item in said.output for part in item.content] + said.content
    return "".join([choice.message.content or "" for choice in said.choices] + [part.text for part in parts])


def streamed_text(heard: Heard) -> str:
    """The visible text of a stream."""
    found = []
    for event in events(heard):
        said = msgspec.convert(event, _Said)
        found += [choice.delta.content or "" for choice in said.choices]
        found.append(said.delta if isinstance(said.delta, str) else said.delta.text)
    return "".join(found)


def interrupted(url: str, dialect: str, body: Body, words: int, then: Callable[[], None]) -> Heard:
    """Ask for a stream, do something when so many events have come, and read on to the end.

    Raises `OSError` and, where the answer breaks off, `http.client.HTTPException`.
    """
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)) as line:
        line.request("POST", PATHS[dialect], msgspec.json.encode(body), {"content-type": "application/json"})
        response = line.getresponse()
        fields = tuple((name.lower(), value) for name, value in response.getheaders())
        begun = [response.readline()]
        while sum(one.startswith(b"data: ") for one in begun) < words:
            assert begun[-1], f"ended before {words} events had come: {b''.join(begun)!r}"
            begun.append(response.readline())
        then()
        return Heard(response.status, fields, b"".join(begun) + response.read())
