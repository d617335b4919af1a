from bench.store_rows import ALERT_ONE_IN, CHAINS, POOL, Traffic, exchange_id
from mainstay.control.bookkeeping.reading import record_of
from mainstay.ledger.store.port import StoredRecord
from mainstay.ledger.store.rows import Row, row_of
from mainstay.ops.tallies.tally import SpanTallies

TRAFFIC = Traffic(2_000, 1.0, 1_700_000_000.0)
ROWS = list(TRAFFIC.rows())


def test_each_row_has_the_columns_that_the_store_reads_from_its_line() -> None:
    assert [row_of(row.sequence, row.body, row.hash) for _chain, row in ROWS] == [row for _chain, row in ROWS]
    stored = (StoredRecord(1, chain, *_parts(row), duplicate=False) for chain, row in ROWS)
    assert all(record_of(row) is not None for row in stored)


def test_chains_are_numbered_without_gaps_and_ids_differ() -> None:
    for number in range(CHAINS):
        sequences = [row.sequence for chain, row in ROWS if chain == f"ch_{number:x}"]
        assert sequences == list(range(1, len(sequences) + 1)) != []
    assert len({row.id for _chain, row in ROWS}) == len(ROWS)
    assert {row.exchange for _chain, row in ROWS} - {""} == {exchange_id(number) for number in range(2_000)}


def test_instants_grow_over_the_days() -> None:
    ats = [row.at for _chain, row in ROWS]
    assert ats == sorted(ats)
    assert 0 < ats[0] - TRAFFIC.since < 100
    assert 0 < 1_700_000_000.0 - ats[-1] < 100


def test_there_is_something_of_everything() -> None:
    assert {row.kind for _chain, row in ROWS} == {"attempt", "exchange", "alert"}
    assert any(b'"fault":"' in row.body for _chain, row in ROWS)
    assert len({row.tenant for _chain, row in ROWS}) > 100
    assert ALERT_ONE_IN < POOL


def test_a_span_is_as_busy_as_the_traffic() -> None:
    def asked(tallies: SpanTallies) -> int:
        return sum(one.exchanges for one in tallies.exchanges.values())

    assert asked(TRAFFIC.busy_span(60)) == 1
    assert asked(TRAFFIC.busy_span(3_600)) == 83
    assert asked(TRAFFIC.busy_span(10**9)) == 2_000


def _parts(row: Row) -> tuple[int, str, str, str, str, float, bytes, bytes]:
    return (row.sequence, row.id, row.kind, row.exchange, row.tenant, row.at, row.hash, row.body)
