"""Actions with their texts filled in."""

import pytest

from mainstay.model.incident import Affected, ComponentStatus
from mainstay.model.orders import OrderKind, Scope
from mainstay.model.playbook import (
    Action,
    Approve,
    EndOrders,
    GiveOrder,
    Note,
    Notify,
    OpenIncident,
    Probe,
    Publish,
    UpdateIncident,
    Wait,
    Webhook,
)
from mainstay.ops.playbooks.actions import action_of, condition_of, key_of, order_id, order_of, undo_of
from mainstay.ops.playbooks.texts import UnknownValueError
from tests.ops.playbooks.drill import Drill, book_of, drain, note, state_is, step_of

VALUES = {"run.upstream": "anthropic", "run.component": "upstream:anthropic", "run.id": "RUN-1", "step": "a"}
STATE = Drill(book_of(note("a")), component="upstream:anthropic", incident="INC-7").state
BRACES = "{run.upstream}"


@pytest.mark.parametrize(
    ("action", "filled"),
    [
        (
            GiveOrder(OrderKind.FORBID, BRACES, BRACES, BRACES, Scope((BRACES,), (BRACES,), (BRACES,)), reason=BRACES),
            GiveOrder(
                OrderKind.FORBID,
                "anthropic",
                "anthropic",
                "anthropic",
                Scope(("anthropic",), ("anthropic",), ("anthropic",)),
                reason="anthropic",
            ),
        ),
        (EndOrders(BRACES), EndOrders("anthropic")),
        (Probe("upstream:{run.upstream}#login"), Probe("upstream:anthropic#login")),
        (Wait(until=state_is("{run.component}", "well")), Wait(until=state_is("upstream:anthropic", "well"))),
        (Wait(5.0), Wait(5.0)),
        (Approve(text=BRACES), Approve(text="anthropic")),
        (Notify(BRACES, BRACES), Notify("anthropic", "anthropic")),
        (Publish(BRACES), Publish("anthropic")),
        (Note(BRACES), Note("anthropic")),
        (Webhook("https://x", body={"a": BRACES}), Webhook("https://x", body={"a": "anthropic"})),
        (
            OpenIncident(BRACES, affected=(Affected("{run.component}", ComponentStatus.DEGRADED),), text=BRACES),
            OpenIncident(
                "anthropic", affected=(Affected("upstream:anthropic", ComponentStatus.DEGRADED),), text="anthropic"
            ),
        ),
        (UpdateIncident(title=BRACES), UpdateIncident(title="anthropic")),
    ],
)
def test_all_texts_are_filled_in(action: Action, filled: Action) -> None:
    assert action_of(step_of("a", action), STATE, VALUES) == filled


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(UnknownValueError, match="is no component"):
        action_of(step_of("a", Probe("{run.upstream}")), STATE, VALUES)
    assert condition_of(state_is("*", "well"), VALUES) == state_is("*", "well")


def test_orders_of_earlier_steps_are_named_by_their_ids() -> None:
    drill = Drill(book_of(drain("d", on_failure="continue"), note("x")))
    drill.go()
    ended = action_of(step_of("a", EndOrders(steps=("d",))), drill.state, VALUES)
    assert ended == EndOrders(ids=(order_id(drill.state.deeds[0].key),))


def test_a_key_is_of_run_and_step_and_told_apart_by_round() -> None:
    step = note("a")
    assert key_of(step, STATE, 1, VALUES) == "RUN-1/1000000/a"
    assert key_of(step, STATE, 2, VALUES) == "RUN-1/1000000/a/2"
    assert key_of(note("a", key="drain {run.upstream}"), STATE, 1, VALUES) == "drain anthropic"


def test_an_order_is_the_same_each_time() -> None:
    action = GiveOrder(OrderKind.DRAIN, "anthropic", for_seconds=60.0)
    order = order_of(action, STATE, "key", 5.0)
    assert order == order_of(action, STATE, "key", 5.0)
    assert (order.id, order.given_at, order.expires_at) == (order_id("key"), 5.0, 65.0)
    assert (order.author, order.reason, order.via) == ("playbook help", "RUN-1: a test", "playbook")
    assert (order.incident, order.run) == ("INC-7", "RUN-1")
    assert order_id("key") != order_id("other")


def test_what_is_undone_without_a_word_is_an_order_only() -> None:
    drill = Drill(book_of(drain("d"), note("n"), note("u", undo=Note("{run.upstream} again"))))
    drill.go()
    drained, noted, undoable = drill.state.deeds
    assert undo_of(drained, drill.state, VALUES) == EndOrders(ids=(order_id(drained.key),))
    assert undo_of(noted, drill.state, VALUES) is None
    assert undo_of(undoable, drill.state, VALUES) == Note("anthropic again")
