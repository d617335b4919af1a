"""What an order may say at all, wherever it comes from."""

import math
import re
from typing import Final

from mainstay.model.orders import ORDER_SECONDS_MAX, SAFE_MODES, Order, OrderKind, Scope

ID: Final = re.compile(r"ORD-[0-9A-Z]{4,16}")
ID_RULE: Final = "an order's id is ORD- and 4 to 16 capital letters and digits"
TEXT_CHARACTERS_MAX: Final = 500
NAME_CHARACTERS_MAX: Final = 200
NAMES_MAX: Final = 50
"""Names in each list of a scope."""
REVISION_MAX: Final = 1_000_000
INSTANT_MAX: Final = 1e11
NARROWED_BY_CREDENTIAL: Final = frozenset({OrderKind.DRAIN, OrderKind.FORBID})


def problem_of(order: Order) -> str:
    """What is wrong with the order itself; empty where nothing is."""
    return _unreadable(order) or _untimely(order) or _inconsistent(order)


def _unreadable(order: Order) -> str:
    if not ID.fullmatch(order.id):
        return ID_RULE
    if not order.reason.strip():
        return "a reason is needed: say in a few words why"
    if not order.author.strip():
        return "an author is needed: say who gives it"
    if not _is_text(order.reason, TEXT_CHARACTERS_MAX):
        return f"the reason must be one line of at most {TEXT_CHARACTERS_MAX} printable characters"
    named = (order.author, order.upstream, order.credential, order.model, order.ended_by, order.via, order.incident)
    if not all(_is_text(one, NAME_CHARACTERS_MAX) for one in (*named, order.run)):
        return f"a name in it is not one line of at most {NAME_CHARACTERS_MAX} printable characters"
    return _unreadable_scope(order.scope)


def _unreadable_scope(scope: Scope) -> str:
    for names in (scope.models, scope.workloads, scope.tenants):
        if len(names) > NAMES_MAX:
            return f"its scope names more than {NAMES_MAX} in one list"
        if not all(one and _is_text(one, NAME_CHARACTERS_MAX) for one in names):
            return "its scope has a name that is empty, too long, or not printable"
    return ""


def _untimely(order: Order) -> str:
    instants = (order.given_at, order.expires_at, 0.0 if order.ended_at is None else order.ended_at)
    if not all(math.isfinite(one) and 0 <= one <= INSTANT_MAX for one in instants):
        return "its instants are not seconds since 1970"
    if not 0 < order.expires_at - order.given_at <= ORDER_SECONDS_MAX:
        return f"it must expire within {ORDER_SECONDS_MAX / 86_400:g} days after it was given"
    if not 1 <= order.revision <= REVISION_MAX:
        return f"its revision must be from 1 to {REVISION_MAX}"
    return ""


def _inconsistent(order: Order) -> str:
    kind = order.kind.value
    if (order.kind in SAFE_MODES) != (not order.upstream):
        return f"{kind} {'takes no' if order.upstream else 'needs an'} upstream"
    if order.model and not order.upstream:
        return "a provider's model can only be named with its upstream"
    if order.credential and order.kind not in NARROWED_BY_CREDENTIAL:
        return "only drain and forbid can be about one credential"
    return _bad_share(order)


def _bad_share(order: Order) -> str:
    if order.kind is not OrderKind.SHIFT:
        return "" if (order.percent, order.ramp_seconds) == (100, 0) else "percent and ramp belong to shift"
    if not (math.isfinite(order.percent) and 0 < order.percent <= 100):  # noqa: PLR2004 - percent
        return "percent must be above 0 and at most 100"
    if not (math.isfinite(order.ramp_seconds) and 0 <= order.ramp_seconds <= ORDER_SECONDS_MAX):
        return "a ramp cannot be longer than an order"
    return ""


def _is_text(text: str, characters_max: int) -> bool:
    return len(text) <= characters_max and (not text or text.isprintable())
