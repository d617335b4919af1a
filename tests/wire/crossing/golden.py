"""The golden crossings: what a caller asks and a provider answers, and what becomes of both on the way.

`tests/wire/golden/crossings/README.md` says which file is what. `MAINSTAY_WRITE_GOLDEN=1` writes what is built instead
of only comparing it; whoever sets it reads every change before keeping it.
"""

import json
import os
from itertools import product
from pathlib import Path
from typing import NamedTuple

from mainstay.model.call import Call
from mainstay.model.fault import Fault
from mainstay.model.frame import FrameKind
from mainstay.model.http import Headers
from mainstay.model.ports import Passage
from mainstay.wire.bedrock.event_stream import CONTENT_TYPE, event
from mainstay.wire.registry import SPEECH
from tests.wire.crossing.world import PATHS, WALL, candidate, passages
from tests.wire.streams import pieces_of

FOLDER = Path(__file__).parent.parent / "golden" / "crossings"
ASKED, GIVEN, TOLD = FOLDER / "asked", FOLDER / "given", FOLDER / "told"
WRITING = os.environ.get("MAINSTAY_WRITE_GOLDEN") == "1"

CALLERS = ("anthropic", "openai-chat", "openai-responses")
MODELS = {
    "anthropic": {"rich": "claude-sonnet-4-5", "structured": "claude-opus-4-8"},
    "openai-chat": {"rich": "gpt-4.1", "structured": "gpt-5.1"},
    "openai-responses": {"rich": "gpt-4.1", "structured": "gpt-5.1"},
    "bedrock": {
        "rich": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "structured": "eu.anthropic.claude-opus-4-8-v1",
    },
    "gemini": {"rich": "gemini-3-pro-preview", "structured": "gemini-2.5-flash"},
}
"""Two models per upstream: one that takes sampling parameters, and one that is asked to reason."""
REQUESTS = tuple(MODELS["anthropic"])
WHOLE = {"whole": "rich", "refusal": "structured"}
STREAMS = {"tools": "rich", "limit": "structured", "refusal": "structured"}
"""What each answer answers."""
RESULTS = ('{"celsius":9}', "08:15")
"""What the tools give back for the calls of `whole`, in order."""

Json = dict[str, object]

_STEP = 7
_SYSTEM: Json = {"role": "developer", "content": "You plan trips."}
_QUESTION: Json = {"role": "user", "content": "And in Genève?"}


class Pair(NamedTuple):
    """A caller's dialect and an upstream's, which differ."""

    caller: str
    upstream: str


PAIRS = tuple(Pair(caller, upstream) for caller, upstream in product(CALLERS, MODELS) if caller != upstream)


def asked(caller: str, name: str) -> Json:
    """A request as a caller sends it."""
    return _object((ASKED / caller / f"{name}.json").read_bytes())


def streamed(caller: str, request: Json) -> Json:
    """The same request, its answer as a stream with usage."""
    options: Json = {"stream_options": {"include_usage": True}} if caller == "openai-chat" else {}
    return request | {"stream": True} | options


def given(upstream: str, name: str) -> bytes:
    """A whole answer as a provider sends it: without the white space that is there for readers."""
    return _compact(_object((GIVEN / upstream / f"{name}.json").read_bytes()))


def given_stream(upstream: str, name: str) -> bytes:
    """A stream as a provider sends it: Amazon's framed, Google's with its line ends."""
    if upstream == "bedrock":
        lines = (GIVEN / upstream / f"{name}.jsonl").read_text().splitlines()
        return b"".join(event(kind, _compact(payload)) for line in lines for kind, payload in json.loads(line).items())
    text = (GIVEN / upstream / f"{name}.sse").read_bytes()
    return text.replace(b"\n", b"\r\n") if upstream == "gemini" else text


def way(pair: Pair, request: Json, model: str) -> Passage:
    """The real passage of this request to a candidate of the upstream."""
    read = call(pair.caller, request)
    fits, skipped = passages(read).fitting((candidate(pair.upstream, model=MODELS[pair.upstream][model]),))
    assert not skipped
    return passages(read).to(fits[0])


def call(caller: str, request: Json) -> Call:
    """The request as the caller's dialect reads it."""
    read = SPEECH.dialects[caller].read_call(PATHS[caller], "", (), _compact(request))
    assert isinstance(read, Call), read
    return read


def sent(passage: Passage) -> str:
    """What goes to the upstream, laid out for readers. Without a key there are no credentials in it."""
    outgoing = passage.request("", WALL)
    assert not isinstance(outgoing, Fault), outgoing
    headers = dict(outgoing.headers)
    assert len(headers) == len(outgoing.headers)
    told = {
        "method": outgoing.method,
        "url": outgoing.url,
        "headers": headers,
        "losses": list(passage.losses),
        "body": json.loads(outgoing.body),
    }
    return laid_out(told)


def told(pair: Pair, passage: Passage, name: str) -> bytes:
    """A whole answer as the caller gets it."""
    answer = passage.read_answer((("content-type", "application/json"),), given(pair.upstream, name))
    assert answer.fault is None, answer.fault
    assert answer.body is not None
    return answer.body


def told_stream(pair: Pair, passage: Passage, name: str) -> bytes:
    """A stream as the caller gets it, however the provider's bytes are split."""
    stream = given_stream(pair.upstream, name)
    at_once = _translated(pair, passage, [stream])
    assert _translated(pair, passage, pieces_of(stream, range(_STEP, len(stream), _STEP))) == at_once
    return at_once


def _translated(pair: Pair, passage: Passage, packets: list[bytes]) -> bytes:
    headers = stream_headers(pair.upstream)
    assert passage.is_stream(headers)
    reader = passage.frames(headers)
    frames = [frame for packet in packets for frame in reader.feed(packet)] + reader.close()
    assert [frame.fault for frame in frames if frame.kind is FrameKind.ERROR] == []
    assert reader.dropped == 0
    return b"".join(frame.raw for frame in frames)


def stream_headers(upstream: str) -> Headers:
    """How a provider says that a stream follows."""
    return (("content-type", CONTENT_TYPE if upstream == "bedrock" else "text/event-stream"),)


def followed(caller: str, answer: bytes) -> Json:
    """The request with which a client goes on after `whole`: what it got, word for word, and what its tools gave."""
    return asked(caller, "rich") | _FOLLOWED[caller](_object(answer))


def _follow_anthropic(got: Json) -> Json:
    content = got["content"]
    assert isinstance(content, list)
    ids = [block["id"] for block in content if block["type"] == "tool_use"]
    results = [
        {"type": "tool_result", "tool_use_id": call_id, "content": result}
        for call_id, result in zip(ids, RESULTS, strict=True)
    ]
    answered = {"role": "assistant", "content": content}
    return {"messages": [_QUESTION, answered, {"role": "user", "content": results}]}


def _follow_chat(got: Json) -> Json:
    choices = got["choices"]
    assert isinstance(choices, list)
    message = choices[0]["message"]
    results = [
        {"role": "tool", "tool_call_id": made["id"], "content": result}
        for made, result in zip(message["tool_calls"], RESULTS, strict=True)
    ]
    return {"messages": [_SYSTEM, _QUESTION, message, *results]}


def _follow_responses(got: Json) -> Json:
    output = got["output"]
    assert isinstance(output, list)
    ids = [item["call_id"] for item in output if item["type"] == "function_call"]
    results = [
        {"type": "function_call_output", "call_id": call_id, "output": result}
        for call_id, result in zip(ids, RESULTS, strict=True)
    ]
    return {"input": [_QUESTION, *output, *results]}


_FOLLOWED = {
    "anthropic": _follow_anthropic,
    "openai-chat": _follow_chat,
    "openai-responses": _follow_responses,
}


def kept(pair: Pair, name: str, built: str) -> str:
    """What the golden file of this name holds; it is written first where that is asked for."""
    path = TOLD / pair.caller / pair.upstream / name
    if WRITING:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(built)
    return path.read_text()


def laid_out(value: object) -> str:
    """JSON for readers."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _object(data: bytes) -> Json:
    read = json.loads(data)
    assert isinstance(read, dict)
    return read


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
