import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.admission import shedding
from mainstay.engine.admission.shedding import retry_seconds
from mainstay.model.fault import Blame, Fault, FaultKind


@given(st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_a_wait_that_is_told_is_between_one_second_and_a_minute(estimate: float, chance: float) -> None:
    assert 1.0 <= retry_seconds(estimate, lambda: chance) <= 60.0


@given(st.floats(1, 40), st.floats(0, 1, exclude_max=True))
def test_nobody_is_asked_back_too_early(estimate: float, chance: float) -> None:
    assert estimate <= retry_seconds(estimate, lambda: chance) <= estimate * 1.5


@pytest.mark.parametrize("estimate", [1.0, 20.0, 5_000.0])
def test_not_everybody_comes_back_together(estimate: float) -> None:
    assert retry_seconds(estimate, lambda: 0.9) - retry_seconds(estimate, lambda: 0.1) > 0.3 * min(estimate, 40.0)


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        (shedding.queue_full("batch", 7, 3.0), "queue_full", "batch"),
        (shedding.queue_timeout(30.04, 3.0), "queue_timeout", "30.0 s"),
        (shedding.shed("interactive", 3.0), "shed", "interactive"),
    ],
)
def test_a_fault_says_why_and_is_ours(fault: Fault, code: str, word: str) -> None:
    assert (fault.kind, fault.code, fault.wait_seconds, fault.blame) == (FaultKind.SHED, code, 3.0, Blame.US)
    assert word in fault.message
