"""A toy dialect to cross with: one event is one line of words, and its first word says what it means."""

from collections.abc import Iterable

from mainstay.model.catalogue import Upstream
from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.http import Headers, Outgoing
from mainstay.model.piece import Began, Piece, Stop, Stopped
from mainstay.wire.platform import Parcel

MEANINGS = {
    "began": FrameKind.PREAMBLE,
    "block": FrameKind.PREAMBLE,
    "said": FrameKind.TEXT,
    "thought": FrameKind.THINKING,
    "sealed": FrameKind.THINKING,
    "called": FrameKind.TOOL,
    "refused": FrameKind.TEXT,
    "counted": FrameKind.USAGE,
    "stopped": FrameKind.FINISH,
    "done": FrameKind.END,
}


def event(words: str) -> bytes:
    return f"data: {words}\n\n".encode()


class Script:
    """A `PieceReader` that plays a script: each `feed` gives the next lines, `close` gives the last ones."""

    def __init__(self, *batches: list[Piece], last: Iterable[Piece] = (), dropped: int = 0) -> None:
        self.dropped = dropped
        self._batches = list(batches)
        self._last = list(last)

    def feed(self, data: bytes) -> list[Piece]:
        return self._batches.pop(0)

    def close(self) -> list[Piece]:
        return self._last


class Scribe:
    """A `StreamWriter` that says in one line what it was told. `silent` names what it has no words for; `block` is
    said once, before the first text."""

    def __init__(self, *, silent: frozenset[str] = frozenset(), block: bool = False) -> None:
        self._silent = silent
        self._block = block

    def _line(self, kind: str, words: str = "") -> bytes:
        return b"" if kind in self._silent else event(f"{kind} {words}".rstrip())

    def began(self, piece: Began) -> bytes:
        return self._line("began", piece.id)

    def said(self, text: str) -> bytes:
        opening, self._block = (event("block") if self._block else b""), False
        return opening + self._line("said", text)

    def thought(self, text: str) -> bytes:
        return self._line("thought", text)

    def sealed(self, thinking: Thinking) -> bytes:
        return self._line("sealed", f"{thinking.issuer} {thinking.text} {thinking.seal} {thinking.hidden}")

    def called(self, call: ToolCall) -> bytes:
        return self._line("called", f"{call.name} {call.arguments}")

    def refused(self, text: str) -> bytes:
        return self._line("refused", text)

    def counted(self, usage: Usage) -> bytes:
        return self._line("counted", f"{usage.output_tokens}")

    def stopped(self, piece: Stopped) -> bytes:
        return self._line("stopped", piece.stop.value)

    def done(self) -> bytes:
        return self._line("done")

    def stop_word(self, stop: Stop) -> str:
        return stop.value


class Rereader:
    """A `FrameReader` of the toy dialect. `read` keeps what it was given."""

    def __init__(self) -> None:
        self.dropped = 0
        self.read: list[bytes] = []

    def feed(self, data: bytes) -> list[Frame]:
        self.read.append(data)
        return [self._frame(raw + b"\n\n") for raw in data.split(b"\n\n") if raw]

    def close(self) -> list[Frame]:
        return []

    @staticmethod
    def _frame(raw: bytes) -> Frame:
        kind, _, words = raw.decode().removeprefix("data: ").strip().partition(" ")
        return Frame(MEANINGS[kind], raw, words if MEANINGS[kind] is FrameKind.TEXT else "")


WRAP = b"wrapped:"


class Wrapper:
    """A `PlatformDoor` that puts every body behind a word, and calls its own busy 418."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:
        return Outgoing(upstream.base_url + parcel.path, (*parcel.headers, ("key", key)), WRAP + parcel.body)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        return (529 if status == 418 else status), body.removeprefix(WRAP)

    def decoder(self, headers: Headers) -> "Wrapper | None":
        return self if ("content-type", "wrapped") in headers else None

    def feed(self, data: bytes) -> bytes:
        return data.replace(WRAP, b"")
