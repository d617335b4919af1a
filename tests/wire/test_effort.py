import pytest

from mainstay.model.conversation import Effort
from mainstay.wire.effort import effort_of


@pytest.mark.parametrize(
    ("budget_tokens", "effort"),
    [
        (-1, Effort.NONE),
        (0, Effort.NONE),
        (1024, Effort.LOW),
        (4095, Effort.LOW),
        (4096, Effort.MEDIUM),
        (16383, Effort.MEDIUM),
        (16384, Effort.HIGH),
        (64_000, Effort.HIGH),
    ],
)
def test_a_budget_as_an_effort(budget_tokens: int, effort: Effort) -> None:
    assert effort_of(budget_tokens) is effort
