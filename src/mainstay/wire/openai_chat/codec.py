"""The dialect `openai-chat` for crossings, from the caller's side and from the upstream's."""

from mainstay.model.call import Call
from mainstay.model.conversation import Prompt
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.piece import WholeAnswer
from mainstay.wire.codec import Identity, PieceReader, StreamWriter, Target, Written
from mainstay.wire.headers import is_event_stream
from mainstay.wire.openai_chat import answer_reader, answer_writer, errors, prompt_reader, prompt_writer
from mainstay.wire.openai_chat.piece_reader import ChunkPieces
from mainstay.wire.openai_chat.stream_writer import ChunkWriter


class OpenaiChatCodec:
    """Chat Completions (`wire.codec.CallerCodec` and `UpstreamCodec`, which say what each method means)."""

    def read_prompt(self, call: Call) -> Prompt | Fault:
        """A caller's request in neutral words."""
        return prompt_reader.read_prompt(call)

    def write_answer(self, prompt: Prompt, answer: WholeAnswer, identity: Identity) -> bytes:  # noqa: ARG002 (the port's)
        """A whole answer's body."""
        return answer_writer.write_answer(answer, identity)

    def writer(self, prompt: Prompt, identity: Identity) -> StreamWriter:
        """A writer for one stream."""
        return ChunkWriter(prompt, identity)

    def write_prompt(self, prompt: Prompt, target: Target) -> Written | Fault:
        """The request for a target."""
        return prompt_writer.write_prompt(prompt, target)

    def read_answer(self, headers: Headers, body: bytes) -> WholeAnswer | Fault:  # noqa: ARG002 (the body says it all)
        """A whole 200 body in neutral words."""
        return answer_reader.read_answer(body)

    def pieces(self) -> PieceReader:
        """A reader for one stream."""
        return ChunkPieces()

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success."""
        return errors.classify(status, headers, body, wall)

    def is_stream(self, headers: Headers) -> bool:
        """Server-sent events; a missing type counts as such."""
        return is_event_stream(headers)
