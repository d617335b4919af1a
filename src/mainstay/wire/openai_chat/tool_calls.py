"""The tool calls of one answer, put together from their pieces and given out only whole and in order.

Servers differ: the index may be missing, or the same for every call; the id may be missing, repeated in each piece, or
the same for several calls; the name may come again with each piece. A call begins with a name. Source: the public
streaming reference; streams of vLLM, Ollama and Google's OpenAI-compatible door as described in their issue trackers.
"""

import msgspec

from mainstay.model.conversation import ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.piece import Called, Calling, Piece
from mainstay.wire.json_bytes import is_object
from mainstay.wire.reader import STREAM_STATUS
from mainstay.wire.tool_ids import AnswerIds

ARGUMENTS_CHARACTERS_MAX = 8 * 1024 * 1024
"""Of all calls of one answer together."""
CALLS_MAX = 1024


class FunctionDelta(msgspec.Struct, gc=False):
    """A piece of a call. A few servers send the arguments as the object itself."""

    name: str | None = None
    arguments: str | dict[str, msgspec.Raw] | None = None


class CallDelta(msgspec.Struct, gc=False):
    """A piece of a call and whose it is."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionDelta | None = None


_NO_FUNCTION = FunctionDelta()


class _Call:
    __slots__ = ("arguments", "given", "id", "index", "name")

    def __init__(self, index: int, call_id: str) -> None:
        self.index = index
        self.id = call_id
        self.name = ""
        self.arguments: list[str] = []
        self.given = False

    def text(self) -> str:
        """The arguments so far, kept in one piece from now on."""
        if len(self.arguments) > 1:
            self.arguments = ["".join(self.arguments)]
        return self.arguments[0] if self.arguments else ""

    def is_whole(self) -> bool:
        """Whether the arguments are one object. Then they are final: nothing could follow but white space."""
        return bool(self.arguments) and self.arguments[-1].rstrip().endswith("}") and is_object(self.text())


class ToolCalls:
    """Takes pieces, gives `Calling` once per call and `Called` when it is whole."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_characters", "_ids", "_last", "_next_index")

    def __init__(self, answer_id: str) -> None:
        """`answer_id` lends itself to the ids of calls that have none."""
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None
        self._ids = AnswerIds(answer_id)
        self._characters = 0
        self._next_index = 0

    @property
    def given(self) -> int:
        """How many calls have been given out."""
        return len(self._ids)

    @property
    def has_open(self) -> bool:
        """Whether some call has begun and was not given out."""
        return len(self._calls) > len(self._ids)

    def add(self, delta: CallDelta, pieces: list[Piece]) -> Fault | None:
        """Take a piece; append what it brings about."""
        if delta.type == "custom":
            return _broken("a tool call without JSON arguments")
        function = delta.function or _NO_FUNCTION
        name = function.name or ""
        arguments = _text(function.arguments)
        call = self._known(delta, name, arguments)
        if call is None:
            if len(self._calls) >= CALLS_MAX:
                return _broken("too many tool calls")
            call = self._begin(delta, pieces)
        if not call.name:
            call.name = name
        elif name and name != call.name and not call.arguments:
            call.name += name
        return self._extend(call, name, arguments)

    def finish(self, pieces: list[Piece], *, is_cut: bool) -> Fault | None:
        """Give out all that is left. `is_cut`: the answer ended at a limit, so that its last call may be incomplete;
        then it is left out, as the stop reason tells."""
        waiting = [call for call in self._calls if not call.given]
        whole: list[_Call] = []
        for call in waiting:
            if not call.text().strip() and not (is_cut and call is self._last):
                call.arguments = ["{}"]
            if call.name and is_object(call.text()):
                whole.append(call)
            elif not is_cut:
                return _broken("a tool call whose arguments are not a JSON object" if call.name else "a nameless call")
        for rest, call in zip(range(len(whole) - 1, -1, -1), whole, strict=True):
            self._give(call, rest, pieces)
        self._calls = [call for call in self._calls if call.given]
        return None

    def _known(self, delta: CallDelta, name: str, arguments: str) -> _Call | None:
        """The call that a piece belongs to, `None` for a new one."""
        if delta.index is not None:
            call = self._by_index.get(delta.index)
        elif delta.id:
            call = self._by_id.get(delta.id)
        else:
            call = self._last
        if call is None or not name:
            return call
        if delta.id and call.id and delta.id != call.id:
            return None
        return None if arguments.strip() and call.is_whole() else call

    def _begin(self, delta: CallDelta, pieces: list[Piece]) -> _Call:
        index = delta.index
        if index is None or index in self._by_index:
            index = self._next_index
        self._next_index = max(self._next_index, index + 1)
        self._give_whole_before(index, pieces)
        call = _Call(index, delta.id or "")
        self._calls.append(call)
        self._calls.sort(key=_index)
        self._by_index[index] = self._last = call
        if delta.index is not None:
            self._by_index[delta.index] = call
        if delta.id:
            self._by_id[delta.id] = call
        pieces.append(Calling())
        return call

    def _give_whole_before(self, index: int, pieces: list[Piece]) -> None:
        """Calls are given in order, so the first that is incomplete keeps back those behind it."""
        for call in self._calls:
            if call.given:
                continue
            if call.index >= index or not call.name or not call.is_whole():
                return
            self._give(call, len(self._calls) - len(self._ids) - 1, pieces)

    def _give(self, call: _Call, open_calls: int, pieces: list[Piece]) -> None:
        call_id = self._ids.take(call.id, call.name)
        call.given = True
        pieces.append(Called(ToolCall(call_id, call.name, call.text().strip()), open_calls))

    def _extend(self, call: _Call, name: str, arguments: str) -> Fault | None:
        self._characters += len(arguments) + len(name)
        if self._characters > ARGUMENTS_CHARACTERS_MAX:
            return _broken("tool calls larger than the limit")
        if call.given:
            return _broken("more arguments after a tool call that was complete") if arguments.strip() else None
        if arguments:
            call.arguments.append(arguments)
        return None


def _index(call: _Call) -> int:
    return call.index


def _text(arguments: str | dict[str, msgspec.Raw] | None) -> str:
    return msgspec.json.encode(arguments).decode() if isinstance(arguments, dict) else arguments or ""


def _broken(what: str) -> Fault:
    return Fault(FaultKind.MALFORMED, f"The provider sent {what}.", STREAM_STATUS, "broken_tool_call")
