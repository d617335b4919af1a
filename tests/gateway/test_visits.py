import pytest

from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.visits import Visit, Visitor, missing, not_now
from mainstay.model.fault import Blame
from mainstay.model.http import Reply
from mainstay.model.identity import LOCAL
from tests.gateway.listener import Listener

BEGUN = (
    ("content-type", "text/event-stream"),
    ("request-id", "req_1"),
    ("x-mainstay-id", "ex_1"),
    ("x-mainstay-model", "m"),
)


def visit(*, verbatim: bool = False) -> Visit:
    caller = Listener()
    return Visit(Visitor(caller, caller.refuse), "ex_1", 0, LOCAL, verbatim=verbatim)


def test_one_who_left_is_not_answered() -> None:
    caller = Listener()
    visitor = Visitor(caller, caller.refuse)
    caller.leave()
    visitor.reply(Reply(200, (), b""))
    visitor.refuse(not_now("why"))
    assert visitor.has_left
    assert (caller.replies, caller.faults) == ([], [])


def test_a_resumed_stream_tells_who_served_and_nothing_of_the_first_connection() -> None:
    headers = dict(visit().headers(BEGUN))
    assert headers["x-mainstay-model"] == "m"
    assert "request-id" not in headers
    assert [name for name, _ in visit().headers(BEGUN)].count("x-mainstay-id") == 1


def test_a_repeated_request_gets_the_very_headers_of_the_first() -> None:
    assert visit(verbatim=True).headers(BEGUN) == BEGUN
    assert dict(visit(verbatim=True).headers(()))["x-mainstay-id"] == "ex_1"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.UNKNOWN, 404),
        (Reason.TAIL_LOST, 410),
        (Reason.DAMAGED, 410),
        (Reason.KEY, 410),
        (Reason.UNREADABLE, 503),
    ],
)
def test_what_is_missing_is_said_plainly(reason: Reason, status: int) -> None:
    fault = missing(Missing(reason))
    assert fault.status == status
    assert fault.blame is (Blame.US if status == 503 else Blame.CALLER)
