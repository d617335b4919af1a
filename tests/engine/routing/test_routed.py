import msgspec

from mainstay.engine.routing.routed import Drained, RoutedMenu, drained, is_forbidden, policy_menu
from tests.engine.routing.given import candidate, menu

PLAIN = menu(candidate("alpha", "m", "main"))
ROUTED = RoutedMenu("claude", PLAIN.workload, (), origin=PLAIN, forbidden=(("alpha", "m"),))


def test_policys_own_menu_is_found_behind_any() -> None:
    assert policy_menu(PLAIN) is PLAIN
    assert policy_menu(ROUTED) is PLAIN


def test_only_an_order_forbids() -> None:
    assert is_forbidden(ROUTED, "alpha", "m")
    assert not is_forbidden(ROUTED, "alpha", "n")
    assert not is_forbidden(PLAIN, "alpha", "m")


def test_a_drained_candidate_is_the_same_one() -> None:
    (one,) = PLAIN.candidates
    found = drained(one)
    assert isinstance(found, Drained)
    assert msgspec.structs.asdict(found) == msgspec.structs.asdict(one)
