"""From a file of playbooks to their values."""

import pytest

from mainstay.config.build_playbooks import build_action, build_playbooks, ready_modes
from mainstay.config.playbook_schema import ActionSection
from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.model.notice import Severity
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
    Playbook,
    Probe,
    Publish,
    ScheduleTrigger,
    Step,
    UpdateIncident,
    Verify,
    Wait,
    Webhook,
)
from tests.config.playbook_texts import loaded

SHIFT = (
    "order: {kind: shift, upstream: spare, percent: 20, ramp_seconds: 5, for_seconds: 60, reason: r, "
    "model: m, scope: {models: [sonnet], workloads: [default], tenants: [t]}}"
)


def built(steps: str, head: str = "") -> Playbook:
    found = loaded(steps, head)
    assert found.mistakes == ()
    return found.playbooks["p"]


def action(text: str) -> Action:
    return built(f"{{id: a, {text}}}").steps[0].action


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SHIFT,
            GiveOrder(
                OrderKind.SHIFT, "spare", "", "m", Scope(("sonnet",), ("default",), ("t",)), 20.0, 5.0, 60.0, "r"
            ),
        ),
        (
            "order: {kind: forbid, upstream: anthropic, credential: main}",
            GiveOrder(OrderKind.FORBID, "anthropic", "main"),
        ),
        ("order: {kind: cache-first}", GiveOrder(OrderKind.CACHE_FIRST)),
        ("end_orders: {upstream: spare, kinds: [drain]}", EndOrders("spare", (OrderKind.DRAIN,))),
        ("probe: 'model:sonnet'", Probe("model:sonnet")),
        ("wait: {seconds: 5}", Wait(5.0)),
        (
            "wait: {until: {incident: [resolved]}}",
            Wait(until=Condition((Clause(incident=(IncidentStatus.RESOLVED,)),))),
        ),
        (
            "approve: {role: admin, count: 2, expires_seconds: 9, on_expiry: approve, text: x}",
            Approve("admin", 2, 9.0, "approve", "x"),
        ),
        (
            "notify: {title: t, text: x, severity: major, targets: [ops], acknowledge: true}",
            Notify("t", "x", Severity.MAJOR, ("ops",), needs_acknowledgement=True),
        ),
        ("publish: {text: x, status: monitoring}", Publish("x", IncidentStatus.MONITORING)),
        ("publish: {text: x}", Publish("x")),
        (
            "webhook: {url: 'https://h.example/x', key: 'env:K', body: {a: b}}",
            Webhook("https://h.example/x", "env:K", {"a": "b"}),
        ),
        (
            "open_incident: {title: t, impact: major, components: {'model:sonnet': partial_outage}, private: true}",
            OpenIncident(
                "t", Impact.MAJOR, (Affected("model:sonnet", ComponentStatus.PARTIAL_OUTAGE),), is_private=True
            ),
        ),
        (
            "update_incident: {status: identified, impact: none, title: t}",
            UpdateIncident(IncidentStatus.IDENTIFIED, Impact.NONE, "t"),
        ),
        ("update_incident: {title: t}", UpdateIncident(title="t")),
        ("note: n", Note("n")),
    ],
)
def test_every_action(text: str, expected: Action) -> None:
    assert action(text) == expected


def test_how_a_step_is_done() -> None:
    (step,) = built(
        "{id: a, title: t, note: n, timeout_seconds: 7, attempts: 3, wait_seconds: 2, on_failure: undo, jumps_max: 1, "
        "verify: {component: 'model:*', states: [well], for_seconds: 5, within_seconds: 9}, undo: {note: u}, "
        "when: {every: [{step: a, outcomes: [done]}], some: [{impact_min: minor}, {component: '*', probe: served}]}, "
        "idempotency_key: 'k {run.id}'}"
    ).steps
    assert step == Step(
        "a",
        Note("n"),
        "t",
        7.0,
        3,
        2.0,
        "undo",
        Verify(Condition((Clause("model:*", ("well",), 5.0),)), 9.0),
        Note("u"),
        Condition(
            (Clause(step="a", outcomes=("done",)),),
            (Clause(impact_min=Impact.MINOR), Clause("*", probe="served")),
        ),
        "k {run.id}",
        1,
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("note: n", 30.0), ("probe: 'model:sonnet'", 60.0), ("wait: {until: {incident: [resolved]}}", 1_800.0)],
)
def test_how_long_an_action_may_take_where_nobody_says(text: str, seconds: float) -> None:
    assert built(f"{{id: a, {text}}}").steps[0].timeout_seconds == seconds


def test_every_trigger() -> None:
    head = """
triggers:
  - incident: {events: [updated], components: ["upstream:*"], without: ["model:*"], upstreams_min: 1, upstreams_max: 2,
      impact_min: minor, impact_max: major, component_status_min: partial_outage,
      component_status_max: partial_outage, statuses: [monitoring], sources: [hand], causes: [aws]}
  - evidence: {components: ["*"], states: [well], causes: [cdn]}
  - alert: {kinds: [auth], upstreams: [spare]}
  - schedule: "0 9 * * *"
mode: approve
runs: again
pause_seconds: 5
expires_seconds: 60
description: d
"""
    book = built("{id: a, note: n}", head)
    assert book.triggers == (
        IncidentTrigger(
            ("updated",),
            ("upstream:*",),
            ("model:*",),
            1,
            2,
            Impact.MINOR,
            Impact.MAJOR,
            ComponentStatus.PARTIAL_OUTAGE,
            ComponentStatus.PARTIAL_OUTAGE,
            (IncidentStatus.MONITORING,),
            ("hand",),
            ("aws",),
        ),
        EvidenceTrigger(("*",), ("well",), ("cdn",)),
        AlertTrigger(("auth",), ("spare",)),
        ScheduleTrigger("0 9 * * *"),
    )
    assert (book.mode, book.runs, book.pause_seconds, book.expires_seconds) == ("approve", "again", 5.0, 60.0)
    assert (book.name, book.description) == ("p", "d")


def test_words_are_modes_of_ready_playbooks() -> None:
    assert build_playbooks({"provider-down": "off"}) == {}
    assert ready_modes({"provider-down": "off"}) == {"provider-down": "off"}


def test_a_step_that_does_nothing_was_not_checked() -> None:
    with pytest.raises(ValueError, match="not checked"):
        build_action(ActionSection())
