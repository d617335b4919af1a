"""Faults: every kind has a class, and blame is explicit (law 7)."""

import pytest

from mainstay.model.fault import CLASSES, Advice, Blame, Fault, FaultKind

PROVIDER_FAULTS = {
    FaultKind.CONNECT,
    FaultKind.SERVER,
    FaultKind.OVERLOAD,
    FaultKind.CUT,
    FaultKind.STALL,
    FaultKind.MALFORMED,
    FaultKind.UNKNOWN,
}
"""All that may move a breaker."""


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_has_a_class(kind: FaultKind) -> None:
    fault = Fault(kind, "for the test")
    assert (fault.blame, fault.advice, fault.same_again) == (
        CLASSES[kind].blame,
        CLASSES[kind].advice,
        CLASSES[kind].same_again,
    )


@pytest.mark.parametrize("kind", FaultKind)
def test_only_provider_faults_are_blamed_on_the_provider(kind: FaultKind) -> None:
    assert (Fault(kind, "for the test").blame is Blame.PROVIDER) is (kind in PROVIDER_FAULTS)


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.BILLING, FaultKind.AUTH, FaultKind.CALLER_LEFT])
def test_throttling_account_trouble_and_leaving_are_nobodys_fault(kind: FaultKind) -> None:
    assert Fault(kind, "for the test").blame is Blame.NOBODY


@pytest.mark.parametrize("kind", FaultKind)
def test_what_is_the_callers_fault_or_ours_stops_at_once(kind: FaultKind) -> None:
    fault = Fault(kind, "for the test")
    if fault.blame in {Blame.CALLER, Blame.US}:
        assert fault.advice is Advice.STOP


@pytest.mark.parametrize("kind", FaultKind)
def test_the_same_candidate_is_advised_only_where_it_may_be_tried_again(kind: FaultKind) -> None:
    fault = Fault(kind, "for the test")
    if fault.advice is Advice.SAME:
        assert fault.same_again
    if fault.advice in {Advice.STOP, Advice.ROTATE}:
        assert not fault.same_again


def test_a_silent_candidate_is_not_tried_again() -> None:
    assert not Fault(FaultKind.STALL, "for the test").same_again


@pytest.mark.parametrize("kind", [FaultKind.AUTH, FaultKind.BILLING])
def test_account_trouble_rotates_the_credential(kind: FaultKind) -> None:
    assert Fault(kind, "for the test").advice is Advice.ROTATE
