"""A toy dialect for scripts that read aloud: one word and its payload per line, nothing to decode."""

from collections.abc import Sequence

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Answer, Frame, FrameKind, Usage
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import FrameReader
from mainstay.model.rates import Told

KINDS = {
    "start": FrameKind.PREAMBLE,
    "working": FrameKind.WORKING,
    "text": FrameKind.TEXT,
    "think": FrameKind.THINKING,
    "tool": FrameKind.TOOL,
    "tool-end": FrameKind.TOOL,
    "opaque": FrameKind.OPAQUE,
    "ping": FrameKind.PING,
    "finish": FrameKind.FINISH,
    "usage": FrameKind.USAGE,
    "end": FrameKind.END,
    "error": FrameKind.ERROR,
}
STATUS_KINDS = {
    429: FaultKind.THROTTLE,
    402: FaultKind.BILLING,
    401: FaultKind.AUTH,
    529: FaultKind.OVERLOAD,
    503: FaultKind.SERVER,
    500: FaultKind.SERVER,
    404: FaultKind.MODEL_GONE,
}


def usage_of(payload: str) -> Usage:
    """Input, output, cached, written to a cache, reasoning; what is missing is none."""
    given, made, cached, written, reasoning = ([int(number) for number in payload.split(",")] + [0] * 5)[:5]
    return Usage(given, made, cached, cache_write_tokens=written, reasoning_tokens=reasoning)


class ToyReader:
    """Lines to frames."""

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = b""
        self._in_tool = False

    def feed(self, data: bytes) -> list[Frame]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [self._frame(line) for line in lines]

    def close(self) -> list[Frame]:
        return []

    def _frame(self, line: bytes) -> Frame:
        word, _, payload = line.decode().partition(":")
        kind = KINDS[word]
        self._in_tool = word == "tool" or (self._in_tool and word != "tool-end")
        return Frame(
            kind,
            line + b"\n",
            text=payload if kind is FrameKind.TEXT else "",
            holds=self._in_tool,
            usage=usage_of(payload) if kind is FrameKind.USAGE else None,
            stop_reason=(payload or "stop") if kind is FrameKind.FINISH else "",
            fault=Fault(FaultKind(payload), "in-band", status=200) if kind is FrameKind.ERROR else None,
        )


class ToyCaller:
    """What the caller saw, in the toy's own lines."""

    def __init__(self) -> None:
        self.tools = 0
        self.open = False
        self.finished = False
        self.barred = False
        self.broken = False

    def relayed(self, frame: Frame) -> None:
        if frame.kind is FrameKind.TOOL:
            self.open = frame.holds
            self.tools += not frame.holds
            self.broken = self.broken or frame.raw.endswith(b"?!\n")
        if frame.kind in {FrameKind.OPAQUE, FrameKind.THINKING}:
            self.barred = True
        self.finished = self.finished or bool(frame.stop_reason)

    def spliced(self, frame: Frame, text: str) -> bytes:
        if frame.kind in {FrameKind.PREAMBLE, FrameKind.WORKING, FrameKind.THINKING}:
            return b""
        return f"text:{text}\n".encode() if frame.kind is FrameKind.TEXT else frame.raw

    def finished_by_synthesis(self, held: Sequence[Frame]) -> bytes | None:
        if self.finished:
            return b"end:\n"
        if held or self.open or not self.tools:
            return None
        return b"finish:tool_use\nend:\n"

    def may_continue(self) -> bool:
        return not (self.tools or self.open or self.barred)

    def has_broken_tool(self) -> bool:
        return self.broken

    def error(self, fault: Fault, exchange_id: str) -> bytes:
        return f"error:{fault.kind.value}\n".encode()


class ToyDialect:
    """The toy's rules for requests and errors."""

    name = "toy"

    def read_call(self, path: str, query: str, headers: Headers, body: bytes) -> Call | Fault:
        return Call("toy", CallKind.ANSWER, path, "m", stream=True, headers=headers, body=body)

    def models_call(self, path: str, query: str, headers: Headers) -> Call:
        return Call("toy", CallKind.MODELS, path, "*", stream=False, headers=headers, body=b"")

    def request_path(self, call: Call) -> str:
        return call.path

    def request_headers(self, call: Call, key: str) -> Headers:
        return (("key", key),) if key else ()

    def answer_id(self, data: bytes) -> str:
        return ""

    def renamed(self, reader: FrameReader, answer_id: str) -> FrameReader:
        return reader

    def renamed_answer(self, body: bytes, answer_id: str) -> bytes:
        return body

    def local_answer(self, call: Call) -> Reply | None:
        return Reply(200, (), b"about nine") if call.kind is CallKind.COUNT_TOKENS else None

    def request_body(self, call: Call, model: str) -> bytes:
        return model.encode() + b"|" + call.body

    def without_reasoning(self, body: bytes) -> bytes:
        return body

    def continuation_body(self, call: Call, candidate: Candidate, text: str) -> bytes | None:
        return b"continue|" + text.encode()

    def response_headers(self, headers: Headers) -> Headers:
        return headers

    def rated(self, headers: Headers, told: Told, wall: float) -> Headers:
        kept = tuple(field for field in headers if not field[0].startswith("limit-"))
        return kept if told.requests is None else (*kept, ("limit-left", str(told.requests.remaining)))

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        wait = next((float(value) for name, value in headers if name == "retry-after"), None)
        kind = STATUS_KINDS.get(status, FaultKind.REQUEST)
        return Fault(kind, "from the toy", status=status, wait_seconds=wait, headers=headers, body=body)

    def read_answer(self, call: Call, headers: Headers, body: bytes) -> Answer:
        if not body:
            return Answer(fault=Fault(FaultKind.EMPTY, "nothing in it", status=200))
        return Answer(usage=Usage(input_tokens=3, output_tokens=5), stop_reason="stop")

    def frames(self) -> ToyReader:
        return ToyReader()

    def caller_stream(self) -> ToyCaller:
        return ToyCaller()

    def error_reply(self, fault: Fault, exchange_id: str) -> Reply:
        return Reply(fault.status or 502, fault.headers, fault.body or fault.kind.value.encode())

    def ping(self) -> bytes:
        return b"ping:\n"

    def comment(self, text: str) -> bytes:
        return f"# {text}\n".encode()

    def models_reply(self, models: tuple[str, ...]) -> Reply:
        return Reply(200, (), b"")

    def model_reply(self, model: str) -> Reply:
        return Reply(200, (), b"")
