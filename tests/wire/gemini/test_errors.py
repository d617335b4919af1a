import json

import pytest

from mainstay.model.fault import FaultKind
from mainstay.wire.gemini.errors import classify, classify_inside
from tests.wire.gemini.golden import golden


def error(status: str, message: str = "", *details: object) -> bytes:
    return json.dumps({"error": {"code": 1, "message": message, "status": status, "details": details}}).encode()


def kind_of(status: int, body: bytes) -> FaultKind:
    return classify(status, (), body, 0.0).kind


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (429, "RESOURCE_EXHAUSTED", FaultKind.THROTTLE),
        (503, "UNAVAILABLE", FaultKind.OVERLOAD),
        (500, "INTERNAL", FaultKind.SERVER),
        (504, "DEADLINE_EXCEEDED", FaultKind.SERVER),
        (401, "UNAUTHENTICATED", FaultKind.AUTH),
        (403, "PERMISSION_DENIED", FaultKind.AUTH),
        (404, "NOT_FOUND", FaultKind.MODEL_GONE),
        (400, "INVALID_ARGUMENT", FaultKind.REQUEST),
        (400, "FAILED_PRECONDITION", FaultKind.BILLING),
        (409, "ABORTED", FaultKind.TRANSIENT),
        (520, "WHATEVER", FaultKind.UNKNOWN),
    ],
)
def test_status_words(status: int, word: str, kind: FaultKind) -> None:
    assert kind_of(status, error(word)) is kind


def test_a_key_that_is_not_valid_is_no_mistake_of_the_caller() -> None:
    fault = classify(400, (), golden("bad_key.json"), 0.0)
    assert (fault.kind, fault.code) == (FaultKind.AUTH, "API_KEY_INVALID")


def test_disabled_billing_is_billing() -> None:
    assert kind_of(403, error("PERMISSION_DENIED", "", {"reason": "BILLING_DISABLED"})) is FaultKind.BILLING


@pytest.mark.parametrize(
    "message",
    [
        "The input token count exceeds the maximum number of tokens allowed 1048576.",
        "The input token count (1091639) exceeds the maximum number of tokens allowed (1048576).",
    ],
)
def test_a_prompt_beyond_the_window_is_told_by_its_words(message: str) -> None:
    assert kind_of(400, error("INVALID_ARGUMENT", message)) is FaultKind.CONTEXT


@pytest.mark.parametrize("body", [golden("throttled.json"), b"[" + golden("throttled.json") + b"]"])
def test_the_body_may_ask_to_wait(body: bytes) -> None:
    assert classify(429, (), body, 0.0).wait_seconds == 34.5


def test_a_header_goes_before_the_body() -> None:
    assert classify(429, (("retry-after", "3"),), golden("throttled.json"), 0.0).wait_seconds == 3.0


@pytest.mark.parametrize("delay", ["soon", "-1s", "34", "1e9s", ""])
def test_a_delay_that_makes_no_sense_is_silence(delay: str) -> None:
    assert classify(429, (), error("RESOURCE_EXHAUSTED", "", {"retryDelay": delay}), 0.0).wait_seconds is None


def test_a_delay_is_bounded() -> None:
    assert classify(429, (), error("UNAVAILABLE", "", {"retryDelay": "999999999s"}), 0.0).wait_seconds == 3600.0


def test_details_of_an_unknown_shape_do_not_hide_the_rest() -> None:
    body = b'{"error":{"message":"m","status":"RESOURCE_EXHAUSTED","details":{"reason":[1]}}}'
    fault = classify(429, (), body, 0.0)
    assert (fault.kind, fault.message) == (FaultKind.THROTTLE, "m")


@pytest.mark.parametrize(("status", "kind"), [(429, FaultKind.THROTTLE), (502, FaultKind.SERVER)])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":1}'])
def test_without_words_the_status_speaks(status: int, kind: FaultKind, body: bytes) -> None:
    assert kind_of(status, body) is kind


def test_an_error_inside_a_success() -> None:
    fault = classify_inside(golden("throttled.json"))
    assert fault is not None
    assert (fault.kind, fault.status, fault.wait_seconds) == (FaultKind.THROTTLE, 200, 34.5)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"candidates":[]}', b"\xff", b"[" * 5000])
def test_what_names_no_error_is_none(body: bytes) -> None:
    assert classify_inside(body) is None
