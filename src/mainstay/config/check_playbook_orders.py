"""The check for meaning of orders that playbooks give and end."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from mainstay.config.check_playbook_names import Names, is_template, name_mistakes, text_mistakes
from mainstay.config.mistake import Mistake, child_path, item_path, nearest_hint
from mainstay.config.playbook_schema import EndOrdersSection, OrderSection, ScopeSection
from mainstay.model.orders import SAFE_MODES

_WITH_CREDENTIAL: Final = frozenset({"drain", "forbid"})
_MODES: Final = frozenset(kind.value for kind in SAFE_MODES)


def order_mistakes(path: str, part: OrderSection, names: Names) -> Iterator[Mistake]:
    """Mistakes of an order."""
    if part.kind in _MODES:
        yield from _mode_mistakes(path, part)
    elif part.upstream is UNSET:
        yield Mistake(child_path(path, "upstream"), f"is missing; {part.kind} is about an upstream")
    else:
        yield from _upstream_mistakes(path, part, names)
    if part.kind != "shift":
        for name, default in (("percent", 100.0), ("ramp_seconds", 0.0)):
            if getattr(part, name) != default:
                yield Mistake(child_path(path, name), "belongs to shift only")
    elif part.ramp_seconds > part.for_seconds:
        yield Mistake(child_path(path, "ramp_seconds"), "is longer than the order lasts (`for_seconds`)")
    yield from _scope_mistakes(child_path(path, "scope"), part.scope, names)


def _mode_mistakes(path: str, part: OrderSection) -> Iterator[Mistake]:
    for name in ("upstream", "credential", "model"):
        if getattr(part, name) is not UNSET:
            yield Mistake(child_path(path, name), f"does not belong to {part.kind}, which is about all upstreams")


def _scope_mistakes(path: str, scope: ScopeSection, names: Names) -> Iterator[Mistake]:
    known = {"models": (names.models, "a model"), "workloads": (names.workloads, "a workload")}
    for key, (words, what) in known.items():
        for index, one in enumerate(getattr(scope, key)):
            where = item_path(child_path(path, key), index)
            yield from text_mistakes(where, one)
            if not is_template(one) and "*" not in words:
                yield from name_mistakes(where, one, words, what, names)
    for index, one in enumerate(scope.tenants):
        yield from text_mistakes(item_path(child_path(path, "tenants"), index), one)


def _upstream_mistakes(path: str, part: OrderSection, names: Names) -> Iterator[Mistake]:
    if part.upstream is UNSET:
        return
    yield from text_mistakes(child_path(path, "upstream"), part.upstream)
    if is_template(part.upstream):
        return
    yield from name_mistakes(child_path(path, "upstream"), part.upstream, names.upstreams, "an upstream", names)
    if part.credential is not UNSET and part.kind not in _WITH_CREDENTIAL:
        yield Mistake(child_path(path, "credential"), "belongs to drain and forbid only")
    elif part.credential is not UNSET and not is_template(part.credential):
        known = names.credentials.get(part.upstream, frozenset())
        what = f"a credential of {part.upstream}"
        yield from name_mistakes(child_path(path, "credential"), part.credential, known, what, names)
    if part.model is not UNSET and not is_template(part.model):
        known = names.upstream_models.get(part.upstream, frozenset())
        if "*" not in known:
            yield from name_mistakes(child_path(path, "model"), part.model, known, f"a model of {part.upstream}", names)


def end_orders_mistakes(
    path: str, part: EndOrdersSection, names: Names, orders: frozenset[str] | None
) -> Iterator[Mistake]:
    """Mistakes of an end of orders. `orders` are ids of steps that give some; `None` where they are not known."""
    if part.upstream is UNSET and not part.steps:
        yield Mistake(path, "needs `upstream`, `steps` or both: which orders are to end?")
    if part.upstream is UNSET and part.kinds:
        yield Mistake(child_path(path, "kinds"), "belongs to `upstream`: orders of which upstream?")
    if part.upstream is not UNSET:
        where = child_path(path, "upstream")
        yield from text_mistakes(where, part.upstream)
        if not is_template(part.upstream):
            yield from name_mistakes(where, part.upstream, names.upstreams, "an upstream", names)
    for index, step in enumerate(part.steps):
        if orders is not None and step not in orders:
            where = item_path(child_path(path, "steps"), index)
            yield Mistake(where, f"is no step that gives an order{nearest_hint(step, orders)}")
