"""What the tests of crossings share: golden files, and helpers to read and write both sides."""

import json
from collections.abc import Iterable
from pathlib import Path

from mainstay.model.call import Call
from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import Prompt, Role, Text, Turn
from mainstay.model.fault import Fault
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Sealed,
    Stopped,
    Thought,
)
from mainstay.wire.codec import Identity, StreamWriter, Target, Written
from mainstay.wire.openai_chat.prompt_reader import read_prompt
from mainstay.wire.openai_chat.prompt_writer import write_prompt
from mainstay.wire.openai_chat.request import read_call

GOLDEN = Path(__file__).parent.parent / "golden" / "openai_chat"
IDENTITY = Identity(id="ex_42", created=1760000000, model="claude-demo", issuer="anthropic")
ASKED = (Turn(Role.USER, (Text("Hi"),)),)


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def read_request(request: dict[str, object] | bytes) -> Prompt:
    prompt = try_request(request)
    assert isinstance(prompt, Prompt), prompt
    return prompt


def try_request(request: dict[str, object] | bytes) -> Prompt | Fault:
    body = request if isinstance(request, bytes) else json.dumps({"model": "m", **request}).encode()
    call = read_call("/v1/chat/completions", "", (), body)
    assert isinstance(call, Call), call
    return read_prompt(call)


def prompt_of(**members: object) -> Prompt:
    return Prompt(**{"dialect": "anthropic", "model": "claude-demo", "turns": ASKED, **members})  # type: ignore[arg-type]


def write_request(prompt: Prompt, model: str = "gpt-4o", able: Capabilities = ABLE) -> Written:
    written = write_prompt(prompt, Target(model, "somewhere", able))
    assert isinstance(written, Written), written
    return written


def body_of(written: Written) -> dict[str, object]:
    body: dict[str, object] = json.loads(written.body)
    return body


def write_stream(writer: StreamWriter, pieces: Iterable[Piece]) -> bytes:
    return b"".join(_write(writer, piece) for piece in pieces)


def _write(writer: StreamWriter, piece: Piece) -> bytes:  # noqa: C901, PLR0911 (one for each kind)
    match piece:
        case Began():
            return writer.began(piece)
        case Said():
            return writer.said(piece.text)
        case Thought():
            return writer.thought(piece.text)
        case Sealed():
            return writer.sealed(piece.thinking)
        case Called():
            return writer.called(piece.call)
        case Refused():
            return writer.refused(piece.text)
        case Counted():
            return writer.counted(piece.usage)
        case Stopped():
            return writer.stopped(piece)
        case Done():
            return writer.done()
        case Calling() | Pinged() | Failed():
            return b""
