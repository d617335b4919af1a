import msgspec
import pytest

from bench.journal_load import JournalCost, Load, records
from mainstay.model.records import Record


class Journal:
    """Takes everything."""

    def __init__(self) -> None:
        self.taken: list[Record] = []

    def write(self, record: Record) -> None:
        self.taken.append(record)


def test_an_exchange_leaves_two_records_that_belong_together() -> None:
    attempt, exchange = records(7, 1_000.0)
    assert attempt.exchange == exchange.id == records(7, 2_000.0)[1].id != records(8, 1_000.0)[1].id
    assert 800 < len(msgspec.json.encode(attempt)) + len(msgspec.json.encode(exchange)) < 1_100


def test_as_many_exchanges_are_made_as_the_rate_says() -> None:
    journal = Journal()
    load = Load(journal, 2_000)
    load.run(0.02)
    load.run(0.01)
    assert load.exchanges == 60
    assert len(journal.taken) == 120
    assert len({record.id for record in journal.taken}) == 120
    assert load.calling_cpu_seconds > 0


def test_the_cost_is_that_of_both_threads_for_each_exchange() -> None:
    cost = JournalCost(exchanges=1_000, calling_cpu_seconds=0.001, writing_cpu_seconds=0.009, written=2_000, dropped=0)
    assert cost.microseconds == pytest.approx(10.0)
