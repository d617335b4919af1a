"""What is said at the end: headers, the fault to report, the record of the exchange."""

import pytest

from mainstay.engine import faults
from mainstay.engine.allowances import Allowances
from mainstay.engine.attempt import Attempt, Bill
from mainstay.engine.board import Board
from mainstay.engine.closing import (
    ABSORBED_MAX,
    answer_headers,
    degraded,
    disclosure,
    early_headers,
    exchange_record,
    final_fault,
    final_reply,
    outcome,
    total,
)
from mainstay.engine.keys import StaticKeys
from mainstay.engine.plan import Try, key_of
from mainstay.engine.progress import Progress, Ticket
from mainstay.engine.purse import Purse
from mainstay.engine.routing.applying import applied
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Menu, Skipped, Workload
from mainstay.model.events import Opened
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.http import Headers
from mainstay.model.identity import Allowance, Identity
from mainstay.model.orders import Order, OrderKind
from tests.engine.gray.provider import Provider
from tests.engine.play import candidate
from tests.engine.toy import ToyDialect
from tests.engine.toy_passages import ToyPassages

ALPHA, BETA = candidate("alpha"), candidate("beta", "other")
SERVER = Fault(FaultKind.SERVER, "for the test", status=500, body=b"words of alpha")
OVERLOAD = Fault(FaultKind.OVERLOAD, "for the test", status=529, body=b"words of beta")
CONNECT = Fault(FaultKind.CONNECT, "for the test")
AUTH = Fault(FaultKind.AUTH, "for the test", status=401, body=b"your key is wrong")


def begun(
    *, simulated: str = "", losses: dict[str, tuple[str, ...]] | None = None, purse: Purse | None = None
) -> Progress:
    """An exchange that began at the instant 1000 and may ask alpha and beta."""
    call = Call("toy", CallKind.ANSWER, "/ask", "m", stream=True, headers=(), body=b"question")
    menu = Menu("m", Workload(), (ALPHA, BETA), skipped=(Skipped("gamma", "m", "residency"),))
    ticket = Ticket("ex_1", 1000.0, 500.0, lambda: 0.5, tenant="acme", simulated_notice=simulated, token="tk_1")
    dialect = ToyDialect()
    passages = ToyPassages(dialect, call, losses=losses)
    return Progress(ticket, call, menu, dialect, Board(), passages=passages, keys=StaticKeys(), purse=purse)


def after(*failures: tuple[str, Fault]) -> Progress:
    """The exchange after these failures."""
    progress = begun()
    for name, fault in failures:
        one = ALPHA if name == "alpha" else BETA
        progress.history.begin(one)
        progress.history.add_fault(one, "", fault)
    return progress


# Disclosure


def test_an_answer_carries_the_providers_headers_and_ours() -> None:
    progress = begun()
    progress.history.begin(ALPHA)
    attempt = Attempt(1, Try(ALPHA, None, key_of(ALPHA, None), "first choice", repetition=False), 1000.0, 0)
    attempt.opened(Opened(1, 1001.0, 200, (("request-id", "req_1"),)))
    assert answer_headers(progress, attempt) == (
        ("request-id", "req_1"),
        ("x-mainstay-id", "ex_1"),
        ("x-mainstay-upstream", "alpha"),
        ("x-mainstay-model", "m"),
        ("x-mainstay-attempts", "1"),
    )


def test_a_stream_that_begins_with_a_keep_alive_cannot_say_who_serves() -> None:
    headers = dict(early_headers(begun()))
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["x-mainstay-id"] == "ex_1"
    assert "x-mainstay-upstream" not in headers


def test_simulated_providers_are_disclosed_in_every_answer() -> None:
    progress = begun(simulated="no keys are set")
    for headers in (disclosure(progress, ALPHA), early_headers(progress), final_reply(progress, CONNECT).headers):
        assert ("x-mainstay-simulated", "no keys are set") in headers


def test_the_first_choice_is_not_degraded() -> None:
    assert degraded(after(("alpha", SERVER)), ALPHA) == ""
    assert "x-mainstay-degraded" not in dict(disclosure(begun(), ALPHA))


def test_another_choice_says_why_the_first_one_did_not_serve() -> None:
    assert degraded(after(("alpha", SERVER), ("alpha", CONNECT)), BETA) == "alpha: server"
    assert dict(disclosure(after(("alpha", SERVER)), BETA))["x-mainstay-degraded"] == "alpha: server"


def test_a_first_choice_that_was_not_tried_was_not_ready() -> None:
    assert degraded(begun(), BETA) == "alpha: not ready"


def test_nobody_served_is_not_degraded() -> None:
    assert degraded(after(("alpha", SERVER)), None) == ""


def ordered(kind: OrderKind, upstream: str) -> Progress:
    """An exchange that an order has moved."""
    progress = begun()
    order = Order("ORD-1234", kind, "ada", "slow", 1.0, 2.0, upstream)
    progress.menu = applied(progress.menu, [order], ())
    progress.candidates = progress.menu.candidates
    progress.skipped = progress.menu.skipped
    return progress


@pytest.mark.parametrize("kind", [OrderKind.DRAIN, OrderKind.FORBID])
def test_an_order_that_moved_the_exchange_is_disclosed(kind: OrderKind) -> None:
    progress = ordered(kind, "alpha")
    said = f"alpha: order ORD-1234 ({kind.value} alpha) by ada"
    assert degraded(progress, BETA) == said
    assert dict(disclosure(progress, BETA))["x-mainstay-degraded"] == said
    assert exchange_record(served(progress, BETA), None).degraded == said


def test_who_failed_behind_an_order_is_told_beside_it() -> None:
    progress = ordered(OrderKind.PREFER, "beta")
    progress.history.begin(BETA)
    progress.history.add_fault(BETA, "", SERVER)
    assert degraded(progress, ALPHA) == "beta: server"
    assert degraded(ordered(OrderKind.PREFER, "beta"), BETA) == "alpha: order ORD-1234 (prefer beta) by ada"


def served(progress: Progress, one: Candidate) -> Progress:
    progress.served_by = one
    return progress


# The fault to report


def test_the_first_words_of_a_provider_are_reported() -> None:
    assert final_fault(after(("alpha", CONNECT), ("alpha", SERVER), ("beta", OVERLOAD)), faults.deadline()) is SERVER


def test_account_trouble_of_ours_is_not_passed_on_where_others_have_spoken() -> None:
    assert final_fault(after(("alpha", AUTH), ("beta", OVERLOAD)), faults.deadline()) is OVERLOAD


def test_without_words_the_last_fault_is_reported() -> None:
    cut = faults.cut("cut off", "cut")
    assert final_fault(after(("alpha", CONNECT), ("beta", cut)), faults.deadline()) is cut


def test_without_a_fault_the_reason_of_the_plan_is_reported() -> None:
    throttled = faults.throttled(30.0)
    assert final_fault(begun(), throttled) is throttled


def test_an_error_reply_is_the_dialects_with_our_headers() -> None:
    reply = final_reply(after(("alpha", SERVER)), SERVER)
    assert (reply.status, reply.body) == (500, b"words of alpha")
    assert ("x-mainstay-attempts", "1") in reply.headers


# The record


def test_the_record_of_an_answer() -> None:
    progress = after(("alpha", SERVER))
    progress.history.begin(BETA)
    progress.served_by, progress.status, progress.bytes_sent = BETA, 200, 42
    progress.first_content_at, progress.now = 1001.5, 1003.0
    progress.bills = [Bill(Usage(), None), Bill(Usage(10, 20, 5, cache_write_tokens=2, reasoning_tokens=7), 800)]
    told = exchange_record(progress, None)
    assert (told.id, told.at, told.tenant, told.workload) == ("ex_1", 1500.0, "acme", "default")
    assert (told.dialect, told.kind, told.stream, told.model_asked) == ("toy", "answer", True, "m")
    assert (told.outcome, told.status, told.upstream, told.model_served) == ("answered", 200, "beta", "other")
    assert (told.attempts, told.absorbed, told.degraded) == (2, ("alpha: server",), "alpha: server")
    assert (told.first_content_seconds, told.total_seconds) == (1.5, 3.0)
    assert (told.bytes_received, told.bytes_sent) == (len(b"question"), 42)
    assert (told.input_tokens, told.output_tokens, told.cached_tokens) == (10, 20, 5)
    assert (told.cache_write_tokens, told.reasoning_tokens, told.cost_nanodollars) == (2, 7, 800)
    assert (told.token, told.fault_code) == ("tk_1", "")
    assert told.skipped == ("gamma: residency",)


def test_the_fault_that_the_caller_saw_was_not_absorbed() -> None:
    told = exchange_record(after(("alpha", SERVER), ("beta", CONNECT)), SERVER)
    assert (told.outcome, told.fault) == ("failed", "server")
    assert told.absorbed == ("beta: connect",)


def test_all_faults_were_absorbed_when_the_caller_saw_the_deadline() -> None:
    told = exchange_record(after(("alpha", SERVER), ("beta", CONNECT)), faults.deadline())
    assert told.absorbed == ("alpha: server", "beta: connect")


def test_the_list_of_absorbed_faults_is_bounded() -> None:
    told = exchange_record(after(*[("alpha", SERVER)] * (ABSORBED_MAX + 5)), None)
    assert len(told.absorbed) == ABSORBED_MAX


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (None, "answered"),
        (faults.caller_left(), "left"),
        (Fault(FaultKind.REQUEST, "for the test"), "refused"),
        (Fault(FaultKind.REFUSED, "for the test"), "refused"),
        (CONNECT, "failed"),
        (faults.no_candidate("m", "toy", ()), "failed"),
    ],
)
def test_how_the_exchange_ended_for_its_caller(fault: Fault | None, word: str) -> None:
    assert outcome(fault) == word


def test_the_record_of_a_fault_has_its_code() -> None:
    assert exchange_record(begun(), faults.deadline()).fault_code == "deadline"


def test_all_attempts_are_paid_for() -> None:
    assert total([]) == Bill(Usage(), None)
    one = Bill(Usage(1, 2, 3), 4)
    assert total([one]) == one
    other = Bill(Usage(10, 20, 30, estimated=True, cache_write_tokens=5, reasoning_tokens=6), 100)
    assert total([one, other]) == Bill(Usage(11, 22, 33, estimated=True, cache_write_tokens=5, reasoning_tokens=6), 104)


def test_the_cost_of_an_exchange_is_what_is_known_of_its_attempts() -> None:
    assert total([Bill(Usage(), None), Bill(Usage(), 7), Bill(Usage(), 0)]).cost == 7
    assert total([Bill(Usage(), None), Bill(Usage(), None)]).cost is None


# Limits that a caller should pace itself by

LIMITED = (("request-id", "req_1"), ("limit-left", "77"))


def bounded(allowance: Allowance) -> Purse:
    """Of a tenant who asks for the first time."""
    purse = Allowances("a", 1).admit(Identity("acme"), allowance, 1500.0)
    assert isinstance(purse, Purse)
    return purse


def answered_by(one: Candidate, purse: Purse | None = None) -> Headers:
    progress = begun(purse=purse)
    progress.history.begin(one)
    attempt = Attempt(1, Try(one, None, key_of(one, None), "first choice", repetition=False), 1000.0, 0)
    attempt.opened(Opened(1, 1001.0, 200, LIMITED))
    return tuple(field for field in answer_headers(progress, attempt) if not field[0].startswith("x-mainstay-"))


def test_an_unbound_caller_is_told_the_limits_of_the_first_choice_alone() -> None:
    assert answered_by(ALPHA) == LIMITED
    assert answered_by(BETA) == (("request-id", "req_1"),)


@pytest.mark.parametrize("one", [ALPHA, BETA], ids=["first", "second"])
def test_a_bound_caller_is_told_ours(one: Candidate) -> None:
    ours = (("request-id", "req_1"), ("limit-left", "9"))
    assert answered_by(one, bounded(Allowance(requests_per_minute=10))) == ours


def test_who_is_bound_in_money_alone_paces_itself_by_the_provider() -> None:
    assert answered_by(ALPHA, bounded(Allowance(usd_per_day=10.0))) == LIMITED


def test_a_stream_that_begins_with_a_keep_alive_tells_our_limits() -> None:
    assert dict(early_headers(begun(purse=bounded(Allowance(requests_per_minute=10)))))["limit-left"] == "9"
    assert "limit-left" not in dict(early_headers(begun()))


def limits_of_failure(one: Candidate, purse: Purse | None = None) -> str | None:
    """What an error that this candidate gave tells of limits."""
    progress = begun(purse=purse)
    throttle = Fault(FaultKind.THROTTLE, "for the test", status=429, headers=LIMITED, body=b"slow down")
    progress.history.begin(one)
    progress.history.add_fault(one, "", throttle)
    return dict(final_reply(progress, throttle).headers).get("limit-left")


def test_an_error_tells_limits_as_an_answer_does() -> None:
    assert limits_of_failure(ALPHA) == "77"
    assert limits_of_failure(BETA) is None
    assert limits_of_failure(BETA, bounded(Allowance(requests_per_minute=10))) == "9"


def test_a_suspect_that_was_avoided_is_named_with_what_it_is_suspected_of() -> None:
    progress = begun()
    Provider(progress.board.watch, key_of(ALPHA, None)).becomes_suspect(progress.now)
    assert degraded(progress, BETA) == "alpha: suspect: slow first content"


def test_whose_hedge_was_faster_was_outrun() -> None:
    progress = begun()
    progress.history.begin(ALPHA)
    assert degraded(progress, BETA) == "alpha: outrun"
