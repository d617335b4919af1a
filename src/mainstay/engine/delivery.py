"""What becomes of each frame: held back, given to the caller verbatim, or spliced into what the caller already has.

Before commit everything is held, so that a candidate that fails leaves no trace (law 2). Tool calls are held until
they are complete and then given whole, so that a cut inside their arguments never reaches the caller.
"""

from typing import Protocol

from mainstay.engine import faults
from mainstay.engine.align import Aligner, AlignState
from mainstay.engine.policy import BUFFER_BYTES_MAX, HOLD_BYTES_MAX
from mainstay.engine.progress import Progress
from mainstay.model.fault import Fault
from mainstay.model.frame import Frame, FrameKind
from mainstay.model.ports import CallerStream

TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""
CONTENT = frozenset({FrameKind.TEXT, FrameKind.THINKING, FrameKind.TOOL, FrameKind.OPAQUE})
WORKING = CONTENT | {FrameKind.WORKING, FrameKind.FINISH}
PROMISING_STOPS = frozenset({"end_turn", "stop", "tool_use", "tool_calls", "function_call", "completed"})
"""Stop reasons that promise content; without any the answer is empty. A stop sequence may be the first thing said."""


class Delivery(Protocol):
    """Takes frames, collects bytes for the caller."""

    done: bool
    """The terminal marker has been passed on."""
    finished: bool
    """A stop reason has been seen."""
    stop_reason: str
    """That stop reason, in the caller's dialect."""
    committed: bool
    """Content is in `out` or has been taken from it."""

    def take(self, frame: Frame) -> Fault | None:
        """Take the next frame; a fault ends the attempt."""

    def out(self) -> bytes:
        """Take the bytes that may go to the caller now."""

    def held_tools(self) -> list[Frame]:
        """Frames of tool calls that were held back when the stream broke."""


class FreshDelivery:
    """The first stream of an exchange: bytes pass verbatim."""

    def __init__(self, progress: Progress, caller: CallerStream, *, buffered: bool) -> None:
        """`buffered` holds the whole answer until it is complete."""
        self.done = False
        self.finished = False
        self.committed = progress.committed
        self._progress = progress
        self._caller = caller
        self._buffered = buffered
        self._hold_tools = progress.workload.hold_tools
        self._has_content = False
        self.stop_reason = ""
        self._held: list[Frame] = []
        self._held_bytes = 0
        self._out: list[bytes] = []

    def take(self, frame: Frame) -> Fault | None:
        """See `Delivery`. The usual case comes first: text of a committed stream while nothing is held."""
        kind = frame.kind
        if kind is TEXT and self.committed and not (frame.holds or frame.stop_reason or self._held):
            self._caller.relayed(frame)
            self._progress.add_text(frame.text)
            self._out.append(frame.raw)
            return None
        if frame.stop_reason:
            self.finished = True
            self.stop_reason = frame.stop_reason
        if kind in CONTENT or kind is FrameKind.WORKING:
            self._has_content = True
        elif kind is FrameKind.ERROR:
            return frame.fault
        elif kind is FrameKind.END:
            return self._end(frame)
        if not self._passes(frame):
            return self._hold(frame)
        if self._held and kind is not FrameKind.PING:
            self._release()
        self._give(frame)
        return None

    def out(self) -> bytes:
        """See `Delivery`."""
        if len(self._out) == 1:
            return self._out.pop()
        data = b"".join(self._out)
        self._out.clear()
        return data

    def held_tools(self) -> list[Frame]:
        """See `Delivery`."""
        return list(self._held) if self.committed else []

    def _passes(self, frame: Frame) -> bool:
        if self._buffered or (frame.holds and self._hold_tools):
            return self.committed and frame.kind is FrameKind.PING
        return self.committed or frame.kind in CONTENT

    def _give(self, frame: Frame) -> None:
        if not self.committed and frame.kind in CONTENT:
            self.committed = True
        self._caller.relayed(frame)
        if frame.text:
            self._progress.add_text(frame.text)
        self._out.append(frame.raw)

    def _release(self) -> None:
        held, self._held, self._held_bytes = self._held, [], 0
        for frame in held:
            self._give(frame)

    def _hold(self, frame: Frame) -> Fault | None:
        self._held.append(frame)
        self._held_bytes += len(frame.raw)
        if self._buffered:
            if self._held_bytes > BUFFER_BYTES_MAX:
                return faults.malformed("the answer is too large to be held whole", "answer_too_large")
        elif self._held_bytes > HOLD_BYTES_MAX:
            self._hold_tools = False
            self._release()
        return None

    def _end(self, frame: Frame) -> Fault | None:
        if not self.finished:
            return faults.cut("the stream ended without a stop reason", "missing_stop_reason")
        if not self._has_content and self.stop_reason in PROMISING_STOPS:
            return faults.empty("the stream ended without any content")
        self._release()
        self._give(frame)
        self.committed = self.done = True
        return None


class ContinuationDelivery:
    """A later stream of an exchange: its text is aligned with what was sent, its frames are spliced in."""

    def __init__(self, progress: Progress, caller: CallerStream, *, trusted: bool, needs_tool: bool, name: str) -> None:
        """`needs_tool`: the stream before broke inside a tool call, so prose alone would not be the same answer.
        `name` is the upstream's, disclosed in a comment before the terminal marker."""
        self.done = False
        self.finished = False
        self.stop_reason = ""
        self.committed = True
        self._progress = progress
        self._caller = caller
        self._aligner = Aligner(progress.text, trusted=trusted)
        self._needs_tool = needs_tool
        self._name = name
        self._has_news = False
        self._pending_text: Frame | None = None
        self._waiting: list[tuple[Frame, str]] = []
        self._waiting_bytes = 0
        self._out: list[bytes] = []

    def take(self, frame: Frame) -> Fault | None:
        """See `Delivery`."""
        if frame.kind is FrameKind.ERROR:
            return frame.fault
        if frame.kind is FrameKind.PING:
            return None
        fault = self._text(frame) if frame.kind is FrameKind.TEXT else self._other(frame)
        if fault is None and frame.stop_reason:
            self.finished = True
            self.stop_reason = frame.stop_reason
        return fault

    def out(self) -> bytes:
        """See `Delivery`."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def held_tools(self) -> list[Frame]:
        """See `Delivery`. Held frames of a continuation carry its own ids and cannot be given raw."""
        return []

    @property
    def broke_inside_tool(self) -> bool:
        """Whether a tool call was begun and never given to the caller."""
        return self._needs_tool or any(frame.holds for frame, _ in self._waiting)

    def _text(self, frame: Frame) -> Fault | None:
        self._has_news = True
        new = self._aligner.feed(frame.text)
        if frame.stop_reason:
            new += self._aligner.close()
        if self._aligner.state is AlignState.LOST:
            return faults.unaligned()
        if self._aligner.state is AlignState.PENDING:
            self._pending_text = frame
            return None
        return self._queue(frame, new) if new or frame.stop_reason else None

    def _other(self, frame: Frame) -> Fault | None:
        if frame.kind in {FrameKind.TOOL, FrameKind.OPAQUE}:
            self._has_news = True
        if frame.kind in {FrameKind.TOOL, FrameKind.OPAQUE, FrameKind.FINISH, FrameKind.END}:
            fault = self._seal()
            if fault is not None:
                return fault
        if frame.kind is FrameKind.END:
            return self._end(frame)
        if frame.kind in {FrameKind.FINISH, FrameKind.USAGE} and not self._has_news:
            return faults.empty("the continuation was empty")
        return self._queue(frame, "")

    def _seal(self) -> Fault | None:
        """The continuation's text is over: decide about what is still held."""
        new = self._aligner.close()
        if self._aligner.state is AlignState.LOST:
            return faults.unaligned()
        if new and self._pending_text is not None:
            return self._queue(self._pending_text, new)
        return None

    def _queue(self, frame: Frame, text: str) -> Fault | None:
        self._waiting.append((frame, text))
        self._waiting_bytes += len(frame.raw)
        if self._waiting_bytes > HOLD_BYTES_MAX:
            return faults.malformed("the continuation holds back too much", "answer_too_large")
        if frame.kind is FrameKind.TOOL and not frame.holds:
            self._needs_tool = False
        if frame.stop_reason and self._needs_tool and not any(one.kind is FrameKind.TOOL for one, _ in self._waiting):
            return faults.unaligned()
        is_open_tool = frame.holds or (self._needs_tool and not frame.stop_reason)
        if not is_open_tool and self._aligner.state is not AlignState.PENDING:
            self._flush()
        return None

    def _flush(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for frame, text in waiting:
            data = self._caller.spliced(frame, text)
            if text:
                self._progress.add_text(text)
            if data:
                self._out.append(data)

    def _end(self, frame: Frame) -> Fault | None:
        if not self.finished and not frame.stop_reason:
            return faults.cut("the stream ended without a stop reason", "missing_stop_reason")
        if not self._has_news:
            return faults.empty("the continuation was empty")
        if self._needs_tool and not any(one.kind is FrameKind.TOOL for one, _ in self._waiting):
            return faults.unaligned()
        self._flush()
        self._out.append(self._progress.dialect.comment(recovery_note(self._progress, f"continued by {self._name}")))
        self._out.append(self._caller.spliced(frame, ""))
        self.done = True
        return None


def recovery_note(progress: Progress, how: str) -> str:
    """What a caller can read in the stream itself, since headers are long gone (law 11)."""
    first = progress.history.faults[0][0] if progress.history.faults else progress.served_by
    began = "?" if first is None else first.upstream.name
    attempts = progress.history.attempts
    return f"mainstay: begun by {began}, {how}; attempts {attempts}; exchange {progress.ticket.id}"
