"""Which orders are refused, and with which words."""

from pathlib import Path

import msgspec
import pytest

from mainstay.control.orders import objections
from mainstay.control.orders.refusal import Refusal
from mainstay.model.orders import OrderKind, Scope
from tests.control.orders.house import House, draft


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(
    ("kind", "upstream", "fields", "words"),
    [
        (OrderKind.DRAIN, "anthropc", {}, "did you mean 'anthropic'?"),
        (OrderKind.DRAIN, "xyz", {}, "there are: anthropic, bedrock, idle, openai"),
        (OrderKind.DRAIN, "anthropic", {"scope": Scope(models=("claud",))}, "did you mean 'claude'?"),
        (OrderKind.DRAIN, "anthropic", {"scope": Scope(workloads=("eu",))}, "no workload is called 'eu'"),
        (OrderKind.DRAIN, "anthropic", {"credential": "mein"}, "did you mean 'main'?"),
        (OrderKind.DRAIN, "bedrock", {"credential": "main"}, "has no credential 'main'; there are none"),
        (OrderKind.DRAIN, "openai", {"model": "gpt-9"}, "serves no model 'gpt-9'"),
        (OrderKind.DRAIN, "anthropic", {"reason": " "}, "a reason is needed"),
        (OrderKind.DRAIN, "anthropic", {"lasts_seconds": 8 * 86_400.0}, "must expire within 7 days"),
        (OrderKind.DRAIN, "anthropic", {"lasts_seconds": 0.0}, "must expire within 7 days"),
        (OrderKind.DRAIN, "", {}, "needs an upstream"),
        (OrderKind.READ_ONLY, "anthropic", {}, "takes no upstream"),
        (OrderKind.DRAIN, "idle", {}, "idle serves nothing of what is in scope"),
        (OrderKind.PREFER, "bedrock", {"scope": Scope(models=("haiku",))}, "bedrock serves nothing"),
    ],
)
def test_what_cannot_be_is_said_with_the_nearest_name(
    house: House, kind: OrderKind, upstream: str, fields: dict[str, object], words: str
) -> None:
    refusal = house.refused(kind, upstream, **fields)
    assert words in refusal.text
    assert not refusal.force_helps


@pytest.mark.parametrize("kind", [OrderKind.PIN, OrderKind.PREFER, OrderKind.SHIFT])
def test_no_order_brings_work_where_residency_forbids_it(house: House, kind: OrderKind) -> None:
    refusal = house.refused(kind, "anthropic", scope=Scope(models=("claude",), workloads=("eu-only",)))
    assert "policy forbids it for everything in scope" in refusal.text
    assert "residency: the upstream states no region" in refusal.text
    assert not refusal.force_helps


def test_an_order_that_policy_forbids_for_a_part_is_given_for_the_rest(house: House) -> None:
    assert house.given(OrderKind.PIN, "anthropic").upstream == "anthropic"


def test_two_pins_of_the_same_work_contradict_each_other(house: House) -> None:
    first = house.given(OrderKind.PIN, "anthropic")
    refusal = house.refused(OrderKind.PIN, "bedrock")
    assert first.id in refusal.text
    assert "mainstay route undo" in refusal.text
    assert refusal.existing == ""
    house.given(OrderKind.PIN, "bedrock", scope=Scope(models=("claude",)))


def test_an_order_that_is_in_force_already_is_named(house: House) -> None:
    first = house.given(OrderKind.DRAIN, "anthropic")
    assert house.refused(OrderKind.DRAIN, "anthropic").existing == first.id
    house.given(OrderKind.DRAIN, "anthropic", credential="main")
    house.desk.end(first.id, "bob")
    house.given(OrderKind.DRAIN, "anthropic")


def test_leaving_a_model_with_nobody_needs_force(house: House) -> None:
    refusal = house.refused(OrderKind.FORBID, "anthropic")
    assert refusal.force_helps
    assert "it would leave nobody for haiku for default, haiku for urgent" in refusal.text
    order = house.given(OrderKind.FORBID, "anthropic", force=True)
    assert house.desk.in_force() == (order,)


def test_what_policy_leaves_with_nobody_is_not_the_orders_doing(house: House) -> None:
    """No candidate of haiku lies in the EU anyway."""
    assert "haiku for eu-only" not in house.refused(OrderKind.FORBID, "anthropic").text


def test_force_does_not_help_against_policy(house: House) -> None:
    scope = Scope(models=("claude",), workloads=("eu-only",))
    found = house.desk.give(draft(OrderKind.PIN, "anthropic", scope=scope), force=True)
    assert isinstance(found, Refusal)
    assert house.desk.in_force() == ()


def test_a_pin_on_somebody_who_is_forbidden_needs_force(house: House) -> None:
    house.given(OrderKind.FORBID, "bedrock", scope=Scope(models=("claude",)), force=True)
    assert house.refused(OrderKind.PIN, "bedrock").force_helps


def test_the_number_in_force_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objections, "IN_FORCE_MAX", 1)
    house.given(OrderKind.DRAIN, "anthropic")
    assert "orders are in force already" in house.refused(OrderKind.READ_ONLY).text


def test_a_scope_that_nothing_is_in_is_refused(house: House) -> None:
    house.config = msgspec.structs.replace(house.config, models={}, menus={})
    assert "no model is used" in house.refused(OrderKind.READ_ONLY).text
