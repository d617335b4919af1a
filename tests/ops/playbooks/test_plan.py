"""What a run would do."""

from mainstay.model.playbook import Approve, Clause, Condition, EndOrders, Notify, Wait
from mainstay.ops.playbooks.facts import NOTHING_KNOWN
from mainstay.ops.playbooks.plan import plan
from mainstay.ops.playbooks.triggers import Subject
from tests.ops.playbooks.drill import book_of, drain, facts_of, note, state_is, step_of

SUBJECT = Subject("by hand", "INC-7", "upstream:anthropic")


def test_each_step_says_what_it_does_whom_it_asks_and_whom_it_tells() -> None:
    playbook = book_of(
        step_of("ask", Approve("admin")),
        drain("drain"),
        step_of("tell", Notify("{incident.title}", "x", targets=("ops",))),
        step_of("back", EndOrders(steps=("drain",))),
    )
    ask, drained, tell, back = plan(playbook, SUBJECT, facts_of(), 5.0).steps
    assert ask.asks == "admin"
    assert drained.order is not None
    assert (drained.order.upstream, drained.order.given_at) == ("anthropic", 5.0)
    assert (tell.what, tell.tells) == ("tell ops (warning): Anthropic is down", ("ops",))
    assert back.what == "end orders of drain"
    assert not any(step.problem for step in (ask, drained, tell, back))


def test_what_is_not_known_is_a_problem_of_its_step_alone() -> None:
    playbook = book_of(note("a"), step_of("b", Notify("{incident.title}", "x")))
    first, second = plan(playbook, Subject("by hand"), NOTHING_KNOWN, 5.0).steps
    assert first.problem == ""
    assert "{incident.title} is not known" in second.problem


def test_whether_a_condition_holds_now() -> None:
    later = Condition((Clause(step="a", outcomes=("done",)),))
    playbook = book_of(
        note("a", when=state_is("upstream:anthropic", "ill")),
        note("b", when=state_is("upstream:anthropic", "well")),
        note("c", when=later),
        step_of("d", Wait(5.0)),
    )
    steps = plan(playbook, SUBJECT, facts_of(anthropic=("ill", 0.0)), 5.0).steps
    assert [step.now for step in steps] == [True, False, None, None]
