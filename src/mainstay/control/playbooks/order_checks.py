"""Orders of playbooks, held against what the desk of orders would say: an order that policy forbids for everything is a
mistake of the playbook, not of the night when it runs."""

from collections.abc import Iterator, Mapping

from mainstay.config.mistake import Mistake, child_path, item_path
from mainstay.control.playbooks.ports import EffectError, OrderPort
from mainstay.model.playbook import Action, GiveOrder, Playbook, RunBegan
from mainstay.ops.playbooks.actions import order_of
from mainstay.ops.playbooks.plan import PLANNED_RUN
from mainstay.ops.playbooks.state import RunState


def forbidden_orders(playbooks: Mapping[str, Playbook], orders: OrderPort, now: float) -> Iterator[Mistake]:
    """Those that would be refused whatever happens. Orders about what is known only then are left to `plan`."""
    for name, playbook in playbooks.items():
        began = RunBegan(playbook, "", "a check", "")
        state = RunState(PLANNED_RUN, "", "", began, now, 1, now, "")
        for index, step in enumerate(playbook.steps):
            where = item_path(child_path(child_path("playbooks", name), "steps"), index)
            yield from _refused(child_path(where, "order"), step.action, state, orders)
            if step.undo is not None:
                yield from _refused(child_path(child_path(where, "undo"), "order"), step.undo, state, orders)


def _refused(path: str, action: Action, state: RunState, orders: OrderPort) -> Iterator[Mistake]:
    if not isinstance(action, GiveOrder) or _is_open(action):
        return
    try:
        preview = orders.preview(order_of(action, state, "check", state.began_at))
    except EffectError:
        return
    if preview.refusal:
        yield Mistake(path, f"would be refused: {preview.refusal}")


def _is_open(action: GiveOrder) -> bool:
    """Whether it is known only when it runs what the order is about."""
    scope = (*action.scope.models, *action.scope.workloads, *action.scope.tenants)
    return any("{" in text for text in (action.upstream, action.credential, action.model, *scope))
