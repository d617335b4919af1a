"""What a report is made of, out of a store."""

import msgspec

from mainstay.control.report.reading import KINDS, PAGE_RECORDS, RECORDS_OF_KIND_MAX, read_sources
from mainstay.ledger.store.port import Span
from mainstay.model.records import AttemptRecord, BreakerRecord, ExchangeRecord
from mainstay.model.settings import Clocks
from tests.control.report.memory_store import Store, minutes
from tests.ops.report.samples import BEGAN, ENDED, NOW, records, spans, storm

CLOCKS = Clocks(1, 2, 3)


def test_everything_of_its_time_is_read() -> None:
    found = read_sources(Store(records(), minutes()), storm(), CLOCKS, NOW)
    assert sorted(one.id for one in found.records) == sorted(one.id for one in records())
    assert found.spans == spans()
    assert (found.at, found.clocks, found.is_cut) == (NOW, CLOCKS, False)


def test_exchanges_and_attempts_are_not_read_one_by_one() -> None:
    exchange = ExchangeRecord("e", BEGAN, "t", "w", "anthropic", "chat", stream=True, model_asked="m", outcome="failed")
    attempt = AttemptRecord("a", BEGAN, "e", 1, "north", "m", "c", "anthropic", "", "failed")
    store = Store([exchange, attempt])
    assert read_sources(store, storm(), CLOCKS, NOW).records == ()
    assert {query.kind for query in store.asked} == set(KINDS)


def test_other_times_are_not_read() -> None:
    far = BreakerRecord("b", BEGAN - 90_000, "north", "m", "c", "open", "r")
    assert read_sources(Store([far]), storm(), CLOCKS, NOW).records == ()


def test_many_records_are_read_page_by_page_and_not_without_end() -> None:
    def storm_of(count: int) -> Store:
        rows = [BreakerRecord(f"b{n}", BEGAN + n / 10, "north", "m", "c", "open", "r") for n in range(count)]
        return Store(rows)

    some = read_sources(storm_of(PAGE_RECORDS + 7), storm(), CLOCKS, NOW)
    assert (len(some.records), some.is_cut) == (PAGE_RECORDS + 7, False)
    many = read_sources(storm_of(RECORDS_OF_KIND_MAX + 7), storm(), CLOCKS, NOW)
    assert (len(many.records), many.is_cut) == (RECORDS_OF_KIND_MAX, True)


def test_where_minutes_are_forgotten_hours_count_and_then_days() -> None:
    body = minutes()[0].body
    hour, day = Span(3_600, int(BEGAN // 3_600) * 3_600, body), Span(86_400, int(BEGAN // 86_400) * 86_400, body)
    old = [one for one in minutes() if one.start < BEGAN - 120]
    assert [one.seconds for one in read_sources(Store((), [hour, day, *old]), storm(), CLOCKS, NOW).spans] == [3_600]
    assert [one.seconds for one in read_sources(Store((), [day]), storm(), CLOCKS, NOW).spans] == [86_400]
    assert read_sources(Store(), storm(), CLOCKS, NOW).spans == ()


def test_what_another_version_wrote_is_left_out() -> None:
    store = Store(records()[:3], [Span(60, int(BEGAN), b"{"), *minutes()[-10:]])
    store.rows[0] = msgspec.structs.replace(store.rows[0], body=b'{"type": "unheard-of"}')
    found = read_sources(store, storm(), CLOCKS, NOW)
    assert len(found.records) == 2
    assert {one.start > ENDED for one in found.spans} == {True}
