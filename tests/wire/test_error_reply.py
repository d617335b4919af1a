import pytest

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.error_reply import is_providers_answer, may_quote, own_reply, provider_reply, words

JSON = (("content-type", "application/json"),)
NO_RETRY = ("x-should-retry", "false")


@pytest.mark.parametrize(
    ("fault", "passes"),
    [
        (Fault(FaultKind.REQUEST, "m", 400, body=b"{}"), True),
        (Fault(FaultKind.OVERLOAD, "m", 529, body=b"{}"), True),
        (Fault(FaultKind.REQUEST, "m", 413, body=b"<html>"), True),
        (Fault(FaultKind.OVERLOAD, "m", 529), False),
        (Fault(FaultKind.OVERLOAD, "m", 200, body=b"{}"), False),
        (Fault(FaultKind.UNKNOWN, "m", 302, body=b"{}"), False),
        (Fault(FaultKind.AUTH, "m", 401, body=b"{}"), False),
        (Fault(FaultKind.AUTH, "m", 400, body=b"{}"), False),
        (Fault(FaultKind.BILLING, "m", 403, body=b"{}"), False),
    ],
)
def test_a_providers_own_answer_passes_unless_it_refuses_our_credential(fault: Fault, *, passes: bool) -> None:
    assert is_providers_answer(fault) is passes


def test_an_error_object_about_our_credential_is_never_quoted() -> None:
    assert may_quote(Fault(FaultKind.OVERLOAD, "m", 200, body=b"{}"))
    assert not may_quote(Fault(FaultKind.AUTH, "m", 200, body=b"{}"))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault(FaultKind.CONNECT, "m"), 502),
        (Fault(FaultKind.CUT, "m"), 502),
        (Fault(FaultKind.STALL, "m"), 502),
        (Fault(FaultKind.EMPTY, "m", 200), 502),
        (Fault(FaultKind.MALFORMED, "m", 200), 502),
        (Fault(FaultKind.UNKNOWN, "m", 302), 502),
        (Fault(FaultKind.SERVER, "m", 500), 500),
        (Fault(FaultKind.SERVER, "m", 200), 502),
        (Fault(FaultKind.DEADLINE, "m"), 504),
        (Fault(FaultKind.NO_CANDIDATE, "m"), 503),
        (Fault(FaultKind.THROTTLE, "m"), 429),
        (Fault(FaultKind.INTERNAL, "m"), 500),
        (Fault(FaultKind.REFUSED, "m", 401), 401),
        (Fault(FaultKind.REFUSED, "m", 413), 413),
        (Fault(FaultKind.REQUEST, "m", 404), 404),
        (Fault(FaultKind.REQUEST, "m"), 400),
        (Fault(FaultKind.CONTEXT, "m", 200), 400),
        (Fault(FaultKind.MODEL_GONE, "m", 200), 404),
        (Fault(FaultKind.AUTH, "m", 401), 503),
        (Fault(FaultKind.AUTH, "m", 403), 503),
        (Fault(FaultKind.AUTH, "m", 400), 503),
        (Fault(FaultKind.BILLING, "m", 403), 402),
        (Fault(FaultKind.TRANSIENT, "m", 408), 408),
    ],
)
def test_the_status_of_an_answer_in_our_own_words(fault: Fault, status: int) -> None:
    assert words(fault, "x").status == status


def test_what_says_itself_what_to_do_is_told_to_do_nothing_else() -> None:
    said = words(Fault(FaultKind.ALLOWANCE, "Used up. Wait a minute.", 429), "ex-1").message
    assert said == "Used up. Wait a minute. (exchange ex-1)"


@pytest.mark.parametrize("kind", [one for one in FaultKind if one is not FaultKind.ALLOWANCE])
def test_every_message_says_what_to_do_and_names_the_exchange(kind: FaultKind) -> None:
    said = words(Fault(kind, "It broke."), "ex-1")
    assert said.message.endswith("(exchange ex-1)")
    assert said.message.count(". ") >= 1
    assert kind is FaultKind.AUTH or said.message.startswith("It broke.")


@pytest.mark.parametrize(
    ("status", "said"), [(401, "Get a token. (exchange x)"), (403, "Get a token. (exchange x)"), (404, "Correct")]
)
def test_a_request_is_not_to_be_corrected_for_its_token(status: int, said: str) -> None:
    assert said in words(Fault(FaultKind.REFUSED, "Get a token.", status), "x").message


@pytest.mark.parametrize("message", ["The stream was cut off", "The stream was cut off. "])
def test_message_and_advice_are_two_sentences(message: str) -> None:
    said = words(Fault(FaultKind.CUT, message), "ex_1").message
    assert said == "The stream was cut off. Send the request again later. (exchange ex_1)"


def test_what_our_credential_was_refused_with_stays_with_us() -> None:
    said = words(Fault(FaultKind.AUTH, "key sk-123 is revoked", 401, "invalid_api_key"), "x")
    assert "sk-123" not in said.message
    assert said.code == ""


@pytest.mark.parametrize(
    ("kind", "advised"),
    [(FaultKind.OVERLOAD, True), (FaultKind.THROTTLE, True), (FaultKind.REQUEST, False), (FaultKind.CONTEXT, False)],
)
def test_a_providers_fault_is_not_to_be_tried_again(kind: FaultKind, *, advised: bool) -> None:
    headers = (("retry-after", "287441"), ("x-should-retry", "true"))
    reply = provider_reply(Fault(kind, "m", 429, headers=headers, body=b"body"))
    assert (reply.status, reply.body) == (429, b"body")
    assert reply.headers == ((headers[0], NO_RETRY) if advised else headers)


@pytest.mark.parametrize(
    ("fault", "headers"),
    [
        (Fault(FaultKind.CONNECT, "m"), (*JSON, NO_RETRY)),
        (Fault(FaultKind.DEADLINE, "m"), (*JSON, NO_RETRY)),
        (Fault(FaultKind.NO_CANDIDATE, "m"), (*JSON, NO_RETRY)),
        (Fault(FaultKind.NO_CANDIDATE, "m", wait_seconds=2.1), (*JSON, ("retry-after", "3"))),
        (Fault(FaultKind.THROTTLE, "m", wait_seconds=0.0), (*JSON, ("retry-after", "1"))),
        (Fault(FaultKind.THROTTLE, "m", wait_seconds=900.0), (*JSON, ("retry-after", "60"))),
        (Fault(FaultKind.REQUEST, "m", 400), JSON),
        (Fault(FaultKind.INTERNAL, "m"), JSON),
        (Fault(FaultKind.REFUSED, "m", 405, headers=(("allow", "POST"),)), (*JSON, ("allow", "POST"))),
        (
            Fault(FaultKind.OVERLOAD, "m", 529, headers=(("content-type", "text/html"), ("request-id", "r"))),
            (*JSON, ("request-id", "r"), NO_RETRY),
        ),
        (Fault(FaultKind.AUTH, "m", 401, headers=(("request-id", "r"),)), (*JSON, NO_RETRY)),
        (Fault(FaultKind.MALFORMED, "m", 200, headers=(("request-id", "r"),)), (*JSON, NO_RETRY)),
    ],
)
def test_the_headers_of_an_answer_in_our_own_words(fault: Fault, headers: Headers) -> None:
    assert own_reply(fault, 500, b"{}").headers == headers


def test_who_is_turned_away_is_told_when_to_come_again_in_words_and_in_a_header() -> None:
    fault = Fault(FaultKind.SHED, "Everybody is busy.", code="queue_full", wait_seconds=6.3)
    said = words(fault, "x")
    assert (said.status, said.message) == (503, "Everybody is busy. Send the request again in 7 s. (exchange x)")
    assert own_reply(fault, said.status, b"{}").headers == (*JSON, ("retry-after", "7"))
