"""The dialect `gemini`, as upstreams speak it: everything that a crossing asks of it, in one place."""

from mainstay.model.conversation import Prompt
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.piece import WholeAnswer
from mainstay.wire.codec import PieceReader, Target, Written
from mainstay.wire.gemini import answer, errors, request
from mainstay.wire.gemini.stream import GeminiPieces
from mainstay.wire.headers import header

DIALECT = "gemini"

_EVENT_STREAM = "text/event-stream"


class GeminiCodec:
    """The Gemini API (`wire.codec.UpstreamCodec`, which says what each method means)."""

    name = DIALECT

    def write_prompt(self, prompt: Prompt, target: Target) -> Written | Fault:
        """The request for this target."""
        return request.write_prompt(prompt, target)

    def read_answer(self, headers: Headers, body: bytes) -> WholeAnswer | Fault:  # noqa: ARG002 (the body says it all)
        """A whole answer."""
        return answer.read_answer(body)

    def pieces(self) -> PieceReader:
        """A reader for one stream."""
        return GeminiPieces()

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success."""
        return errors.classify(status, headers, body, wall)

    def is_stream(self, headers: Headers) -> bool:
        """Whether these are server-sent events."""
        return (header(headers, "content-type") or "").lstrip().lower().startswith(_EVENT_STREAM)
