import msgspec
import pytest

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.bedrock.errors import TABLE, classify, classify_inside, classify_message
from mainstay.wire.bedrock.event_stream import EventStreamSplitter, encode, exception
from tests.wire.bedrock.service import model

K = FaultKind


def fault_of(status: int, name: str, message: str = "Sorry.", headers: Headers = ()) -> Fault:
    body = msgspec.json.encode({"message": message})
    return classify(status, (("x-amzn-errortype", name), *headers), body, 0.0)


def inner(message: bytes) -> Fault:
    (found,) = EventStreamSplitter().feed(message)
    return classify_message(found)


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (429, "ThrottlingException", K.THROTTLE),
        (400, "ThrottlingException", K.THROTTLE),
        (400, "ServiceQuotaExceededException", K.THROTTLE),
        (403, "AccessDeniedException", K.AUTH),
        (403, "ExpiredTokenException", K.AUTH),
        (403, "InvalidSignatureException:http://internal.amazon.com/coral/com.amazon.coral.service/", K.AUTH),
        (404, "ResourceNotFoundException", K.MODEL_GONE),
        (404, "com.amazon.coral.service#UnknownOperationException", K.MODEL_GONE),
        (429, "ModelNotReadyException", K.TRANSIENT),
        (408, "ModelTimeoutException", K.SERVER),
        (424, "ModelErrorException", K.SERVER),
        (500, "InternalServerException", K.SERVER),
        (503, "ServiceUnavailableException", K.OVERLOAD),
        (400, "ValidationException", K.REQUEST),
        (400, "SomethingNewException", K.REQUEST),
        (500, "SomethingNewException", K.SERVER),
        (520, "", K.UNKNOWN),
    ],
)
def test_errors_by_name(status: int, name: str, kind: FaultKind) -> None:
    assert fault_of(status, name).kind is kind


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("ValidationException", "Input is too long for requested model.", K.CONTEXT),
        ("ValidationException", "The provided model identifier is invalid.", K.MODEL_GONE),
        ("ValidationException", "Invocation of model ID x with on-demand throughput isn't supported.", K.MODEL_GONE),
        ("ValidationException", "messages.0: blank", K.REQUEST),
        ("AccessDeniedException", "You don't have access to the model with the specified model ID.", K.MODEL_GONE),
        ("AccessDeniedException", "User is not authorized to perform this action.", K.AUTH),
        ("ThrottlingException", "Too many tokens; the context window is full.", K.THROTTLE),
    ],
)
def test_prose_where_there_is_nothing_better(name: str, message: str, kind: FaultKind) -> None:
    assert fault_of(400, name, message).kind is kind


def test_every_error_of_the_service_is_known() -> None:
    service = model()
    names = {error.name for operation in ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
             for error in service.operation_model(operation).error_shapes}  # fmt: skip
    assert len(names) >= 10
    assert names <= {*TABLE.specific, *TABLE.general}


def test_a_fault_holds_the_answer_and_its_words() -> None:
    fault = fault_of(429, "ThrottlingException", "Too many requests.")
    assert (fault.message, fault.code, fault.status) == ("Too many requests.", "ThrottlingException", 429)
    assert fault.body == b'{"message":"Too many requests."}'


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("x-amz-retry-after", "1500"),), 1.5),
        ((("x-amz-retry-after", "1500"), ("retry-after", "9")), 1.5),
        ((("retry-after", "2"),), 2.0),
        ((("x-amz-retry-after", "soon"),), None),
        ((), None),
    ],
)
def test_how_long_to_wait(headers: Headers, seconds: float | None) -> None:
    assert fault_of(429, "ThrottlingException", headers=headers).wait_seconds == seconds


@pytest.mark.parametrize(
    "body",
    [
        b'{"__type": "com.amazon#ThrottlingException", "Message": "Slow down."}',
        b'{"code": "ThrottlingException", "message": "Slow down."}',
    ],
)
def test_the_name_may_stand_in_the_body(body: bytes) -> None:
    fault = classify(400, (), body, 0.0)
    assert (fault.kind, fault.message) == (K.THROTTLE, "Slow down.")
    inside = classify_inside(body)
    assert inside is not None
    assert (inside.kind, inside.status) == (K.THROTTLE, 200)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": "no name"}', b"\xff"])
def test_bytes_that_name_no_error(body: bytes) -> None:
    assert classify_inside(body) is None
    assert classify(503, (), body, 0.0).kind is K.SERVER


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttlingException", K.THROTTLE),
        ("modelStreamErrorException", K.SERVER),
        ("internalServerException", K.SERVER),
        ("serviceUnavailableException", K.OVERLOAD),
        ("modelTimeoutException", K.SERVER),
        ("validationException", K.REQUEST),
        ("somethingNewException", K.UNKNOWN),
    ],
)
def test_exceptions_inside_a_stream(name: str, kind: FaultKind) -> None:
    fault = inner(exception(name, b'{"message":"Sorry."}'))
    assert (fault.kind, fault.message, fault.status) == (kind, "Sorry.", 200)


def test_a_full_context_inside_a_stream() -> None:
    assert inner(exception("validationException", b'{"message":"Input is too long."}')).kind is K.CONTEXT


def test_unmodelled_errors_inside_a_stream() -> None:
    headers = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Sorry."}
    fault = inner(encode(headers, b""))
    assert (fault.kind, fault.message, fault.code) == (K.SERVER, "Sorry.", "InternalFailure")
