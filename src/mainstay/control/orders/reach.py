"""What of the configuration an order is about: who would follow it, whom policy keeps from that, who would be left
with nobody."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from mainstay.config.schema import UpstreamSection
from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.engine.routing.applying import is_at
from mainstay.engine.routing.routing import Routing
from mainstay.engine.routing.scoping import covers
from mainstay.model.catalogue import Menu, Upstream
from mainstay.model.orders import Order, OrderKind

TOWARDS: Final = frozenset({OrderKind.PIN, OrderKind.PREFER, OrderKind.SHIFT})
"""Kinds that bring work to an upstream; the others take it away."""
SHOWN_MAX: Final = 20


class Reach(msgspec.Struct, frozen=True):
    """`menus` are in its scope. `followers` may follow it, `kept_out` may not, and policy says why; `emptied` would be
    left without any candidate."""

    menus: int = 0
    followers: int = 0
    kept_out: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def unknown_name(order: Order, snapshot: Snapshot) -> str:
    """What the order names and the file does not have, with the nearest name; empty where all is known."""
    upstreams = {one.name: one for one in snapshot.upstreams}
    if order.upstream and order.upstream not in upstreams:
        return f"no upstream is called {order.upstream!r}{_hint(order.upstream, upstreams)}"
    for model in order.scope.models:
        if snapshot.menu(model, "default") is None:
            return f"no model is called {model!r}{_hint(model, snapshot.model_names)}"
    for workload in order.scope.workloads:
        if workload not in snapshot.workloads:
            return f"no workload is called {workload!r}{_hint(workload, snapshot.workloads)}"
    return _unknown_at(order, upstreams[order.upstream], snapshot) if order.upstream else ""


def reach_of(order: Order, current: Sequence[Order], snapshot: Snapshot) -> Reach:
    """What it is about, beside those that are in force."""
    tenant = order.scope.tenants[0] if order.scope.tenants else ""
    before, after = Routing(current), Routing([*(one for one in current if one.id != order.id), order])
    wall = order.given_at + order.ramp_seconds
    found = list(_menus(order, snapshot, tenant))
    followers = [menu for menu in found if _may_follow(menu, order)]
    emptied = [
        f"{menu.model} for {menu.workload.name}"
        for menu in found
        if before.route(menu, tenant, 0.0, wall).candidates and not after.route(menu, tenant, 0.0, wall).candidates
    ]
    kept_out = [told for menu in found if order.kind in TOWARDS for told in _kept_out(menu, order)]
    return Reach(
        len(found), len(followers), tuple(kept_out[:SHOWN_MAX]), tuple(emptied[:SHOWN_MAX]), _notes(order, followers)
    )


def _menus(order: Order, snapshot: Snapshot, tenant: str) -> Iterator[Menu]:
    """Those of the file that are in its scope. Under a wildcard models have names that only callers know: those that
    the order names stand for them."""
    names = {*snapshot.models, *order.scope.models} if order.scope.models else set(snapshot.models)
    for model in sorted(names):
        for workload in snapshot.workloads:
            if covers(order.scope, model, workload, tenant):
                menu = snapshot.menus.get((model, workload)) or snapshot.menu(model, workload)
                if menu is not None:
                    yield menu


def _may_follow(menu: Menu, order: Order) -> bool:
    return not order.upstream or any(is_at(one, order) for one in menu.candidates)


def _kept_out(menu: Menu, order: Order) -> Iterator[str]:
    if _may_follow(menu, order):
        return
    for one in menu.skipped:
        if one.upstream == order.upstream and order.model in {"", one.model}:
            yield f"{_shown(menu.model)} for {menu.workload.name} stays away from {one.upstream}: {one.reason}"


def _notes(order: Order, followers: Sequence[Menu]) -> tuple[str, ...]:
    if order.kind not in {OrderKind.PREFER, OrderKind.SHIFT}:
        return ()
    behind = [
        f"{_shown(menu.model)} for {menu.workload.name}"
        for menu in followers
        if all(one.substitute for one in menu.candidates if is_at(one, order))
    ]
    if not behind:
        return ()
    shown = ", ".join(behind[:SHOWN_MAX])
    return (f"{order.upstream} has only another model for {shown}: it stays a substitute there; pin or drain moves it",)


def _unknown_at(order: Order, upstream: Upstream, snapshot: Snapshot) -> str:
    # The file's own, for whoever asks may not have the secrets; without them the snapshot leaves credentials out.
    section = snapshot.file.upstreams.get(upstream.name)
    credentials = sorted({one.name for one in upstream.credentials} | _written(section))
    if order.credential and order.credential not in credentials:
        return f"{upstream.name} has no credential {order.credential!r}{_hint(order.credential, credentials)}"
    served = {one.model for all_ in snapshot.models.values() for one in all_ if one.upstream.name == upstream.name}
    if order.model and order.model not in served and WILDCARD not in served:
        return f"{upstream.name} serves no model {order.model!r}{_hint(order.model, served)}"
    return ""


def _written(section: UpstreamSection | None) -> set[str]:
    return set() if section is None else {one.name for one in section.credentials}


def _hint(name: str, known: object) -> str:
    names = [one for one in known if isinstance(one, str)] if isinstance(known, dict | list | tuple | set) else []
    near = get_close_matches(name, names, 1, 0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are: {', '.join(sorted(names)[:SHOWN_MAX])}" if names else "; there are none"


def _shown(model: str) -> str:
    return "any other model" if model == WILDCARD else model
