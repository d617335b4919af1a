import json

import pytest

from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.openai_chat.errors import classify, classify_inside, error_event, error_reply


def body_of(error_type: str | None, code: str | int | None = None, message: str = "m") -> bytes:
    return json.dumps({"error": {"message": message, "type": error_type, "param": None, "code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, body_of("invalid_request_error"), FaultKind.REQUEST),
        (400, body_of("invalid_request_error", "context_length_exceeded"), FaultKind.CONTEXT),
        (400, body_of("invalid_request_error", "content_filter"), FaultKind.REQUEST),
        (400, body_of("BadRequestError", 400), FaultKind.REQUEST),
        (401, body_of("invalid_request_error", "invalid_api_key"), FaultKind.AUTH),
        (402, b"", FaultKind.BILLING),
        (403, body_of("request_forbidden", "unsupported_country_region_territory"), FaultKind.AUTH),
        (404, body_of("invalid_request_error", "model_not_found"), FaultKind.MODEL_GONE),
        (404, body_of("NotFoundError", 404), FaultKind.MODEL_GONE),
        (404, body_of("invalid_request_error"), FaultKind.REQUEST),
        (408, b"", FaultKind.TRANSIENT),
        (413, b"<html>", FaultKind.REQUEST),
        (429, body_of("requests", "rate_limit_exceeded"), FaultKind.THROTTLE),
        (429, body_of("tokens"), FaultKind.THROTTLE),
        (429, body_of("insufficient_quota", "insufficient_quota"), FaultKind.BILLING),
        (429, body_of("insufficient_quota"), FaultKind.BILLING),
        (400, body_of("invalid_request_error", "billing_hard_limit_reached"), FaultKind.BILLING),
        (500, body_of("server_error"), FaultKind.SERVER),
        (503, body_of("server_error", "server_is_overloaded"), FaultKind.OVERLOAD),
        (503, body_of("server_error", "slow_down"), FaultKind.OVERLOAD),
        (503, b"<html>", FaultKind.SERVER),
        (524, b"<html>", FaultKind.UNKNOWN),
        (529, b"", FaultKind.OVERLOAD),
    ],
)
def test_the_class_of_an_answer(status: int, body: bytes, kind: FaultKind) -> None:
    fault = classify(status, (("retry-after-ms", "1500"),), body, 0.0)
    assert fault.kind is kind
    assert (fault.status, fault.body, fault.wait_seconds) == (status, body, 1.5)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (body_of("server_error"), FaultKind.SERVER),
        (body_of(None, 502), FaultKind.SERVER),
        (body_of(None, 429), FaultKind.THROTTLE),
        (body_of("invalid_request_error", "slow_down"), FaultKind.OVERLOAD),
        (body_of("BadRequestError"), FaultKind.REQUEST),
        (body_of("brand_new"), FaultKind.UNKNOWN),
        (body_of(None), FaultKind.UNKNOWN),
        (b'{"error": "plain words"}', FaultKind.UNKNOWN),
        (b'{"object": "error", "message": "m", "type": "internal_error", "code": 500}', FaultKind.SERVER),
        (b'{"object": "error", "message": "m", "code": 7}', FaultKind.UNKNOWN),
    ],
)
def test_an_error_inside_a_success(body: bytes, kind: FaultKind) -> None:
    fault = classify_inside(body)
    assert fault is not None
    assert (fault.kind, fault.status, fault.body) == (kind, 200, body)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"error": null}', b'{"object": "chat.completion"}'])
def test_what_names_no_error_is_none(body: bytes) -> None:
    assert classify_inside(body) is None


def test_the_code_is_more_telling_than_the_type() -> None:
    assert classify(429, (), body_of("requests", "rate_limit_exceeded"), 0.0).code == "rate_limit_exceeded"
    assert classify(429, (), body_of("requests"), 0.0).code == "requests"


def test_a_providers_answer_reaches_the_caller_unchanged() -> None:
    body = body_of("requests", "rate_limit_exceeded")
    headers = (("x-ratelimit-remaining-requests", "0"), ("retry-after", "9"))
    reply = error_reply(classify(429, headers, body, 0.0), "ex-1")
    assert (reply.status, reply.body, reply.headers) == (429, body, (*headers, ("x-should-retry", "false")))


@pytest.mark.parametrize(
    ("fault", "status", "error_type", "code"),
    [
        (Fault(FaultKind.CONNECT, "No connection."), 502, "server_error", "connect"),
        (Fault(FaultKind.OVERLOAD, "Busy."), 503, "server_error", "overload"),
        (Fault(FaultKind.THROTTLE, "Slow down."), 429, "rate_limit_error", "throttle"),
        (Fault(FaultKind.DEADLINE, "Too late.", code="deadline"), 504, "server_error", "deadline"),
        (Fault(FaultKind.REFUSED, "Who are you?", 401, "bad_token"), 401, "authentication_error", "bad_token"),
        (Fault(FaultKind.REFUSED, "Not yours.", 403), 403, "permission_error", "refused"),
        (
            Fault(FaultKind.REQUEST, "Wrong.", 400, "invalid_request_error"),
            400,
            "invalid_request_error",
            "invalid_request_error",
        ),
        (Fault(FaultKind.AUTH, "Refused.", 401, "invalid_api_key", body=body_of("x")), 503, "server_error", "auth"),
    ],
)
def test_an_answer_in_our_own_words(fault: Fault, status: int, error_type: str, code: str) -> None:
    reply = error_reply(fault, "ex-1")
    error = json.loads(reply.body)["error"]
    assert reply.status == status
    assert reply.headers[0] == ("content-type", "application/json")
    assert (error["type"], error["code"], error["param"]) == (error_type, code, None)
    assert error["message"].endswith("(exchange ex-1)")


def test_the_error_event_carries_the_providers_object() -> None:
    fault = classify_inside(b'{"error": {"message": "Busy", "code": 503 }, "id": "gen-1"}')
    assert fault is not None
    assert error_event(fault, "ex-1") == b'data: {"error":{"message": "Busy", "code": 503 }}\n\n'


@pytest.mark.parametrize("body", [b"", b"<html>"])
def test_an_error_event_in_our_own_words(body: bytes) -> None:
    event = error_event(Fault(FaultKind.CUT, "The stream was cut.", body=body), "ex-1")
    error = json.loads(event.removeprefix(b"data: "))["error"]
    assert (error["type"], error["code"]) == ("server_error", "cut")
    assert event.endswith(b"\n\n")


def test_a_pretty_printed_error_stays_one_event() -> None:
    body = json.dumps(json.loads(body_of("server_error")), indent=2).encode()
    event = error_event(classify(500, (), body, 0.0), "ex-1")
    assert json.loads(event.removeprefix(b"data: "))["error"]["message"] == "m"
    assert event.count(b"\n\n") == 1


@pytest.mark.parametrize("reason", ["queue_full", "queue_timeout", "shed"])
def test_who_is_turned_away_hears_of_overload_and_when_to_come_again(reason: str) -> None:
    fault = Fault(FaultKind.SHED, "Everybody is busy.", code=reason, wait_seconds=4.2)
    reply = error_reply(fault, "ex_1")
    assert (reply.status, dict(reply.headers)["retry-after"]) == (503, "5")
    assert "x-should-retry" not in dict(reply.headers)
    error = json.loads(reply.body)["error"]
    assert (error["type"], error["code"]) == ("server_error", "server_is_overloaded")
    assert b"server_is_overloaded" in error_event(fault, "ex_1")
    assert b"again in 5 s" in error_event(fault, "ex_1")
