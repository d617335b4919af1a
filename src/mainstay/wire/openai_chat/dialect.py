"""The dialect `openai-chat`: everything that the engine and the gateway ask of it, in one place."""

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate
from mainstay.model.fault import Fault
from mainstay.model.frame import Answer
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import CallerStream, FrameReader
from mainstay.model.rates import Told
from mainstay.wire import headers as header_fields
from mainstay.wire import rate_headers
from mainstay.wire.json_bytes import replace_model
from mainstay.wire.models_call import MODELS, models_call, read_models
from mainstay.wire.openai_chat import continuation, errors, request, response
from mainstay.wire.openai_chat.splice import ChunkStream
from mainstay.wire.openai_chat.stream import ChunkMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter, comment

PING = b": ping\n\n"


class OpenaiChatDialect:
    """Chat Completions (`model.ports.Dialect`, which says what each method means)."""

    name = request.DIALECT

    def read_call(self, path: str, query: str, headers: Headers, body: bytes) -> Call | Fault:
        """Read a caller's request."""
        return request.read_call(path, query, headers, body)

    def models_call(self, path: str, query: str, headers: Headers) -> Call:
        """A question for models."""
        return models_call(self.name, path, query, headers)

    def request_path(self, call: Call) -> str:
        """An upstream's base URL ends with the API's version."""
        return request.request_path(call)

    def request_headers(self, call: Call, key: str) -> Headers:
        """Headers for the upstream."""
        return request.request_headers(call, key)

    def request_body(self, call: Call, model: str) -> bytes:
        """The caller's bytes with the model name mapped."""
        return call.body if model == call.model else replace_model(call.body, model)

    def without_reasoning(self, body: bytes) -> bytes:
        """The same: reasoning is not sent back in this dialect."""
        return body

    def continuation_body(self, call: Call, candidate: Candidate, text: str) -> bytes | None:
        """A request that asks the candidate to continue after `text`."""
        return continuation.continuation_body(call, candidate, text)

    def local_answer(self, call: Call) -> Reply | None:  # noqa: ARG002 (every call of this dialect needs a model)
        """Nothing."""
        return None

    def answer_id(self, data: bytes) -> str:  # noqa: ARG002 (answers of this dialect cannot be asked for again)
        """None."""
        return ""

    def renamed(self, reader: FrameReader, answer_id: str) -> FrameReader:  # noqa: ARG002 (see `answer_id`)
        """The reader itself."""
        return reader

    def renamed_answer(self, body: bytes, answer_id: str) -> bytes:  # noqa: ARG002 (see `answer_id`)
        """The answer itself."""
        return body

    def response_headers(self, headers: Headers) -> Headers:
        """Those of a provider's response headers that may reach a caller."""
        return header_fields.response_headers(headers)

    def rated(self, headers: Headers, told: Told, wall: float) -> Headers:
        """Response headers with what we tell of limits."""
        return rate_headers.rated(self.name, headers, told, wall)

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success."""
        return errors.classify(status, headers, body, wall)

    def read_answer(self, call: Call, headers: Headers, body: bytes) -> Answer:  # noqa: ARG002 (the body says it all)
        """Check a whole 200 body for validity and read its usage."""
        return read_models(body) if call.kind is MODELS else response.read_answer(call, body)

    def frames(self) -> FrameReader:
        """A reader for one upstream stream."""
        return StreamReader(ChunkMeaning(), SseSplitter())

    def caller_stream(self) -> CallerStream:
        """The caller's side of one stream."""
        return ChunkStream()

    def error_reply(self, fault: Fault, exchange_id: str) -> Reply:
        """A whole error response."""
        return errors.error_reply(fault, exchange_id)

    def ping(self) -> bytes:
        """A comment: an event would crash the official SDK."""
        return PING

    def comment(self, text: str) -> bytes:
        """An SSE comment."""
        return comment(text)

    def models_reply(self, models: tuple[str, ...]) -> Reply:
        """The answer to `GET /v1/models`."""
        return response.models_reply(models)

    def model_reply(self, model: str) -> Reply:
        """The answer to `GET /v1/models/{id}`."""
        return response.model_reply(model)
