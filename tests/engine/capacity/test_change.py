"""Changes that are worth a record."""

from mainstay.engine.capacity.change import CapacityChange
from mainstay.model.records import CapacityRecord


def test_a_change_says_what_its_record_says() -> None:
    assert set(CapacityChange.__struct_fields__) <= set(CapacityRecord.__struct_fields__)
