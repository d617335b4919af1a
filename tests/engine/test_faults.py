"""Faults that the engine itself names."""

import pytest

from mainstay.engine import faults
from mainstay.model.catalogue import Skipped
from mainstay.model.events import Breakage, Broke, CallerLeft, Drained
from mainstay.model.fault import Advice, Blame, Fault, FaultKind

OWN_FAULTS = [
    faults.stalled("silence", 60.0),
    faults.deadline(),
    faults.caller_left(),
    faults.drained("ex_1"),
    faults.cut("cut off", "missing_stop_reason"),
    faults.unmarked(),
    faults.throttled(12.0),
    faults.empty("nothing in it"),
    faults.malformed("not of its dialect", "not_a_stream"),
    faults.unaligned(),
    faults.no_candidate("claude", "anthropic", ()),
]


@pytest.mark.parametrize("how", Breakage)
def test_every_breakage_is_a_providers_fault_with_its_phase_as_code(how: Breakage) -> None:
    fault = faults.of_breakage(Broke(1, 0.0, how))
    assert fault.blame is Blame.PROVIDER
    assert fault.code == how.value


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        (Breakage.REFUSED, FaultKind.CONNECT),
        (Breakage.CONNECT_TIMEOUT, FaultKind.CONNECT),
        (Breakage.CLOSED_EARLY, FaultKind.CONNECT),
        (Breakage.CUT, FaultKind.CUT),
        (Breakage.PROTOCOL, FaultKind.MALFORMED),
    ],
)
def test_the_phase_of_a_breakage_decides_its_kind(how: Breakage, kind: FaultKind) -> None:
    assert faults.of_breakage(Broke(1, 0.0, how)).kind is kind


@pytest.mark.parametrize("fault", OWN_FAULTS, ids=lambda fault: fault.code)
def test_every_fault_of_ours_has_a_code_and_says_what_happened(fault: Fault) -> None:
    assert fault.code
    assert fault.message


@pytest.mark.parametrize("fault", OWN_FAULTS, ids=lambda fault: fault.code)
def test_our_own_trouble_is_never_reported_as_401_or_403(fault: Fault) -> None:
    assert fault.status not in {401, 403}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.deadline(), 504),
        (faults.caller_left(), 499),
        (faults.throttled(12.0), 429),
        (faults.no_candidate("claude", "anthropic", ()), 503),
        (faults.unmarked(), 200),
        (faults.empty("nothing in it"), 200),
        (faults.malformed("not of its dialect", "not_a_stream"), 200),
        (faults.stalled("silence", 60.0), 0),
    ],
    ids=lambda value: value.code if isinstance(value, Fault) else str(value),
)
def test_what_ends_an_exchange_has_its_status_and_what_came_in_a_200_has_that(fault: Fault, status: int) -> None:
    assert fault.status == status


def test_a_stall_names_the_clock_that_ran_out() -> None:
    fault = faults.stalled("first byte", 2.5)
    assert fault.code == "first byte"
    assert "(first byte, 2.5 s)" in fault.message


def test_a_missing_terminal_marker_after_the_stop_reason_is_no_sign_of_an_ill_provider() -> None:
    assert faults.unmarked().blame is Blame.NOBODY
    assert faults.cut("no stop reason", "missing_stop_reason").blame is Blame.PROVIDER


def test_throttling_says_how_long_to_wait() -> None:
    fault = faults.throttled(12.4)
    assert fault.wait_seconds == 12.4
    assert "12 s" in fault.message


def test_nobody_may_serve_names_the_model_and_what_to_look_at() -> None:
    fault = faults.no_candidate("claude", "anthropic", (Skipped("beta", "gpt", "no images"),))
    assert "'claude'" in fault.message
    assert "beta: no images" in fault.message
    assert "has no candidate" in faults.no_candidate("claude", "anthropic", ()).message
    assert fault.advice is Advice.STOP


def test_a_request_that_nobody_can_do_is_the_callers_to_change() -> None:
    skipped = (Skipped("beta", "gpt", "no images"),)
    assert faults.no_candidate("claude", "anthropic", skipped, by_policy=False).status == 400


def test_a_stop_of_the_gateway_names_where_the_rest_can_be_had() -> None:
    assert "exchanges" not in faults.drained().message
    assert "GET /v1/mainstay/exchanges/ex_1/stream?after=N" in faults.drained("ex_1").message


def test_who_parts_is_told_apart() -> None:
    assert faults.of_parting(CallerLeft(1.0)).kind is FaultKind.CALLER_LEFT
    assert faults.of_parting(Drained(1.0), "ex_1") == faults.drained("ex_1")
    assert faults.is_parting(faults.drained())
    assert faults.is_parting(faults.caller_left())
    assert not faults.is_parting(faults.deadline())
