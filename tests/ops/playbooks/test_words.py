"""Words about playbooks."""

import pytest

from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.model.orders import OrderKind, Scope
from mainstay.model.playbook import (
    Action,
    AlertTrigger,
    Approve,
    Clause,
    Condition,
    EndOrders,
    EvidenceTrigger,
    GiveOrder,
    IncidentTrigger,
    Note,
    Notify,
    OpenIncident,
    Probe,
    Publish,
    ScheduleTrigger,
    Trigger,
    UpdateIncident,
    Verify,
    Wait,
    Webhook,
)
from mainstay.ops.playbooks.words import action_words, condition_words, duration, step_notes, trigger_words
from tests.ops.playbooks.drill import drain, note, state_is


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (GiveOrder(OrderKind.DRAIN, "a", model="m", credential="c"), "order drain a/m, credential c for 4 h"),
        (
            GiveOrder(OrderKind.SHIFT, "a", percent=20.0, ramp_seconds=60.0, scope=Scope(("m",), ("w",))),
            "order shift a, 20 % within 1 min, models m, workloads w for 4 h",
        ),
        (GiveOrder(OrderKind.READ_ONLY, for_seconds=30.0), "order read-only for 30 s"),
        (EndOrders("a", (OrderKind.DRAIN,), ("s",)), "end orders of s and about a (drain)"),
        (EndOrders(ids=("ORD-1",)), "end orders ORD-1"),
        (Probe("upstream:a"), "probe upstream:a"),
        (Wait(90.0), "wait 1.5 min"),
        (Wait(until=state_is("model:m", "well")), "wait until model:m is well"),
        (Approve(), "ask one operator (after 1 h it counts as refused)"),
        (
            Approve("admin", 2, 60.0, "approve", "may it?"),
            "ask 2 people with the role admin: may it? (after 1 min it counts as approved)",
        ),
        (Notify("t", "x", targets=("ops",)), "tell ops (warning): t"),
        (Publish("t", IncidentStatus.MONITORING), "publish, status monitoring: t"),
        (Webhook("https://h.example/secret/path", "env:K"), "call the webhook https://h.example, signed"),
        (Webhook("env:HOOK"), "call the webhook env:HOOK"),
        (OpenIncident("t", is_private=True), "open a private incident (minor): t"),
        (
            UpdateIncident(impact=Impact.MAJOR, affected=(Affected("model:m", ComponentStatus.DEGRADED),)),
            "update the incident: major, model:m degraded_performance",
        ),
        (Note("n"), "note: n"),
    ],
)
def test_what_an_action_does(action: Action, words: str) -> None:
    assert action_words(action) == words


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (Clause("model:m", ("well", "ill"), 60.0), "model:m is well or ill for 1 min"),
        (Clause("model:m", probe="served"), "a probe of model:m ended as served"),
        (Clause(incident=(IncidentStatus.RESOLVED,)), "the incident is resolved"),
        (Clause(impact_min=Impact.MINOR), "the incident's impact is minor or more"),
        (Clause(impact_min=Impact.NONE), "there is an incident"),
        (Clause(step="a", outcomes=("done",)), "step a is done"),
    ],
)
def test_what_must_be_so(clause: Clause, words: str) -> None:
    assert condition_words(Condition((clause,))) == words
    assert condition_words(Condition((), (clause, clause))) == f"{words} or {words}"
    assert condition_words(Condition((clause, clause), (clause,))) == f"{words} and {words}, and {words}"


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (
            IncidentTrigger(components=("upstream:*",), statuses=(IncidentStatus.MONITORING,)),
            "an incident opened about upstream:*, impact none to critical, monitoring",
        ),
        (EvidenceTrigger(("model:m",)), "model:m ill"),
        (AlertTrigger(("auth",), ("a",)), "an alert auth of a"),
        (ScheduleTrigger("0 9 * * *"), "schedule 0 9 * * * (UTC)"),
    ],
)
def test_what_begins_a_run(trigger: Trigger, words: str) -> None:
    assert trigger_words(trigger) == words


def test_how_a_step_is_done() -> None:
    verify = Verify(state_is("model:m", "well"), 60.0)
    step = drain("a", attempts=3, on_failure="undo", verify=verify, when=state_is("model:m", "ill"))
    assert step_notes(step) == [
        "only when model:m is ill",
        "up to 3 attempts, 5 s and more apart",
        "must hold within 1 min: model:m is well",
        "if it fails: undo",
        "undo: end this order",
    ]
    assert step_notes(note("a", undo=Note("x"))) == ["undo: note: x"]


def test_lengths_of_time() -> None:
    assert [duration(seconds) for seconds in (5.0, 60.0, 5_400.0)] == ["5 s", "1 min", "1.5 h"]
