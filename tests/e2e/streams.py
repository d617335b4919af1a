"""Callers of streams who lose their connection, and what their bytes say."""

import http.client
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

import msgspec

from tests.e2e.callers import PATHS, Question
from tests.e2e.raw import TIMEOUT_SECONDS, Heard, get

READ_BYTES = 65_536
DONE = b"[DONE]"
OPENING = {
    "anthropic": b'data: {"type":"message_start"',
    "openai-chat": b'"role":"assistant"',
    "openai-responses": b'data: {"type":"response.created"',
}
TERMINAL = {"anthropic": b'"message_stop"', "openai-chat": DONE, "openai-responses": b"response.completed"}


class Listener:
    """Asks for a stream, hears as much of it as it wants, and may be cut off."""

    def __init__(self, url: str, dialect: str, question: Question, headers: Mapping[str, str] | None = None) -> None:
        """Returns when the response has begun."""
        self.dialect = dialect
        self.data = b""
        address = urlsplit(url)
        self._line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
        fields = {"content-type": "application/json", **question.headers, **(headers or {})}
        self._line.request("POST", PATHS[dialect], msgspec.json.encode(question.body(dialect)), fields)
        self._response = self._line.getresponse()
        assert self._response.status == 200, self._response.read()
        self.exchange = self._response.getheader("x-mainstay-id", "")

    @property
    def whole(self) -> bytes:
        """What was heard, up to the last whole event."""
        return self.data[: self.data.rfind(b"\n\n") + 2]

    @property
    def text(self) -> str:
        """The text of it."""
        return text_of(self.dialect, self.whole)

    def hear(self, enough: Callable[[Self], bool]) -> None:
        """Listen until it is enough. Raises `AssertionError` where the stream ends before."""
        while not enough(self):
            heard = self._response.read1(READ_BYTES)
            assert heard, f"the stream ended: {self.data!r}"
            self.data += heard

    def hear_text(self, text: str) -> None:
        """Listen until so much has been said. Raises as `hear`."""
        self.hear(lambda heard: heard.text == text)

    def hear_out(self) -> None:
        """Listen to the end, clean or not."""
        with suppress(http.client.HTTPException, OSError):
            while heard := self._response.read1(READ_BYTES):
                self.data += heard
        self.leave()

    def leave(self) -> None:
        """Close the connection."""
        self._response.close()
        self._line.close()


def resume(url: str, exchange: str, after: int) -> Heard:
    """The rest of an exchange behind so many events."""
    return get(url, f"/v1/mainstay/exchanges/{exchange}/stream?after={after}")


def state_of(url: str, exchange: str) -> str:
    """Where an exchange stands, in the gateway's word."""
    heard = get(url, f"/v1/mainstay/exchanges/{exchange}")
    assert heard.status == 200, heard.text
    return msgspec.json.decode(heard.body, type=_Standing).state


def payloads(data: bytes) -> list[bytes]:
    """The data of each event."""
    return [line[6:] for line in data.split(b"\n") if line.startswith(b"data: ")]


def text_of(dialect: str, data: bytes) -> str:
    """The text that a caller of this dialect could show."""
    events = [_EVENT.decode(one) for one in payloads(data) if one != DONE]
    match dialect:
        case "anthropic":
            deltas = [one.delta for one in events if one.type == "content_block_delta"]
            return "".join(delta.text for delta in deltas if isinstance(delta, _Delta))
        case "openai-chat":
            return "".join(choice.delta.content or "" for one in events for choice in one.choices)
        case _:
            return "".join(str(one.delta) for one in events if one.type == "response.output_text.delta")


def assert_whole(dialect: str, data: bytes, text: str) -> None:
    """One well-formed stream that says this text once, and nothing else."""
    assert text_of(dialect, data) == text
    assert data.count(OPENING[dialect]) == 1
    told = payloads(data)
    assert TERMINAL[dialect] in told[-1]
    assert [one for one in told[:-1] if TERMINAL[dialect] in one] == []
    if dialect == "openai-responses":
        events = [_EVENT.decode(one) for one in told]
        assert [one.sequence_number for one in events] == list(range(len(events)))
        assert msgspec.json.encode(text) in told[-1]


class _Delta(msgspec.Struct):
    text: str = ""


class _ChatDelta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _ChatDelta


class _Event(msgspec.Struct):
    type: str = ""
    delta: _Delta | str = ""
    choices: tuple[_Choice, ...] = ()
    sequence_number: int = -1


class _Standing(msgspec.Struct):
    state: str


_EVENT = msgspec.json.Decoder(_Event)
