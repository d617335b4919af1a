import json

import pytest

from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.openai_responses.errors import classify, complaint_fault, error_reply, failure

K = FaultKind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", K.SERVER),
        ("rate_limit_exceeded", K.THROTTLE),
        ("insufficient_quota", K.BILLING),
        ("usage_not_included", K.BILLING),
        ("context_length_exceeded", K.CONTEXT),
        ("server_is_overloaded", K.OVERLOAD),
        ("invalid_prompt", K.REQUEST),
        ("image_too_large", K.REQUEST),
        ("invalid_image_url", K.REQUEST),
        ("vector_store_timeout", K.SERVER),
        ("news_to_us", K.UNKNOWN),
    ],
)
def test_the_code_of_a_failed_response_says_what_happened(code: str, kind: FaultKind) -> None:
    fault = complaint_fault(json.dumps({"code": code, "message": "m"}).encode(), b"whole")
    assert fault
    assert (fault.kind, fault.code, fault.message, fault.status, fault.body) == (kind, code, "m", 200, b"whole")


def test_the_type_of_an_event_is_no_type_of_error() -> None:
    fault = complaint_fault(b'{"type":"error","code":null,"message":"m"}', b"")
    assert fault
    assert (fault.kind, fault.code) == (K.UNKNOWN, "")


@pytest.mark.parametrize("error", [b"", b"null", b"[]", b'{"code":7}'])
def test_what_is_no_error_object_names_no_fault(error: bytes) -> None:
    assert complaint_fault(error, b"") is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(K.CUT, "Cut."), "server_error"),
        (Fault(K.SERVER, "m", code="server_error"), "server_error"),
        (Fault(K.OVERLOAD, "m", code="overloaded_error"), "server_is_overloaded"),
        (Fault(K.THROTTLE, "m"), "rate_limit_exceeded"),
        (Fault(K.BILLING, "m"), "insufficient_quota"),
        (Fault(K.CONTEXT, "m"), "context_length_exceeded"),
        (Fault(K.REQUEST, "m", code="odd"), "invalid_prompt"),
        (Fault(K.AUTH, "m", code="slow_down"), "server_error"),
        (Fault(K.OVERLOAD, "m", code="slow_down"), "slow_down"),
        (Fault(K.SHED, "m", code="queue_full"), "server_is_overloaded"),
    ],
)
def test_a_failed_response_speaks_the_words_that_clients_act_on(fault: Fault, code: str) -> None:
    said = failure(fault, "ex_1")
    assert said.code == code
    assert "ex_1" in said.message


def test_a_wait_is_told_in_the_words_that_clients_read() -> None:
    said = failure(Fault(K.THROTTLE, "Slow.", wait_seconds=1.5), "ex_1")
    assert said.message.endswith("Please try again in 1.5s.")
    assert failure(Fault(K.NO_CANDIDATE, "None.", wait_seconds=2), "ex_1").code == "rate_limit_exceeded"
    assert failure(Fault(K.SHED, "Busy.", wait_seconds=4.25), "ex_1").message.endswith("Please try again in 4.2s.")
    assert "try again in" not in failure(Fault(K.SERVER, "m", wait_seconds=2), "ex_1").message


def test_whole_errors_look_as_in_chat() -> None:
    fault = classify(429, (), b'{"error":{"message":"m","code":"insufficient_quota"}}', 0.0)
    assert fault.kind is K.BILLING
    assert json.loads(error_reply(Fault(K.CUT, "Cut."), "ex_1").body)["error"]["type"] == "server_error"


def test_who_is_turned_away_hears_of_overload() -> None:
    reply = error_reply(Fault(K.SHED, "Everybody is busy.", code="shed", wait_seconds=4.2), "ex_1")
    assert (reply.status, dict(reply.headers)["retry-after"]) == (503, "5")
    assert json.loads(reply.body)["error"]["code"] == "server_is_overloaded"
