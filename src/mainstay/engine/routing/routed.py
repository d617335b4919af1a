"""A menu as orders have left it."""

import msgspec

from mainstay.model.catalogue import Candidate, Menu
from mainstay.model.orders import Order


class Drained(Candidate, frozen=True):
    """A candidate to whom nothing new goes while anybody else may serve."""


class RoutedMenu(Menu, frozen=True, kw_only=True):
    """A menu after orders. `origin` is the menu as policy made it. Orders only take away and put in order: everybody in
    here is in `origin` too, maybe with fewer credentials."""

    origin: Menu
    moved: str = ""
    """Which orders have changed who comes first; empty where none has."""
    forbidden: tuple[tuple[str, str], ...] = ()
    """(upstream, model) of those that an order forbids wholly."""
    critical_only: Order | None = None
    cache_first: Order | None = None
    read_only: Order | None = None


def policy_menu(menu: Menu) -> Menu:
    """The menu as it is without orders."""
    return menu.origin if isinstance(menu, RoutedMenu) else menu


def is_forbidden(menu: Menu, upstream: str, model: str) -> bool:
    """Whether an order says that nothing of this one is to be given."""
    return isinstance(menu, RoutedMenu) and (upstream, model) in menu.forbidden


def drained(candidate: Candidate) -> Drained:
    """The same one, for the end of the line."""
    return Drained(*msgspec.structs.astuple(candidate))
