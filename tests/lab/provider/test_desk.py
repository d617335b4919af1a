import pytest

from mainstay.lab.provider.desk import FAULTS_HEADER, SCHEDULED_MAX, FaultDesk, Order
from mainstay.lab.provider.fault import FaultTextError, parse_fault
from mainstay.lab.provider.request import ProviderRequest

PLAIN = ProviderRequest("POST", "/v1/messages", body=b'{"model":"m1"}')
KEYED = ProviderRequest("POST", "/v1/messages", headers=(("x-api-key", "k1"),), body=b'{"model":"m2"}')


def order(fault: str, count: int | None = None, key: str = "", model: str = "") -> Order:
    return Order(parse_fault(fault), count, key, model)


def taken(desk: FaultDesk, times: int, request: ProviderRequest = PLAIN) -> list[str]:
    return [str(desk.take(request)) for _ in range(times)]


def test_counted_faults_go_first_in_order_then_the_lasting_one() -> None:
    desk = FaultDesk("primary", parse_fault("overloaded"))
    desk.place(order("cut", 2))
    desk.place(order("ok", 1))
    assert taken(desk, 5) == ["cut", "cut", "ok", "overloaded", "overloaded"]


def test_a_lasting_fault_takes_the_place_of_the_older_one() -> None:
    desk = FaultDesk("primary", parse_fault("overloaded"))
    desk.place(order("throttle"))
    assert taken(desk, 1) == ["throttle"]
    assert desk.lasting.name == "throttle"


def test_a_cleared_desk_is_well() -> None:
    desk = FaultDesk("primary", parse_fault("overloaded"))
    desk.place(order("cut", 2))
    desk.clear()
    assert taken(desk, 2) == ["ok", "ok"]
    assert desk.orders == ()


def test_a_fault_may_meet_one_credential_or_one_model_only() -> None:
    desk = FaultDesk("primary")
    desk.place(order("throttle", key="k1"))
    desk.place(order("cut", 1, model="m2"))
    assert taken(desk, 2) == ["ok", "ok"]
    assert taken(desk, 3, KEYED) == ["cut", "throttle", "throttle"]
    assert desk.lasting.name == "ok"


def test_a_request_may_bring_its_own_fault() -> None:
    desk = FaultDesk("primary", parse_fault("overloaded"))
    desk.place(order("throttle", 1))
    own = ProviderRequest("POST", "/", headers=((FAULTS_HEADER, "primary=cut:after=3; standby=ok"),))
    assert taken(desk, 1, own) == ["cut:after=3"]
    assert taken(desk, 1) == ["throttle"]


def test_a_request_with_a_wrong_fault_is_told() -> None:
    wrong = ProviderRequest("POST", "/", headers=((FAULTS_HEADER, "primary=gremlins"),))
    with pytest.raises(FaultTextError):
        FaultDesk("primary").take(wrong)


def test_orders_are_bounded_and_a_count_of_nothing_is_no_order() -> None:
    desk = FaultDesk("primary")
    desk.place(order("cut", 0))
    assert taken(desk, 1) == ["ok"]
    for _ in range(SCHEDULED_MAX + 10):
        desk.place(order("cut", 1))
    assert len(desk.orders) == SCHEDULED_MAX + 1
