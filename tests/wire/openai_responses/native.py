"""Native streams in miniature, numbered as a provider numbers them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mainstay.model.frame import Frame
from mainstay.wire.openai_responses.stream import EventMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.streams import read

GOLDEN = Path(__file__).parent.parent / "golden" / "openai_responses"
Json = dict[str, object]


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def frames_of(*events: bytes) -> list[Frame]:
    return read(StreamReader(EventMeaning(), SseSplitter()), events)


def response(
    response_id: str, status: str = "in_progress", output: Iterable[Mapping[str, object]] = (), **members: object
) -> Json:
    return {
        "id": response_id, "object": "response", "created_at": 1760000000, "status": status, "error": None,
        "incomplete_details": None, "instructions": None, "model": f"gpt-{response_id}", "output": list(output),
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {}, "usage": None, **members,
    }  # fmt: skip


def usage(output_tokens: int = 7) -> Json:
    return {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 100 + output_tokens,
    }


class Native:
    """Writes the events of one response as a provider does."""

    def __init__(self, response_id: str = "resp_1") -> None:
        self.id = response_id
        self.number = -1
        self.place = -1
        self.output: list[Json] = []

    def event(self, name: str, **members: object) -> bytes:
        self.number += 1
        data = {"type": name, "sequence_number": self.number, **members}
        return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    def begin(self) -> bytes:
        begun = response(self.id)
        return self.event("response.created", response=begun) + self.event("response.in_progress", response=begun)

    def added(self, item: Json) -> bytes:
        self.place += 1
        self.output.append(item)
        return self.event("response.output_item.added", output_index=self.place, item=item)

    def done(self, **changes: object) -> bytes:
        self.output[-1] |= {"status": "completed", **changes}
        return self.event("response.output_item.done", output_index=self.place, item=self.output[-1])

    def message(self) -> bytes:
        item: Json = {"id": f"msg_{self.id}_{self.place + 1}", "type": "message", "role": "assistant"}
        opening = self.added({**item, "status": "in_progress", "content": []})
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        return opening + self.event("response.content_part.added", **self.part(), part=part)

    def part(self) -> Json:
        return {"item_id": self.output[-1]["id"], "output_index": self.place, "content_index": 0}

    def text(self, delta: str) -> bytes:
        return self.event("response.output_text.delta", **self.part(), delta=delta, logprobs=[], obfuscation="x1")

    def end_message(self, text: str) -> bytes:
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        return (
            self.event("response.output_text.done", **self.part(), text=text, logprobs=[])
            + self.event("response.content_part.done", **self.part(), part=part)
            + self.done(content=[part])
        )

    def said(self, *deltas: str) -> bytes:
        return self.message() + b"".join(self.text(delta) for delta in deltas) + self.end_message("".join(deltas))

    def call(self, call_id: str = "call_1", name: str = "weather") -> bytes:
        item: Json = {"id": f"fc_{self.id}_{self.place + 1}", "type": "function_call", "call_id": call_id}
        return self.added({**item, "status": "in_progress", "name": name, "arguments": ""})

    def arguments(self, delta: str) -> bytes:
        place = {"item_id": self.output[-1]["id"], "output_index": self.place}
        return self.event("response.function_call_arguments.delta", **place, delta=delta)

    def end_arguments(self, arguments: str) -> bytes:
        place = {"item_id": self.output[-1]["id"], "output_index": self.place}
        return self.event("response.function_call_arguments.done", **place, arguments=arguments)

    def called(self, arguments: str, call_id: str = "call_1", name: str = "weather") -> bytes:
        return (
            self.call(call_id, name)
            + self.arguments(arguments[:3])
            + self.arguments(arguments[3:])
            + self.end_arguments(arguments)
            + self.done(arguments=arguments)
        )

    def reasoning(self, *texts: str, sealed: str = "gAAA") -> bytes:
        opening = self.added({"id": f"rs_{self.id}_{self.place + 1}", "type": "reasoning", "summary": []})
        place = {"item_id": self.output[-1]["id"], "output_index": self.place, "summary_index": 0}
        deltas = [self.event("response.reasoning_summary_text.delta", **place, delta=text) for text in texts]
        whole = "".join(texts)
        part = {"type": "summary_text", "text": whole}
        if texts:
            empty = {"type": "summary_text", "text": ""}
            opening += self.event("response.reasoning_summary_part.added", **place, part=empty)
            deltas.append(self.event("response.reasoning_summary_text.done", **place, text=whole))
            deltas.append(self.event("response.reasoning_summary_part.done", **place, part=part))
        return opening + b"".join(deltas) + self.done(summary=[part] if texts else [], encrypted_content=sealed)

    def end(self, output_tokens: int = 7) -> bytes:
        whole = response(self.id, "completed", self.output, usage=usage(output_tokens))
        return self.event("response.completed", response=whole)

    def incomplete(self, reason: str = "max_output_tokens") -> bytes:
        whole = response(self.id, "incomplete", self.output, incomplete_details={"reason": reason}, usage=usage())
        return self.event("response.incomplete", response=whole)


def events(stream: bytes) -> list[Json]:
    """The data of every event."""
    return [json.loads(line[6:]) for line in stream.split(b"\n") if line.startswith(b"data: ")]


def text_stream(*deltas: str, response_id: str = "resp_1") -> bytes:
    native = Native(response_id)
    return native.begin() + native.said(*deltas) + native.end()


def first(stream: bytes, count: int) -> bytes:
    """The first events of a stream."""
    return b"".join(event + b"\n\n" for event in stream.split(b"\n\n")[:count])
