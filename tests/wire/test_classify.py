import pytest

from mainstay.model.fault import Blame, FaultKind
from mainstay.wire.classify import (
    CODE_CHARACTERS_MAX,
    MESSAGE_CHARACTERS_MAX,
    Complaint,
    Table,
    http_fault,
    inner_fault,
    kind_of,
    malformed,
)

TABLE = Table(
    specific={"busy": FaultKind.OVERLOAD, "gone": FaultKind.MODEL_GONE},
    general={"broken": FaultKind.SERVER, "wrong": FaultKind.REQUEST},
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FaultKind.REQUEST),
        (401, FaultKind.AUTH),
        (402, FaultKind.BILLING),
        (403, FaultKind.AUTH),
        (404, FaultKind.REQUEST),
        (408, FaultKind.TRANSIENT),
        (409, FaultKind.TRANSIENT),
        (413, FaultKind.REQUEST),
        (422, FaultKind.REQUEST),
        (429, FaultKind.THROTTLE),
        (500, FaultKind.SERVER),
        (501, FaultKind.UNKNOWN),
        (502, FaultKind.SERVER),
        (503, FaultKind.SERVER),
        (504, FaultKind.SERVER),
        (520, FaultKind.UNKNOWN),
        (529, FaultKind.OVERLOAD),
        (204, FaultKind.UNKNOWN),
        (302, FaultKind.UNKNOWN),
    ],
)
def test_without_words_the_status_decides(status: int, kind: FaultKind) -> None:
    assert kind_of(TABLE, status, Complaint()) is kind
    assert kind_of(TABLE, status, Complaint("never heard of", "nor of this")) is kind


@pytest.mark.parametrize(
    ("status", "complaint", "kind"),
    [
        (503, Complaint(code="busy"), FaultKind.OVERLOAD),
        (503, Complaint(type="busy"), FaultKind.OVERLOAD),
        (404, Complaint(type="gone"), FaultKind.MODEL_GONE),
        (400, Complaint(type="busy", code="gone"), FaultKind.MODEL_GONE),
        (400, Complaint(type="broken"), FaultKind.REQUEST),
        (429, Complaint(type="wrong"), FaultKind.THROTTLE),
        (500, Complaint(type="wrong"), FaultKind.SERVER),
        (520, Complaint(type="wrong"), FaultKind.UNKNOWN),
        (520, Complaint(type="broken"), FaultKind.SERVER),
        (200, Complaint(type="wrong"), FaultKind.REQUEST),
        (200, Complaint(type="broken"), FaultKind.SERVER),
        (200, Complaint(type="new"), FaultKind.UNKNOWN),
        (429, Complaint(code="enforced_spend_limit_reached"), FaultKind.BILLING),
        (429, Complaint("busy", "some_other_spend_limit_reached"), FaultKind.BILLING),
    ],
)
def test_words_and_status_decide_together(status: int, complaint: Complaint, kind: FaultKind) -> None:
    assert kind_of(TABLE, status, complaint) is kind


def test_a_fault_of_a_response_keeps_the_whole_answer() -> None:
    headers = (("retry-after", "7"), ("date", "today"), ("request-id", "req_1"))
    fault = http_fault(FaultKind.THROTTLE, Complaint("t", "c", "slow"), 429, headers, b"body", 0.0)
    assert (fault.status, fault.code, fault.message, fault.wait_seconds) == (429, "c", "slow", 7.0)
    assert (fault.headers, fault.body) == ((("retry-after", "7"), ("request-id", "req_1")), b"body")


def test_a_long_message_is_cut_and_a_missing_one_replaced() -> None:
    long = http_fault(FaultKind.SERVER, Complaint("t", "c" * 9999, "m" * 9999), 500, (), b"", 0.0)
    inner = inner_fault(FaultKind.SERVER, Complaint("t" * 9999, "", ""), 200, b"")
    none = http_fault(FaultKind.SERVER, Complaint(), 500, (), b"", 0.0)
    assert len(long.message) == MESSAGE_CHARACTERS_MAX
    assert len(long.code) == len(inner.code) == CODE_CHARACTERS_MAX
    assert "500" in none.message


def test_a_fault_inside_a_success_has_no_headers() -> None:
    fault = inner_fault(FaultKind.OVERLOAD, Complaint("t"), 200, b"body")
    assert (fault.status, fault.code, fault.headers, fault.body) == (200, "t", (), b"body")
    assert fault.message


def test_an_answer_that_makes_no_sense_is_the_providers() -> None:
    fault = malformed("The answer is none.")
    assert (fault.blame, fault.status, fault.code) == (Blame.PROVIDER, 200, "malformed_answer")
    assert malformed("A block of tomorrow.", "untold").code == "untold"
