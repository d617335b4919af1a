"""What the dialect `openai-responses` gives to crossings, in one place."""

from mainstay.model.call import Call
from mainstay.model.conversation import Prompt
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.piece import WholeAnswer
from mainstay.wire.codec import Identity, PieceReader, StreamWriter, Target, Written
from mainstay.wire.headers import is_event_stream
from mainstay.wire.openai_responses import answer_reader, answer_writer, errors, prompt_reader, prompt_writer
from mainstay.wire.openai_responses.piece_reader import ResponsePieces
from mainstay.wire.openai_responses.stream_writer import ResponseStreamWriter


class OpenaiResponsesCallerCodec:
    """`wire.codec.CallerCodec` for Responses."""

    def read_prompt(self, call: Call) -> Prompt | Fault:
        """The request in neutral words."""
        return prompt_reader.read_prompt(call)

    def write_answer(self, prompt: Prompt, answer: WholeAnswer, identity: Identity) -> bytes:
        """A whole answer's body."""
        return answer_writer.write_answer(prompt, answer, identity)

    def writer(self, prompt: Prompt, identity: Identity) -> StreamWriter:
        """A writer for one stream."""
        return ResponseStreamWriter(prompt, identity)


class OpenaiResponsesUpstreamCodec:
    """`wire.codec.UpstreamCodec` for Responses."""

    def write_prompt(self, prompt: Prompt, target: Target) -> Written | Fault:
        """The request for this target."""
        return prompt_writer.write_prompt(prompt, target)

    def read_answer(self, headers: Headers, body: bytes) -> WholeAnswer | Fault:  # noqa: ARG002 (the body says it all)
        """A whole 200 body in neutral words."""
        return answer_reader.read_answer(body)

    def pieces(self) -> PieceReader:
        """A reader for one stream."""
        return ResponsePieces()

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success."""
        return errors.classify(status, headers, body, wall)

    def is_stream(self, headers: Headers) -> bool:
        """Whether a 200 response with these headers is a stream."""
        return is_event_stream(headers)
