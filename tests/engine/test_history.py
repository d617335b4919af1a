"""What one exchange remembers of its attempts."""

import pytest

from mainstay.engine.history import History
from mainstay.model.fault import Fault, FaultKind
from tests.engine.play import candidate

ALPHA, BETA = candidate("alpha"), candidate("beta")
ALPHA_OTHER = candidate("alpha", "other")


def fault(kind: FaultKind) -> Fault:
    return Fault(kind, "for the test")


def test_nothing_is_known_at_first() -> None:
    history = History()
    assert (history.attempts, history.faults, history.last_fault) == (0, [], None)
    assert history.tries_at(ALPHA) == history.tries_at_upstream("alpha") == 0
    assert history.not_before(ALPHA) == 0.0
    assert not history.is_barred(ALPHA, "main")


def test_attempts_are_counted_per_candidate_and_per_upstream() -> None:
    history = History()
    for one in (ALPHA, ALPHA_OTHER, BETA, ALPHA):
        history.begin(one)
    assert history.attempts == 4
    assert (history.tries_at(ALPHA), history.tries_at(ALPHA_OTHER), history.tries_at(BETA)) == (2, 1, 1)
    assert history.tries_at_upstream("alpha") == 3


def test_the_last_fault_is_known_for_all_and_for_each_candidate() -> None:
    history = History()
    history.add_fault(ALPHA, "", fault(FaultKind.SERVER))
    history.add_fault(ALPHA, "", fault(FaultKind.OVERLOAD))
    history.add_fault(BETA, "", fault(FaultKind.CUT))
    assert history.last_fault == fault(FaultKind.CUT)
    assert history.fault_of(ALPHA) == fault(FaultKind.OVERLOAD)
    assert history.fault_of(ALPHA_OTHER) is None


@pytest.mark.parametrize("kind", [FaultKind.AUTH, FaultKind.BILLING])
def test_account_trouble_bars_the_credential_and_not_the_candidate(kind: FaultKind) -> None:
    history = History()
    history.add_fault(ALPHA, "main", fault(kind))
    assert history.is_barred(ALPHA, "main")
    assert not history.is_barred(ALPHA, "spare")
    assert not history.is_barred(BETA, "main")


@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.MODEL_GONE, FaultKind.UNALIGNED])
def test_what_cannot_get_better_bars_the_candidate_with_every_credential(kind: FaultKind) -> None:
    history = History()
    history.add_fault(ALPHA, "main", fault(kind))
    assert history.is_barred(ALPHA, "main")
    assert history.is_barred(ALPHA, "spare")
    assert not history.is_barred(ALPHA_OTHER, "main")


@pytest.mark.parametrize("kind", [FaultKind.SERVER, FaultKind.OVERLOAD, FaultKind.THROTTLE, FaultKind.CUT])
def test_what_may_pass_bars_nobody(kind: FaultKind) -> None:
    history = History()
    history.add_fault(ALPHA, "main", fault(kind))
    assert not history.is_barred(ALPHA, "main")


def test_a_rest_belongs_to_one_candidate_and_the_last_one_counts() -> None:
    history = History()
    history.rest(ALPHA, 10.0)
    history.rest(ALPHA, 7.0)
    assert history.not_before(ALPHA) == 7.0
    assert history.not_before(ALPHA_OTHER) == 0.0
