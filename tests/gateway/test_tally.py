import msgspec

from mainstay.gateway.tally import SECONDS_BOUNDS, Tally
from mainstay.model.records import ExchangeRecord

RECORD = ExchangeRecord("ex_1", 0.0, "local", "default", "anthropic", "answer", False, "m", "answered")  # noqa: FBT003


def taken(*records: ExchangeRecord) -> Tally:
    tally = Tally()
    for record in records:
        tally.take(record)
    return tally


def test_exchanges_are_counted() -> None:
    assert taken(RECORD, RECORD).exchanges == 2


def test_seconds_are_sorted_into_cells_and_summed() -> None:
    records = [msgspec.structs.replace(RECORD, total_seconds=seconds) for seconds in (0.05, 0.06, 1_000.0)]
    cells = taken(*records).total_seconds
    assert (cells.counts[0], cells.counts[1], cells.counts[-1], sum(cells.counts)) == (1, 1, 1, 3)
    assert cells.seconds == 1_000.11
    assert len(cells.counts) == len(SECONDS_BOUNDS) + 1


def test_only_who_got_content_counts_for_the_first_content() -> None:
    cells = taken(RECORD, msgspec.structs.replace(RECORD, first_content_seconds=0.2)).first_content_seconds
    assert (sum(cells.counts), cells.counts[2], cells.seconds) == (1, 1, 0.2)


def test_tokens_and_money_add_up_each_by_itself() -> None:
    record = msgspec.structs.replace(
        RECORD,
        input_tokens=1,
        output_tokens=2,
        cached_tokens=3,
        cache_write_tokens=4,
        reasoning_tokens=5,
        cost_nanodollars=6,
    )
    tally = taken(record, record)
    assert dict(tally.tokens()) == {"input": 2, "output": 4, "cached": 6, "cache-write": 8, "reasoning": 10}
    assert tally.cost_nanodollars == 12


def test_tokens_that_were_not_used_are_not_told() -> None:
    assert list(taken(RECORD).tokens()) == []
