"""Why an order cannot be given: names that nobody has, others in force, policy, or nobody who would be left."""

from collections.abc import Sequence
from typing import Final

from mainstay.config.snapshot import Snapshot
from mainstay.control.orders.reach import TOWARDS, Reach, reach_of, unknown_name
from mainstay.control.orders.refusal import Refusal
from mainstay.engine.routing.soundness import problem_of
from mainstay.model.orders import SAFE_MODES, Order

IN_FORCE_MAX: Final = 200
EMPTIED_SHOWN_MAX: Final = 3


def objection(order: Order, current: Sequence[Order], snapshot: Snapshot) -> Refusal | None:
    """Why it cannot be given beside those in force; `None` where it can."""
    problem = problem_of(order) or unknown_name(order, snapshot)
    if problem:
        return Refusal(problem)
    if len(current) >= IN_FORCE_MAX:
        return Refusal(f"{IN_FORCE_MAX} orders are in force already: end some of them first")
    return _conflict(order, current) or _out_of_reach(order, reach_of(order, current, snapshot))


def _conflict(order: Order, current: Sequence[Order]) -> Refusal | None:
    """Which order in force says the same, or the contrary, about the same exchanges."""
    for one in current:
        if one.scope != order.scope or one.kind is not order.kind:
            continue
        advice = f"end it first (`mainstay route undo {one.id}`)"
        if (one.upstream, one.model, one.credential) == (order.upstream, order.model, order.credential):
            return Refusal(f"{one.id} ({one.target}) is in force already: {advice}", existing=one.id)
        if order.kind in TOWARDS:
            return Refusal(f"{one.id} ({one.target}) is in force for the same work: {advice}")
    return None


def _out_of_reach(order: Order, reach: Reach) -> Refusal | None:
    if not reach.menus:
        return Refusal("no model is used for any workload of this scope")
    if order.kind in TOWARDS and not reach.followers and reach.kept_out:
        text = f"policy forbids it for everything in scope, and no order relaxes policy: {reach.kept_out[0]}"
        return Refusal(text)
    if order.kind not in SAFE_MODES and not reach.followers:
        return Refusal(f"{order.upstream} serves nothing of what is in scope")
    if reach.emptied:
        shown = ", ".join(reach.emptied[:EMPTIED_SHOWN_MAX])
        rest = f" and {len(reach.emptied) - EMPTIED_SHOWN_MAX} more" if len(reach.emptied) > EMPTIED_SHOWN_MAX else ""
        text = f"it would leave nobody for {shown}{rest}; give it with force if that is meant"
        return Refusal(text, force_helps=True)
    return None
