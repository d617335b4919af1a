import json

import pytest

from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.anthropic.errors import classify, classify_inside, error_event, error_reply

WALL = 0.0


def body_of(error_type: str, message: str = "m", code: str | None = None) -> bytes:
    error: dict[str, object] = {"type": error_type, "message": message}
    if code is not None:
        error["details"] = {"error_code": code}
    return json.dumps({"type": "error", "error": error, "request_id": "req_1"}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, body_of("invalid_request_error"), FaultKind.REQUEST),
        (400, body_of("invalid_request_error", "Your credit balance is too low to access the API."), FaultKind.BILLING),
        (400, body_of("invalid_request_error", "You have reached your specified API usage limits."), FaultKind.BILLING),
        (400, body_of("invalid_request_error", "This organization hit its spend limit."), FaultKind.BILLING),
        (
            400,
            body_of("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            FaultKind.CONTEXT,
        ),
        (400, body_of("overloaded_error"), FaultKind.OVERLOAD),
        (401, body_of("authentication_error"), FaultKind.AUTH),
        (402, body_of("billing_error"), FaultKind.BILLING),
        (403, body_of("permission_error"), FaultKind.AUTH),
        (404, body_of("not_found_error"), FaultKind.MODEL_GONE),
        (404, b"<html>no such page</html>", FaultKind.REQUEST),
        (409, body_of("conflict_error"), FaultKind.TRANSIENT),
        (413, body_of("request_too_large"), FaultKind.REQUEST),
        (413, b"<html>cloudflare</html>", FaultKind.REQUEST),
        (422, body_of("invalid_request_error", "Your credit balance is too low"), FaultKind.REQUEST),
        (429, body_of("rate_limit_error"), FaultKind.THROTTLE),
        (429, body_of("rate_limit_error", code="ramp_limit_exceeded"), FaultKind.THROTTLE),
        (429, body_of("rate_limit_error", code="contract_spend_limit_reached"), FaultKind.BILLING),
        (429, body_of("rate_limit_error", code="enforced_spend_limit_reached"), FaultKind.BILLING),
        (429, b"", FaultKind.THROTTLE),
        (500, body_of("api_error"), FaultKind.SERVER),
        (502, b"<html>bad gateway</html>", FaultKind.SERVER),
        (503, body_of("api_error", code="cmek_key_unreachable"), FaultKind.SERVER),
        (503, body_of("overloaded_error"), FaultKind.OVERLOAD),
        (504, body_of("timeout_error"), FaultKind.SERVER),
        (520, b"<html>cloudflare</html>", FaultKind.UNKNOWN),
        (529, body_of("overloaded_error"), FaultKind.OVERLOAD),
        (529, b"", FaultKind.OVERLOAD),
        (529, body_of("overloaded_error", code="compaction_unavailable"), FaultKind.OVERLOAD),
    ],
)
def test_the_class_of_an_answer(status: int, body: bytes, kind: FaultKind) -> None:
    fault = classify(status, (("retry-after", "3"),), body, WALL)
    assert fault.kind is kind
    assert (fault.status, fault.body, fault.wait_seconds) == (status, body, 3.0)


@pytest.mark.parametrize(
    ("error_type", "kind"),
    [
        ("overloaded_error", FaultKind.OVERLOAD),
        ("api_error", FaultKind.SERVER),
        ("timeout_error", FaultKind.SERVER),
        ("rate_limit_error", FaultKind.THROTTLE),
        ("authentication_error", FaultKind.AUTH),
        ("invalid_request_error", FaultKind.REQUEST),
        ("brand_new_error", FaultKind.UNKNOWN),
    ],
)
def test_an_error_inside_a_success_has_the_class_of_its_type(error_type: str, kind: FaultKind) -> None:
    fault = classify_inside(body_of(error_type))
    assert fault is not None
    assert (fault.kind, fault.status, fault.code) == (kind, 200, error_type)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"error": null}', b'{"error": {"message": "m"}}'])
def test_what_names_no_error_is_none(body: bytes) -> None:
    assert classify_inside(body) is None


def test_the_code_is_more_telling_than_the_type() -> None:
    assert (
        classify(429, (), body_of("rate_limit_error", code="ramp_limit_exceeded"), WALL).code == "ramp_limit_exceeded"
    )


@pytest.mark.parametrize("details", ["null", "[]", '"x"', '{"error_code": 7}'])
def test_odd_details_do_not_hide_the_type(details: str) -> None:
    body = f'{{"error": {{"type": "overloaded_error", "details": {details}}}}}'.encode()
    assert classify(503, (), body, WALL).kind is FaultKind.OVERLOAD


def test_a_providers_answer_reaches_the_caller_unchanged() -> None:
    body = body_of("rate_limit_error")
    headers = (("content-type", "application/json"), ("retry-after", "287441"), ("request-id", "req_1"))
    reply = error_reply(classify(429, headers, body, WALL), "ex-1")
    assert (reply.status, reply.body, reply.headers) == (429, body, (*headers, ("x-should-retry", "false")))


@pytest.mark.parametrize(
    ("fault", "status", "error_type"),
    [
        (Fault(FaultKind.CONNECT, "No connection."), 502, "api_error"),
        (Fault(FaultKind.OVERLOAD, "Busy."), 529, "overloaded_error"),
        (Fault(FaultKind.THROTTLE, "Slow down."), 429, "rate_limit_error"),
        (Fault(FaultKind.DEADLINE, "Too late."), 504, "timeout_error"),
        (Fault(FaultKind.NO_CANDIDATE, "Nobody is there."), 503, "api_error"),
        (Fault(FaultKind.REFUSED, "Who are you?", 401), 401, "authentication_error"),
        (Fault(FaultKind.REFUSED, "Not yours.", 403), 403, "permission_error"),
        (Fault(FaultKind.REFUSED, "Too large.", 413), 413, "request_too_large"),
        (Fault(FaultKind.REFUSED, "Only POST.", 405), 405, "invalid_request_error"),
        (Fault(FaultKind.REQUEST, "Wrong.", 400), 400, "invalid_request_error"),
        (Fault(FaultKind.REQUEST, "Nothing there.", 404), 404, "not_found_error"),
        (Fault(FaultKind.AUTH, "Refused.", 401, body=body_of("authentication_error")), 503, "api_error"),
        (Fault(FaultKind.INTERNAL, "Our bug."), 500, "api_error"),
    ],
)
def test_an_answer_in_our_own_words(fault: Fault, status: int, error_type: str) -> None:
    reply = error_reply(fault, "ex-1")
    body = json.loads(reply.body)
    assert reply.status == status
    assert reply.headers[0] == ("content-type", "application/json")
    assert (body["type"], body["error"]["type"], body["request_id"]) == ("error", error_type, "ex-1")
    assert body["error"]["message"].endswith("(exchange ex-1)")


def test_an_error_inside_a_success_becomes_an_error_status_with_the_providers_object() -> None:
    fault = classify_inside(body_of("overloaded_error", "Overloaded"))
    assert fault is not None
    reply = error_reply(fault, "ex-1")
    assert reply.status == 529
    assert json.loads(reply.body) == json.loads(body_of("overloaded_error", "Overloaded"))


def test_the_error_event_carries_the_providers_object() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded", "details":null}}'
    fault = classify_inside(body)
    assert fault is not None
    assert error_event(fault, "ex-1") == (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded", '
        b'"details":null},"request_id":"ex-1"}\n\n'
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT, "The stream was cut."),
        Fault(FaultKind.SERVER, "Broken.", 502, body=b"<html>"),
        Fault(FaultKind.AUTH, "Refused.", 200, body=body_of("authentication_error")),
    ],
)
def test_an_error_event_in_our_own_words(fault: Fault) -> None:
    event = error_event(fault, "ex-1")
    assert event.startswith(b"event: error\ndata: ")
    data = json.loads(event.removeprefix(b"event: error\ndata: "))
    assert data["error"]["type"] == "api_error"
    assert data["error"]["message"].endswith("(exchange ex-1)")


def test_a_pretty_printed_error_stays_one_event() -> None:
    body = json.dumps(json.loads(body_of("server_error")), indent=2).encode()
    event = error_event(classify(500, (), body, 0.0), "ex-1")
    assert json.loads(event.removeprefix(b"event: error\ndata: "))["error"]["message"] == "m"
    assert event.count(b"\n\n") == 1


def test_who_is_turned_away_hears_of_overload_and_when_to_come_again() -> None:
    fault = Fault(FaultKind.SHED, "Everybody is busy.", code="queue_full", wait_seconds=4.2)
    reply = error_reply(fault, "ex_1")
    assert (reply.status, dict(reply.headers)["retry-after"]) == (529, "5")
    assert "x-should-retry" not in dict(reply.headers)
    error = json.loads(reply.body)["error"]
    assert (error["type"], error["message"]) == (
        "overloaded_error",
        "Everybody is busy. Send the request again in 5 s. (exchange ex_1)",
    )
    assert b"overloaded_error" in error_event(fault, "ex_1")
    assert b"again in 5 s" in error_event(fault, "ex_1")
