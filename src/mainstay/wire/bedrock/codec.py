"""The dialect `bedrock` (Converse) as upstreams speak it: everything that a crossing asks of it, in one place."""

from mainstay.model.conversation import Prompt
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.piece import WholeAnswer
from mainstay.wire.bedrock import answer, errors, stream
from mainstay.wire.bedrock.event_stream import CONTENT_TYPE
from mainstay.wire.bedrock.prompt import write_prompt
from mainstay.wire.codec import PieceReader, Target, Written
from mainstay.wire.headers import header

DIALECT = "bedrock"


class BedrockCodec:
    """`wire.codec.UpstreamCodec`, which says what each method means."""

    def write_prompt(self, prompt: Prompt, target: Target) -> Written | Fault:
        """The request for this target."""
        return write_prompt(prompt, target)

    def read_answer(self, headers: Headers, body: bytes) -> WholeAnswer | Fault:
        """A whole 200 body."""
        return answer.read_answer(headers, body)

    def pieces(self) -> PieceReader:
        """A reader for one stream."""
        return stream.ConverseReader()

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success."""
        return errors.classify(status, headers, body, wall)

    def is_stream(self, headers: Headers) -> bool:
        """Whether a success with these headers is an event stream."""
        return is_event_stream(headers)


def is_event_stream(headers: Headers) -> bool:
    """Whether these are the headers of an event stream of AWS."""
    return (header(headers, "content-type") or "").strip().lower().startswith(CONTENT_TYPE)
