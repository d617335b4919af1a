"""What all databases have in common."""

import msgspec
import pytest

from mainstay.ledger.store.database import EVENTS, FAULT_PIECE, RECORDS, ROWS_MAX, SECONDS_PIECE, SPANS, Shape, bounded
from mainstay.ledger.store.port import Span, StoredRecord, StreamEvent
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, chained_segments


@pytest.mark.parametrize(
    ("shape", "value"), [(RECORDS, StoredRecord), (EVENTS, StreamEvent), (SPANS, Span)], ids=["record", "event", "span"]
)
def test_a_shape_fits_its_value(shape: Shape, value: type) -> None:
    annotations = value.__annotations__
    assert list(shape.columns) == list(annotations)
    assert shape.types == tuple(annotations.values())
    assert bool not in shape.types[:-1]


def test_a_limit_is_bounded() -> None:
    assert [bounded(limit) for limit in (-1, 0, 5, 10**9)] == [0, 0, 5, ROWS_MAX]


def test_the_pieces_stand_in_the_lines_of_records() -> None:
    failed = msgspec.structs.replace(attempt(), fault="overloaded")
    slow = msgspec.structs.replace(attempt(), total_seconds=2.5)
    lines = [chained_segments(CHAIN, [one])[0].body for one in (attempt(), failed, slow)]
    assert [FAULT_PIECE in line for line in lines] == [False, True, False]
    assert [SECONDS_PIECE + b"2.5" in line for line in lines] == [False, False, True]
