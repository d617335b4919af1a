"""Metrics are read from the desks; one that does not answer costs its own numbers only."""

import msgspec

from mainstay.control.telemetry.readings import Readings, readings_of
from tests.control.telemetry.plane import FakeDesks, control
from tests.control.telemetry.values import READINGS, WALL


def test_every_desk_is_asked() -> None:
    assert readings_of(control(FakeDesks()), WALL) == msgspec.structs.replace(READINGS, orders={"drain": 2, "pin": 1})


def test_without_operations_the_rest_is_told() -> None:
    found = readings_of(control(None), WALL)
    about = (READINGS.shipping, READINGS.lease, READINGS.journal)
    assert found == Readings(WALL, "1.2.3", *about)


def test_a_store_that_is_down_leaves_what_needs_no_store() -> None:
    desks = FakeDesks()
    desks.is_down = True
    found = readings_of(control(desks), WALL)
    assert (found.incidents, found.runs_waiting, found.orders) == (None, None, None)
    assert found.standing == READINGS.standing
