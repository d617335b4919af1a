import msgspec

from mainstay.control.shipping.status import Finding, ShippingStatus


def test_a_status_can_be_shown_as_json() -> None:
    status = ShippingStatus("it", None, {"ch_0a": (1, 2)}, 1, 2.5, (Finding("store-gap", "ch_0a", "a gap", 5.0),))
    assert msgspec.json.decode(msgspec.json.encode(status), type=ShippingStatus) == status
