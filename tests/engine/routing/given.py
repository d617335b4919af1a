"""Orders and menus for tests of routing."""

from itertools import count
from typing import Any

from hypothesis import strategies as st

from mainstay.model.catalogue import Candidate, Credential, Menu, Priority, Skipped, Upstream, Workload
from mainstay.model.orders import EVERYTHING, Order, OrderKind, Scope

WALL = 1_000_000.0
NUMBERS = count()
NAMES = ("alpha", "beta", "gamma")


def order(kind: OrderKind, upstream: str = "", scope: Scope = EVERYTHING, **fields: Any) -> Order:  # noqa: ANN401 - whatever an order has
    """An order that was given at `WALL` and holds for an hour."""
    known: dict[str, Any] = {"id": f"ORD-{next(NUMBERS):06}", "author": "ada", "reason": "test"}
    known |= {"given_at": WALL, "expires_at": WALL + 3_600.0}
    return Order(kind=kind, upstream=upstream, scope=scope, **(known | fields))


def candidate(upstream: str, model: str = "m", *keys: str, substitute: bool = False) -> Candidate:
    """One candidate with these credentials."""
    credentials = tuple(Credential(key, "secret") for key in keys)
    return Candidate(Upstream(upstream, "anthropic", f"http://{upstream}", credentials), model, substitute)


def menu(*candidates: Candidate, workload: str = "default", priority: Priority = Priority.INTERACTIVE) -> Menu:
    """A menu of the model `claude` from which policy has kept `eu-only` out."""
    skipped = (Skipped("eu-only", "m", "residency: eu is not in us"),)
    return Menu("claude", Workload(workload, priority), candidates, skipped)


def names(made: Menu) -> list[str]:
    """Whose turn it is, in order."""
    return [one.upstream.name for one in made.candidates]


KEYS = st.lists(st.sampled_from(("main", "spare")), unique=True, max_size=2).map(tuple)
CANDIDATES = st.builds(
    lambda upstream, model, keys, substitute: candidate(upstream, model, *keys, substitute=substitute),
    st.sampled_from(NAMES),
    st.sampled_from(("m", "n")),
    KEYS,
    st.booleans(),
)
MENUS = st.lists(CANDIDATES, max_size=5, unique_by=lambda one: (one.upstream.name, one.model)).map(
    lambda found: menu(*found)
)


def _order(kind: OrderKind, upstream: str, model: str, credential: str, percent: float, given_at: float) -> Order:
    is_mode = kind in {OrderKind.CRITICAL_ONLY, OrderKind.CACHE_FIRST, OrderKind.NO_SUBSTITUTES, OrderKind.READ_ONLY}
    return order(
        kind,
        "" if is_mode else upstream,
        model="" if is_mode else model,
        credential=credential if kind in {OrderKind.DRAIN, OrderKind.FORBID} else "",
        percent=percent if kind is OrderKind.SHIFT else 100.0,
        given_at=given_at,
    )


ORDERS = st.builds(
    _order,
    st.sampled_from(OrderKind),
    st.sampled_from((*NAMES, "eu-only")),
    st.sampled_from(("", "m")),
    st.sampled_from(("", "main")),
    st.floats(1.0, 100.0),
    st.floats(WALL - 60, WALL),
)
