"""Whether what a person says counts."""

import pytest

from mainstay.model.playbook import Approve, Approved, Refused
from mainstay.ops.playbooks.approvals import NotCounted, Voter, verdict
from tests.ops.playbooks.drill import Drill, book_of, note, step_of

ANN, BOB = Voter("ann", "operator"), Voter("bob", "admin")


def asking(**how: object) -> Drill:
    drill = Drill(book_of(step_of("ask", Approve(**how)), note("b")))  # type: ignore[arg-type] # as the tests name them
    drill.go()
    return drill


def why_not(drill: Drill, voter: Voter, *, is_yes: bool = True, step: str = "") -> str:
    found = verdict(drill.state, voter, drill.now, is_yes=is_yes, step=step)
    assert isinstance(found, NotCounted), found
    return found.words


def test_a_yes_and_a_no() -> None:
    drill = asking()
    assert verdict(drill.state, ANN, drill.now, is_yes=True, comment="fine") == Approved("ask", "operator", "fine")
    assert verdict(drill.state, BOB, drill.now, is_yes=False, step="ask") == Refused("ask", "admin")


@pytest.mark.parametrize(
    ("role", "needed", "counts"),
    [
        ("viewer", "operator", False),
        ("operator", "operator", True),
        ("admin", "operator", True),
        ("operator", "admin", False),
        ("nobody", "operator", False),
    ],
)
def test_a_higher_role_will_do(role: str, needed: str, *, counts: bool) -> None:
    drill = asking(role=needed)
    found = verdict(drill.state, Voter("ann", role), drill.now, is_yes=True)
    assert isinstance(found, Approved) is counts


def test_nobody_counts_twice() -> None:
    drill = asking(count=2)
    drill.tell(Approved("ask", "operator"), by="ann")
    assert "ann has approved ask already; another person must" in why_not(drill, ANN)
    assert isinstance(verdict(drill.state, BOB, drill.now, is_yes=True), Approved)


def test_who_comes_second_is_told_who_was_first() -> None:
    drill = asking()
    drill.tell(Approved("ask", "operator"), by="ann")
    assert "was approved already, by ann" in why_not(drill, BOB)
    drill.go()
    assert "there is nothing to answer" in why_not(drill, BOB)


def test_after_a_refusal_nothing_counts() -> None:
    drill = asking(count=2)
    drill.tell(Refused("ask", "operator"), by="ann")
    assert "was refused already" in why_not(drill, BOB)


def test_an_answer_comes_in_time_or_not_at_all() -> None:
    drill = asking(expires_seconds=60.0)
    drill.now += 60
    assert "the time to answer for ask is over" in why_not(drill, ANN)


def test_an_answer_to_another_question_does_not_count() -> None:
    assert "it asks for ask" in why_not(asking(), ANN, step="other")


def test_a_run_that_asks_for_nothing_says_so() -> None:
    drill = Drill(book_of(note("a")))
    assert "asks for nothing now" in why_not(drill, ANN)
