"""Orders are given, changed and ended; each of that is a record."""

from contextlib import AbstractContextManager
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from mainstay.control.orders.refusal import Refusal
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.model.orders import Order, OrderKind
from tests.control.orders.house import WALL, House, draft

HOUR = 3_600.0


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_an_order_lies_in_the_folder_where_gateways_look(house: House) -> None:
    order = house.given(OrderKind.DRAIN, "anthropic")
    assert OrderFolder(house.state).read(order.id) == order
    assert (order.given_at, order.expires_at, order.author, order.via) == (WALL, WALL + 4 * HOUR, "ada", "command-line")
    assert house.desk.in_force() == (order,)
    assert house.events == [(order.id, "given", "ada")]


def test_one_command_undoes_it(house: House) -> None:
    order = house.given(OrderKind.DRAIN, "anthropic")
    house.wall += 60
    ended = house.desk.end(order.id, "bob", "it is well again")
    assert isinstance(ended, Order)
    assert (ended.revision, ended.ended_at, ended.ended_by) == (2, WALL + 60, "bob")
    assert house.desk.in_force() == ()
    assert house.desk.recent() == (ended,)
    assert house.events[1:] == [(order.id, "ended", "bob")]
    assert house.desk.end(order.id, "eve") == ended, "what is over stays as it is"
    assert len(house.events) == 2


def test_the_share_and_the_expiry_can_be_changed(house: House) -> None:
    order = house.given(OrderKind.SHIFT, "bedrock", percent=10.0, ramp_seconds=600.0)
    house.wall += HOUR
    changed = house.desk.change(order.id, "bob", "all is well", percent=50.0, lasts_seconds=HOUR)
    assert isinstance(changed, Order)
    assert (changed.percent, changed.ramp_seconds, changed.revision) == (50.0, 0.0, 2)
    assert changed.expires_at == WALL + 2 * HOUR
    assert house.events[-1] == (order.id, "changed", "bob")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"percent": 0.0}, "percent must be"), ({"lasts_seconds": 8 * 86_400.0}, "must expire within 7 days")],
)
def test_a_change_that_makes_no_sense_changes_nothing(house: House, changes: dict[str, float], words: str) -> None:
    order = house.given(OrderKind.SHIFT, "bedrock", percent=10.0)
    found = house.desk.change(order.id, "bob", "", **changes)
    assert isinstance(found, Refusal)
    assert words in found.text
    assert house.desk.in_force() == (order,)


def test_what_is_over_or_unknown_cannot_be_changed(house: House) -> None:
    order = house.given(OrderKind.DRAIN, "anthropic")
    house.desk.end(order.id, "bob")
    for found, words in (
        (house.desk.change(order.id, "bob", "", lasts_seconds=60.0), "is over"),
        (house.desk.change("ORD-NONE", "bob", "", lasts_seconds=60.0), "there is no order ORD-NONE"),
        (house.desk.end("ORD-NONE", "bob"), "there is no order ORD-NONE"),
    ):
        assert isinstance(found, Refusal)
        assert words in found.text


def test_the_same_key_is_the_same_order_also_after_its_end(house: House) -> None:
    order = house.given(OrderKind.DRAIN, "anthropic", key="RUN-1/step-2")
    assert house.given(OrderKind.DRAIN, "anthropic", key="RUN-1/step-2") == order
    assert house.desk.preview(draft(OrderKind.DRAIN, "anthropic", key="RUN-1/step-2")).refusal is None
    ended = house.desk.end(order.id, "bob")
    assert house.given(OrderKind.DRAIN, "anthropic", key="RUN-1/step-2") == ended
    assert [event for _, event, _ in house.events] == ["given", "ended"]


def test_a_refusal_is_written_down_with_its_reason(house: House) -> None:
    house.refused(OrderKind.DRAIN, "nowhere")
    (record,) = house.records
    assert msgspec.structs.asdict(record)["event"] == "refused"
    assert "no upstream is called 'nowhere'" in msgspec.structs.asdict(record)["text"]
    assert house.desk.recent() == ()


def test_an_order_that_expired_is_written_down_once(house: House) -> None:
    order = house.given(OrderKind.DRAIN, "anthropic", lasts_seconds=60.0)
    house.desk.settle()
    house.wall += 61
    for _ in range(3):
        house.desk.settle()
    assert house.events[1:] == [(order.id, "expired", "")]
    house.another().settle()
    assert [one.id for one in house.records[1:]] == [f"{order.id}-1-expired"] * 2, "the store shows it once"
    (house.state / "orders" / f"{order.id}.json").unlink()
    house.desk.settle()
    assert house.desk._told_expired == set(), "what is forgotten takes no room"


def test_an_order_that_was_ended_does_not_expire(house: House) -> None:
    order = house.given(OrderKind.DRAIN, "anthropic", lasts_seconds=60.0)
    house.desk.end(order.id, "bob")
    house.wall += 61
    house.desk.settle()
    assert [event for _, event, _ in house.events] == ["given", "ended"]


def test_what_another_machine_has_given_comes_by_the_store_and_an_older_account_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    far = House(tmp_path / "far")
    order = far.given(OrderKind.DRAIN, "anthropic")
    ended = far.desk.end(order.id, "bob")
    assert isinstance(ended, Order)
    for told in (order, ended, order):
        house.desk.hear(told)
    assert house.desk.find(order.id) == ended
    assert house.records == []
    house.wall = order.expires_at
    house.desk.hear(msgspec.structs.replace(order, id="ORD-LATE"))
    assert house.desk.find("ORD-LATE") is None


def test_of_two_who_pin_at_once_one_is_refused(house: House) -> None:
    desks = [house.another(), house.another()]
    found: list[Order | Refusal] = []
    pins = [draft(OrderKind.PIN, "anthropic"), draft(OrderKind.PIN, "bedrock")]
    threads = [
        Thread(target=lambda desk=desk, pin=pin: found.append(desk.give(pin)))
        for desk, pin in zip(desks, pins, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in found) == ["Order", "Refusal"]
    assert len(house.desk.in_force()) == 1


class FullDisk(OrderFolder):
    """Takes nothing."""

    def lock(self) -> AbstractContextManager[None]:
        raise OSError(28, "No space left on device", "state/orders")


def test_a_disk_that_takes_nothing_is_a_refusal_like_any_other(tmp_path: Path) -> None:
    house = House(tmp_path)
    order = house.given(OrderKind.DRAIN, "anthropic")
    house.shelf = FullDisk(tmp_path)
    desk = house.another()
    for found in (desk.give(draft(OrderKind.DRAIN, "bedrock")), desk.end(order.id, "bob")):
        assert isinstance(found, Refusal)
        assert "No space left on device" in found.text
    assert house.desk.in_force() == (order,)
