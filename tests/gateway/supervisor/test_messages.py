"""What goes over the line survives it."""

import msgspec
import pytest

from mainstay.gateway.supervisor.messages import (
    LINE_BYTES_MAX,
    Alert,
    Beat,
    Configured,
    Load,
    Loaded,
    Note,
    Order,
    Ready,
    Report,
    Retire,
)
from mainstay.gateway.supervisor.standing import ConfigurationStanding

STANDING = ConfigurationStanding("ab", 1.5, rolled_back=True)
ORDERS = [Load("ab", b"\x00\xffmodels: {}\n"), Configured(STANDING), Note("died", 7), Alert("why\n"), Retire()]


@pytest.mark.parametrize("order", ORDERS)
def test_orders(order: Order) -> None:
    line = msgspec.json.encode(order)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Order) == order


@pytest.mark.parametrize("report", [Beat(), Ready(), Loaded("ab")])
def test_reports(report: Report) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_the_largest_file_fits_into_a_line() -> None:
    assert len(msgspec.json.encode(Load("ab" * 32, bytes(1_048_576)))) < LINE_BYTES_MAX
