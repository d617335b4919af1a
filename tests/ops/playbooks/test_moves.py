"""What a run does next, on a virtual clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.playbook import (
    Approve,
    Approved,
    Asked,
    Cancelled,
    Clause,
    Condition,
    Notify,
    Refused,
    Verify,
    Wait,
)
from mainstay.ops.playbooks.actions import order_id
from mainstay.ops.playbooks.moves import Over, Perform, Sleep
from mainstay.ops.playbooks.outcomes import Done, Failed
from mainstay.ops.playbooks.state import Deed
from tests.ops.playbooks.drill import (
    INCIDENT,
    Drill,
    book_of,
    drain,
    facts_of,
    fails,
    note,
    probed,
    state_is,
    step_of,
)


def test_steps_are_done_one_after_the_other() -> None:
    drill = Drill(book_of(note("a"), note("b")))
    assert isinstance(drill.go(), Over)
    assert drill.log == [
        "RunBegan",
        "StepBegan a 1",
        "StepEnded a done",
        "StepBegan b 1",
        "StepEnded b done",
        "RunEnded",
    ]
    assert drill.state.outcome == "done"


def test_an_effect_is_announced_with_its_key_before_it_is_performed() -> None:
    drill = Drill(book_of(note("a")))
    first = drill.move()
    drill.tell(first.event, "mainstay")  # type: ignore[union-attr] # the first move writes
    second = drill.move()
    assert isinstance(second, Perform)
    assert second.deed.key == "RUN-1/1000000/a"


def test_attempts_wait_ever_longer_and_keep_their_key() -> None:
    drill = Drill(book_of(note("a", attempts=3, wait_seconds=10.0)))
    drill.go(fails("a"))
    assert drill.sleeps_for() == 10
    drill.later(9, fails("a"))
    assert len(drill.did) == 1
    drill.later(1, fails("a"))
    assert drill.sleeps_for() == 20
    drill.later(20, fails("a"))
    assert {key for _, key in drill.did} == {"RUN-1/1000000/a"}
    assert len(drill.did) == 3
    assert drill.state.outcome == "failed"
    assert "it broke" in drill.state.words


def test_what_was_refused_for_good_is_not_tried_again() -> None:
    drill = Drill(book_of(note("a", attempts=5)))
    drill.go(fails("a", final=True))
    assert len(drill.did) == 1
    assert drill.state.outcome == "failed"


def test_a_failed_step_can_be_passed_over() -> None:
    drill = Drill(book_of(note("a", on_failure="continue"), note("b")))
    drill.go(fails("a"))
    assert drill.outcomes() == [("a", "failed"), ("b", "done")]
    assert (drill.state.outcome, drill.state.words) == ("done", "failed on the way: a")


def test_a_failed_step_can_lead_to_another() -> None:
    drill = Drill(book_of(note("a", on_failure="c"), note("b"), note("c")))
    drill.go(fails("a"))
    assert drill.outcomes() == [("a", "failed"), ("c", "done")]


def test_a_way_back_is_taken_so_often_at_most_and_each_round_has_its_own_key() -> None:
    drill = Drill(book_of(note("a"), note("b", on_failure="a", jumps_max=2)))
    drill.go(fails("b"))
    assert drill.outcomes() == [("a", "done"), ("b", "failed")] * 3
    assert [key for step, key in drill.did if step == "a"] == [
        "RUN-1/1000000/a",
        "RUN-1/1000000/a/2",
        "RUN-1/1000000/a/3",
    ]
    assert drill.state.outcome == "failed"


def test_unwinding_goes_backwards_and_an_undoing_that_fails_stops_no_other() -> None:
    bad = note("c", on_failure="undo")
    drill = Drill(book_of(drain("a"), step_of("b", Wait(1.0)), drain("d"), bad))
    drill.go()
    drill.now += 1
    for _ in range(3):
        drill.later(60, fails("c", "-d"))
    assert drill.outcomes() == [
        ("a", "done"),
        ("b", "done"),
        ("d", "done"),
        ("c", "failed"),
        ("-d", "failed"),
        ("-a", "done"),
    ]
    assert drill.state.outcome == "failed"
    assert "undone: a" in drill.state.words
    assert "NOT undone, look after it yourself: d" in drill.state.words


def test_an_order_is_undone_by_its_end() -> None:
    drill = Drill(book_of(drain("a"), note("b", on_failure="undo")))
    drill.go(fails("b"))
    undone = next(deed for deed in drill.state.deeds if deed.is_undo)
    given = next(deed for deed in drill.state.deeds if deed.step == "a")
    assert getattr(undone.action, "ids", ()) == (order_id(given.key),)


def test_what_may_have_happened_is_undone_too() -> None:
    drill = Drill(book_of(drain("a", on_failure="undo")))
    drill.go(fails("a", acted=True))
    assert drill.outcomes() == [("a", "failed"), ("-a", "done")]


def test_what_surely_did_not_happen_is_not_undone() -> None:
    drill = Drill(book_of(drain("a", on_failure="undo")))
    drill.go(fails("a"))
    assert drill.outcomes() == [("a", "failed")]


def test_a_step_is_verified_within_its_time() -> None:
    verify = Verify(state_is("upstream:anthropic", "well"), 60.0)
    drill = Drill(book_of(drain("a", verify=verify)), facts_of(anthropic=("ill", 0.0)))
    drill.go()
    assert drill.sleeps_for() == 60
    drill.facts = facts_of(anthropic=("well", drill.now))
    drill.later(30)
    assert drill.outcomes() == [("a", "done")]


def test_a_step_that_is_not_verified_has_failed_with_its_effect() -> None:
    verify = Verify(state_is("upstream:anthropic", "well"), 60.0)
    drill = Drill(book_of(drain("a", verify=verify, on_failure="undo")), facts_of(anthropic=("ill", 0.0)))
    drill.go()
    drill.later(60)
    assert drill.outcomes() == [("a", "failed"), ("-a", "done")]
    assert "not verified within 60 s" in drill.state.words


def test_waiting_some_seconds() -> None:
    drill = Drill(book_of(step_of("a", Wait(30.0))))
    drill.go()
    assert drill.sleeps_for() == 30
    assert isinstance(drill.later(29.9), Sleep)
    assert isinstance(drill.later(0.1), Over)
    assert drill.did == []


def test_waiting_until_something_is_so_for_a_time() -> None:
    until = state_is("upstream:{incident.upstream}", "well", for_seconds=60.0)
    step = step_of("a", Wait(until=until), timeout_seconds=300.0)
    drill = Drill(book_of(step), facts_of(anthropic=("ill", 0.0)), "INC-7")
    drill.go()
    drill.facts = facts_of(anthropic=("well", drill.now))
    assert isinstance(drill.later(59), Sleep)
    assert isinstance(drill.later(1), Over)


def test_waiting_in_vain_fails() -> None:
    step = step_of("a", Wait(until=state_is("upstream:anthropic", "well")), timeout_seconds=300.0)
    drill = Drill(book_of(step))
    drill.go()
    assert isinstance(drill.later(300), Over)
    assert drill.state.outcome == "failed"
    assert "it was not so within 300 s" in drill.state.words


def test_a_probe_counts_from_when_the_waiting_began() -> None:
    clause = Clause("upstream:anthropic", probe="served")
    step = step_of("a", Wait(until=Condition((clause,))), timeout_seconds=300.0)
    drill = Drill(book_of(step))
    drill.facts = probed("served", drill.now - 1)
    drill.go()
    assert isinstance(drill.move(), Sleep)
    drill.facts = probed("served", drill.now + 1)
    assert isinstance(drill.later(2), Over)
    assert drill.state.outcome == "done"


def test_a_step_whose_condition_does_not_hold_is_left_out() -> None:
    failed = Condition((Clause(step="a", outcomes=("failed",)),))
    drill = Drill(book_of(note("a"), note("b", when=failed), note("c")))
    drill.go()
    assert drill.outcomes() == [("a", "done"), ("b", "skipped"), ("c", "done")]


def test_a_text_that_needs_what_is_not_known_fails_before_anything_is_done() -> None:
    drill = Drill(book_of(step_of("a", Notify("{incident.title}", "x"))))
    drill.go()
    assert drill.did == []
    assert "{incident.title} is not known here" in drill.state.words


def asked(**how: object) -> Drill:
    drill = Drill(book_of(step_of("ask", Approve(**how)), note("b")))  # type: ignore[arg-type] # as the tests name them
    drill.go()
    return drill


def test_an_approval_is_asked_for_and_waited_for() -> None:
    drill = asked(expires_seconds=600.0)
    assert drill.log[-2:] == ["StepBegan ask 1", "Asked ask"]
    assert drill.sleeps_for() == 600
    drill.tell(Approved("ask", "operator"), by="ann")
    assert isinstance(drill.go(), Over)
    assert drill.state.deeds[0].words == "approved by ann"


def test_two_different_people_are_needed() -> None:
    drill = asked(count=2)
    drill.tell(Approved("ask", "operator"), by="ann")
    drill.tell(Approved("ask", "operator"), by="ann")
    assert isinstance(drill.go(), Sleep)
    drill.tell(Approved("ask", "operator"), by="bob")
    assert isinstance(drill.go(), Over)


def test_one_refusal_ends_it_with_its_reason() -> None:
    drill = asked(count=2)
    drill.tell(Approved("ask", "operator"), by="ann")
    drill.tell(Refused("ask", "admin", "not on a Friday"), by="bob")
    drill.go()
    assert (drill.state.outcome, drill.outcomes()) == ("refused", [("ask", "refused")])
    assert "bob refused: not on a Friday" in drill.state.words


def test_an_approval_that_nobody_gives_expires() -> None:
    drill = asked(expires_seconds=600.0, count=2)
    drill.tell(Approved("ask", "operator"), by="ann")
    assert isinstance(drill.later(599.9), Sleep)
    drill.later(0.1)
    assert drill.outcomes() == [("ask", "expired")]
    assert "1 of 2 approved within 600 s" in drill.state.words


def test_an_approval_that_nobody_gives_can_count_as_given() -> None:
    drill = asked(expires_seconds=600.0, on_expiry="approve")
    drill.later(600)
    assert drill.outcomes() == [("ask", "done"), ("b", "done")]


def test_who_is_asked_and_cannot_be_told_can_still_answer() -> None:
    drill = Drill(book_of(step_of("ask", Approve())))
    drill.go(fails("ask"))
    assert drill.log[-1] == "Asked ask"
    assert drill.state.deeds[0].words == "nobody could be told: it broke"
    drill.tell(Approved("ask", "operator"))
    assert isinstance(drill.go(), Over)


def test_an_answer_that_comes_before_people_were_told_counts() -> None:
    drill = Drill(book_of(step_of("ask", Approve(count=2)), note("b")))
    drill.tell(drill.move().event, "mainstay")  # type: ignore[union-attr] # the step begins
    drill.tell(Approved("ask", "operator"), by="ann")
    assert isinstance(drill.move(), Perform)
    drill.go()
    assert drill.sleeps_for() == 3_600
    assert [vote.by for vote in drill.state.deeds[0].votes] == ["ann"]


def test_a_cancelled_run_stops_where_it_is() -> None:
    drill = Drill(book_of(drain("a"), step_of("b", Wait(60.0))))
    drill.go()
    drill.tell(Cancelled("a mistake"), by="ann")
    assert isinstance(drill.go(), Over)
    assert drill.outcomes() == [("a", "done"), ("b", "cancelled")]
    assert (drill.state.outcome, drill.state.words) == ("cancelled", "cancelled by ann: a mistake")


def test_a_cancelled_run_can_be_undone() -> None:
    drill = Drill(book_of(drain("a"), step_of("b", Wait(60.0))))
    drill.go()
    drill.tell(Cancelled("", is_undone=True), by="ann")
    drill.go()
    assert drill.outcomes() == [("a", "done"), ("b", "cancelled"), ("-a", "done")]


def test_what_was_under_way_when_it_was_cancelled_is_undone() -> None:
    drill = Drill(book_of(drain("a")))
    drill.tell(drill.move().event, "mainstay")  # type: ignore[union-attr] # the step begins
    drill.tell(Cancelled("", is_undone=True))
    drill.go()
    assert drill.outcomes() == [("a", "cancelled"), ("-a", "done")]


def test_what_waits_to_be_verified_when_it_is_cancelled_is_undone() -> None:
    verify = Verify(state_is("upstream:anthropic", "well"), 60.0)
    drill = Drill(book_of(drain("a", verify=verify)))
    drill.go()
    drill.tell(Cancelled("", is_undone=True))
    drill.go()
    assert drill.outcomes() == [("a", "cancelled"), ("-a", "done")]


def test_a_run_that_lasts_too_long_has_failed() -> None:
    drill = Drill(book_of(drain("a"), step_of("b", Wait(500.0)), note("c"), expires_seconds=100.0))
    drill.go()
    assert isinstance(drill.later(99), Sleep)
    drill.later(1)
    assert (drill.state.outcome, drill.outcomes()) == ("failed", [("a", "done"), ("b", "failed")])
    assert "longer than 100 s" in drill.state.words


def test_a_run_that_lasts_too_long_does_not_go_on_behind_a_step_that_may_fail() -> None:
    drill = Drill(book_of(step_of("b", Wait(500.0), on_failure="continue"), note("c"), expires_seconds=100.0))
    drill.go()
    drill.later(100)
    assert drill.outcomes() == [("b", "failed")]
    assert drill.state.outcome == "failed"


def test_unwinding_goes_on_when_the_time_of_the_run_is_over() -> None:
    drill = Drill(book_of(drain("a"), note("b", on_failure="undo"), expires_seconds=100.0))
    drill.go(fails("b", "-a"))
    drill.now += 200
    drill.go(fails("b", "-a"))
    drill.later(100)
    assert ("-a", "done") in drill.outcomes()


OUTCOMES = st.sampled_from([Done("done"), Failed("no"), Failed("no", may_have_acted=True), Failed("no", is_final=True)])
ON_FAILURE = st.sampled_from(["stop", "continue", "undo", "s0", "s2"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["note", "drain", "wait", "ask"]), ON_FAILURE, st.integers(1, 3)), min_size=3, max_size=4
)


@given(STEPS, st.lists(OUTCOMES, min_size=1, max_size=20), st.lists(st.integers(0, 40), max_size=10))
def test_every_run_comes_to_an_end_and_undoes_each_visit_once(
    kinds: list[tuple[str, str, int]], results: list[Done | Failed], pauses: list[int]
) -> None:
    steps = []
    for number, (kind, on_failure, attempts) in enumerate(kinds):
        how = {"on_failure": on_failure, "jumps_max": 1}
        name = f"s{number}"
        if kind == "wait":
            steps.append(step_of(name, Wait(10.0), **how))
        elif kind == "ask":
            steps.append(step_of(name, Approve(expires_seconds=20.0), **how))
        else:
            steps.append((note if kind == "note" else drain)(name, attempts=attempts, **how))
    drill, count = Drill(book_of(*steps), facts_of(), INCIDENT.id), 0

    def result(_deed: Deed) -> Done | Failed:
        nonlocal count
        count += 1
        return results[count % len(results)]

    move = drill.go(result)
    for pause in [*pauses, *[60] * 100]:
        if isinstance(move, Over):
            break
        move = drill.later(pause, result)
    assert isinstance(move, Over)
    undone = [(deed.step, deed.round) for deed in drill.state.deeds if deed.is_undo]
    assert len(undone) == len(set(undone))
    if drill.state.is_unwinding:
        done = [
            (deed.step, deed.round)
            for deed in reversed(drill.state.deeds)
            if not deed.is_undo and deed.has_effect and "drain" in str(deed.action)
        ]
        assert undone == done


@pytest.mark.parametrize("asked_again", [Asked("ask", 1.0)])
def test_being_told_twice_changes_nothing(asked_again: Asked) -> None:
    drill = asked()
    drill.tell(asked_again)
    assert isinstance(drill.move(), Sleep)
