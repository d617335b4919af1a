"""What of the file an order is about."""

import pytest

from mainstay.control.orders.reach import SHOWN_MAX, reach_of, unknown_name
from mainstay.model.orders import EVERYTHING, Order, OrderKind, Scope
from tests.control.orders.house import WALL, YAML, snapshot
from tests.engine.routing.given import order

CONFIG = snapshot()
WILD = snapshot(YAML.replace("  haiku:", '  "*":'))


def made(kind: OrderKind, upstream: str = "", scope: Scope = EVERYTHING, **fields: object) -> Order:
    return order(kind, upstream, scope, given_at=WALL, expires_at=WALL + 60, **fields)


def test_everything_is_every_model_for_every_workload() -> None:
    reach = reach_of(made(OrderKind.DRAIN, "bedrock"), (), CONFIG)
    assert (reach.menus, reach.followers) == (6, 3)


def test_who_is_kept_out_is_told_why() -> None:
    reach = reach_of(made(OrderKind.PIN, "openai"), (), CONFIG)
    assert reach.kept_out == ("claude for eu-only stays away from openai: residency: us is not in eu",)


def test_orders_that_take_away_have_nobody_to_keep_out() -> None:
    assert reach_of(made(OrderKind.DRAIN, "openai"), (), CONFIG).kept_out == ()


def test_a_substitute_that_is_preferred_stays_one_and_that_is_told() -> None:
    (note,) = reach_of(made(OrderKind.PREFER, "openai"), (), CONFIG).notes
    assert "openai has only another model for claude for default" in note
    assert reach_of(made(OrderKind.PREFER, "bedrock"), (), CONFIG).notes == ()


def test_who_would_be_left_with_nobody_is_told_unless_that_was_so_before() -> None:
    forbid = made(OrderKind.FORBID, "anthropic", Scope(models=("haiku",)))
    assert reach_of(forbid, (), CONFIG).emptied == ("haiku for default", "haiku for urgent")
    assert reach_of(made(OrderKind.NO_SUBSTITUTES), (forbid,), CONFIG).emptied == ()


def test_a_model_behind_the_wildcard_can_be_named() -> None:
    assert unknown_name(made(OrderKind.DRAIN, "anthropic", Scope(models=("any-name",))), WILD) == ""
    reach = reach_of(made(OrderKind.DRAIN, "anthropic", Scope(models=("any-name",))), (), WILD)
    assert (reach.menus, reach.followers) == (3, 2)
    assert unknown_name(made(OrderKind.DRAIN, "anthropic", model="any-name"), WILD) == ""


@pytest.mark.parametrize("upstream", ["anthropic", "bedrock", "openai"])
def test_names_of_the_file_are_known(upstream: str) -> None:
    assert unknown_name(made(OrderKind.DRAIN, upstream), CONFIG) == ""


def test_hints_are_short_however_long_the_file_is() -> None:
    many = "".join(f'  up{number}: {{dialect: anthropic, base_url: "http://x"}}\n' for number in range(100))
    found = unknown_name(made(OrderKind.DRAIN, "zzz"), snapshot(YAML.replace("upstreams:\n", f"upstreams:\n{many}")))
    assert found.count(",") == SHOWN_MAX - 1
