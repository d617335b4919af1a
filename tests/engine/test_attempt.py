"""One attempt: its clocks, its usage, its record."""

import msgspec
import pytest

from mainstay.engine import faults
from mainstay.engine.attempt import Attempt
from mainstay.engine.cost import INPUT_TOKENS_MAX
from mainstay.engine.plan import Try, key_of
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Price
from mainstay.model.events import Opened
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.records import AttemptRecord
from tests.engine.play import candidate

CALL = Call("toy", CallKind.ANSWER, "/ask", "m", stream=True, headers=(), body=b"question", estimated_input_tokens=7)
CUT = faults.cut("cut off", "cut")


def begun(*keys: str, price: Price | None = None) -> Attempt:
    """An attempt that starts at the instant 100 with 8 bytes."""
    one = candidate("alpha", keys=keys, price=price)
    credential = one.upstream.credentials[0] if keys else None
    return Attempt(1, Try(one, credential, key_of(one, credential), "first choice", repetition=False), 100.0, 8)


def opened(status: int = 200, at: float = 101.0, price: Price | None = None) -> Attempt:
    attempt = begun(price=price)
    attempt.opened(Opened(1, at, status, ()))
    return attempt


def record(attempt: Attempt, fault: Fault | None = None) -> AttemptRecord:
    return attempt.record("ex_1", ("research", "tok_1"), attempt.bill(CALL, fault), 1_700_000_000.0, 110.0, fault)


# Clocks


def test_times_count_from_the_attempts_own_start() -> None:
    attempt = begun()
    attempt.opened(Opened(1, 101.5, 200, (), connected_at=100.25))
    attempt.content_at = 102.0
    told = record(attempt)
    assert told.at == 1_700_000_000.0
    assert (told.connect_seconds, told.first_byte_seconds, told.first_content_seconds) == (0.25, 1.5, 2.0)
    assert told.total_seconds == 10.0


def test_what_never_happened_has_no_time() -> None:
    told = record(begun(), CUT)
    assert (told.connect_seconds, told.first_byte_seconds, told.first_content_seconds) == (None, None, None)


def test_every_byte_moves_the_clock_of_silence() -> None:
    attempt = opened(at=101.0)
    assert attempt.last_byte_at == 101.0
    attempt.received(105.0, 10)
    attempt.received(106.0, 5)
    assert attempt.last_byte_at == 106.0
    assert record(attempt).bytes_received == 15


def test_bytes_and_the_end_that_come_with_the_header_count() -> None:
    attempt = begun()
    attempt.opened(Opened(1, 101.0, 200, (), data=b"whole", ended=True))
    assert attempt.bytes_received == 5
    assert not attempt.open


# Usage


def test_reported_usage_is_observed() -> None:
    attempt = opened()
    attempt.add_usage(Usage(input_tokens=20, cached_tokens=3))
    attempt.add_usage(Usage(output_tokens=5))
    attempt.add_usage(Usage(output_tokens=9))
    assert attempt.usage(CALL, None) == Usage(20, 9, 3, estimated=False)


def test_usage_reported_cumulatively_never_shrinks() -> None:
    attempt = opened()
    attempt.add_usage(Usage(input_tokens=20, output_tokens=9))
    attempt.add_usage(Usage(input_tokens=21, output_tokens=1))
    assert attempt.usage(CALL, None) == Usage(21, 9, 0)


def test_usage_is_estimated_where_nobody_reports_it() -> None:
    attempt = opened()
    attempt.output_characters = 41
    assert attempt.usage(CALL, None) == Usage(7, 10, 0, estimated=True)


def test_usage_of_a_cut_answer_is_what_was_reported_and_what_was_heard() -> None:
    attempt = opened()
    attempt.add_usage(Usage(input_tokens=20, output_tokens=1, cached_tokens=3))
    attempt.output_characters = 40
    assert attempt.usage(CALL, CUT) == Usage(20, 10, 3, estimated=True)


@pytest.mark.parametrize("attempt", [begun(), opened(status=500), opened(status=400)], ids=["no header", "500", "400"])
def test_an_attempt_without_an_answer_costs_nothing(attempt: Attempt) -> None:
    assert attempt.usage(CALL, CUT) == Usage()


@pytest.mark.parametrize(
    "fault", [faults.caller_left(), faults.stalled("first byte", 30.0), faults.deadline()], ids=lambda one: one.code
)
def test_a_request_that_we_gave_up_on_was_read_all_the_same(fault: Fault) -> None:
    assert begun().usage(CALL, fault) == Usage(7, 0, estimated=True)


def test_everything_that_the_provider_tells_is_kept() -> None:
    attempt = opened()
    attempt.add_usage(Usage(100, 1, 30, cache_write_tokens=20))
    attempt.add_usage(Usage(0, 50, 0, reasoning_tokens=40))
    whole = Usage(100, 50, 30, cache_write_tokens=20, reasoning_tokens=40)
    assert attempt.usage(CALL, None) == whole
    cut = attempt.usage(CALL, CUT)
    assert cut == Usage(100, 50, 30, estimated=True, cache_write_tokens=20, reasoning_tokens=40)


def test_a_continuation_sends_what_came_before_it() -> None:
    attempt = opened()
    attempt.continued_characters = 400
    assert attempt.usage(CALL, CUT).input_tokens == 7 + 100


def test_an_estimate_is_no_larger_than_the_models_window() -> None:
    long = msgspec.structs.replace(CALL, estimated_input_tokens=5_000_000)
    assert opened().usage(long, CUT).input_tokens == INPUT_TOKENS_MAX


@pytest.mark.parametrize("kind", [CallKind.COUNT_TOKENS, CallKind.MODELS])
def test_only_answers_use_tokens(kind: CallKind) -> None:
    attempt = opened()
    attempt.add_usage(Usage(100, 1))
    assert attempt.usage(msgspec.structs.replace(CALL, kind=kind), None) == Usage()


def test_the_record_of_a_cut_answer_marks_its_usage_as_estimated() -> None:
    attempt = opened()
    attempt.add_usage(Usage(20, 9))
    assert record(attempt, CUT).usage_estimated
    assert not record(attempt).usage_estimated


# Cost


def test_the_bill_is_what_was_used_at_the_candidates_price() -> None:
    attempt = opened(price=Price(10, 100, 1, 12))
    attempt.add_usage(Usage(100, 5, 30, cache_write_tokens=20, reasoning_tokens=4))
    assert attempt.bill(CALL, None).cost == 50 * 10 + 30 * 1 + 20 * 12 + 5 * 100
    told = record(attempt)
    assert (told.cache_write_tokens, told.reasoning_tokens, told.cost_nanodollars) == (20, 4, 1270)


def test_an_error_costs_nothing_and_a_model_without_a_price_nobody_knows_what() -> None:
    assert opened(status=500, price=Price(10, 100, 1, 12)).bill(CALL, CUT).cost == 0
    assert opened().bill(CALL, None).cost is None
    assert record(opened()).cost_nanodollars is None


# The record


def test_an_attempt_begins_with_nothing_heard() -> None:
    attempt = begun()
    assert attempt.open
    assert not attempt.delivered
    told = record(attempt, CUT)
    assert (told.status, told.bytes_received, told.dropped_events, told.output_tokens) == (0, 0, 0, 0)


def test_the_record_tells_who_was_tried_and_why() -> None:
    told = record(begun("main", "spare"))
    assert (told.id, told.exchange, told.number) == ("ex_1-1", "ex_1", 1)
    assert (told.upstream, told.model, told.credential, told.dialect) == ("alpha", "m", "main", "toy")
    assert (told.chosen, told.bytes_sent, told.tenant) == ("first choice", 8, "research")


def test_the_record_tells_what_went_wrong() -> None:
    told = record(opened(status=503), Fault(FaultKind.SERVER, "for the test", status=503, code="unavailable"))
    assert (told.status, told.fault, told.fault_code, told.blame) == (503, "server", "unavailable", "provider")


def test_a_good_record_has_no_fault() -> None:
    told = record(opened())
    assert (told.outcome, told.fault, told.fault_code, told.blame) == ("served", "", "", "")


@pytest.mark.parametrize("name", ["request-id", "x-request-id", "x-amzn-requestid"])
def test_the_providers_own_id_is_kept_for_support(name: str) -> None:
    attempt = begun()
    attempt.opened(Opened(1, 101.0, 200, (("date", "today"), (name, "req_1"))))
    assert record(attempt).request_id == "req_1"


@pytest.mark.parametrize(
    ("fault", "delivered", "outcome"),
    [
        (None, True, "served"),
        (CUT, False, "failed"),
        (CUT, True, "continued"),
        (Fault(FaultKind.THROTTLE, "for the test"), False, "no-sample"),
        (faults.caller_left(), True, "left"),
    ],
)
def test_the_outcome_tells_an_ill_provider_from_one_that_was_not_tested(
    fault: Fault | None, outcome: str, *, delivered: bool
) -> None:
    attempt = opened()
    attempt.delivered = delivered
    assert record(attempt, fault).outcome == outcome


def test_no_secret_is_in_the_record() -> None:
    assert "secret" not in repr(record(begun("main")))
