"""What the bus says of itself."""

from mainstay.gateway.bus.ports import BusStatus, NoMeters, TransportStatus


def status(*troubles: str | None) -> BusStatus:
    transports = tuple(TransportStatus(f"t{number}", trouble, 0, 0) for number, trouble in enumerate(troubles))
    return BusStatus("n/0", 0, transports, 0, 0, 0, 0)


def test_the_first_trouble_of_a_transport_is_that_of_the_bus() -> None:
    assert status().trouble is None
    assert status(None, None).trouble is None
    assert status(None, "gone", "mute").trouble == "t1: gone"


def test_without_meters_there_is_nothing_to_tell() -> None:
    meters = NoMeters()
    meters.merge([], 0.0)
    meters.heard([], 0.0, reachable=True)
    assert list(meters.take_news()) == list(meters.everything()) == []
