"""What was added up, as pages ask for it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.bookkeeping import tallied as module
from mainstay.control.bookkeeping.tallied import Tallied, pieces
from mainstay.ledger.errors import SearchEndedError, StoreError
from mainstay.ledger.store.port import Span
from mainstay.ops.tallies.merging import encode
from mainstay.ops.tallies.tally import SpanTallies, TalliedSpan, TenantTally
from tests.control.bookkeeping.desk import NOW, Desk, counted

DAY = 86_400
DAY_START = 1_699_920_000


@pytest.fixture
def tallied(desk: Desk) -> Iterator[Tallied]:
    tallied = Tallied(desk.open, desk.wall)
    yield tallied
    tallied.close()


def tallies(exchanges: int = 1) -> SpanTallies:
    return SpanTallies(tenants={"blue": TenantTally(exchanges=exchanges)})


def save(desk: Desk, *places: tuple[int, int]) -> None:
    desk.store.save_spans("tallies-1", 0, 0, [Span(seconds, start, encode(tallies())) for seconds, start in places])


def test_spans_come_in_order(tallied: Tallied, desk: Desk) -> None:
    save(desk, (60, 120), (60, 60), (60, 180), (3_600, 0))
    assert tallied.spans(60, 60, 180) == [TalliedSpan(60, 60, tallies()), TalliedSpan(120, 60, tallies())]
    assert tallied.spans(3_600, 0, 1) == [TalliedSpan(0, 3_600, tallies())]
    assert tallied.spans(DAY, 0, 1e12) == []


def test_more_than_a_page_is_read_and_more_than_too_much_is_refused(
    tallied: Tallied, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = encode(SpanTallies(tenants={"t" * 1_500_000: TenantTally()}))
    desk.store.save_spans("tallies-1", 0, 0, [Span(60, 60 * number, big) for number in range(6)])
    assert [span.start for span in tallied.spans(60, 0, 1e9)] == [60 * number for number in range(6)]
    monkeypatch.setattr(module, "BYTES_MAX", 6_000_000)
    with pytest.raises(SearchEndedError, match="ask for longer ones"):
        tallied.spans(60, 0, 1e9)


def test_a_span_that_cannot_be_read_is_left_out(tallied: Tallied, desk: Desk) -> None:
    save(desk, (60, 60))
    desk.store.save_spans("tallies-1", 0, 0, [Span(60, 120, b"torn"), Span(60, 180, b"\xff")])
    assert [span.start for span in tallied.spans(60, 0, 1e9)] == [60]


def test_a_total_is_put_together_of_the_longest_spans(tallied: Tallied, desk: Desk) -> None:
    since, until = DAY_START - 7_200 - 720, DAY_START + DAY + 3_600 + 60
    inside = [
        (60, since),
        (60, since + 60),
        (600, since + 120),
        (3_600, DAY_START - 7_200),
        (3_600, DAY_START - 3_600),
        (DAY, DAY_START),
        (3_600, DAY_START + DAY),
        (60, DAY_START + DAY + 3_600),
    ]
    around = [(60, since - 60), (60, until), (60, DAY_START + 60), (3_600, DAY_START + 3_600), (DAY, DAY_START - DAY)]
    save(desk, *inside, *around)
    desk.wall.now = until
    total = tallied.total(since + 5.0, until - 5.0)
    assert (total.since, total.until) == (since, until)
    assert total.tallies.tenants["blue"].exchanges == len(inside)


def test_a_total_of_long_ago_is_of_whole_longer_spans(tallied: Tallied, desk: Desk) -> None:
    recent, old, older = DAY_START - 10 * DAY, DAY_START - 20 * DAY, DAY_START - 200 * DAY
    save(desk, (600, recent), (3_600, recent), (3_600, old), (DAY, old), (DAY, older))
    total = tallied.total(recent + 60, recent + 180)
    assert (total.since, total.until, total.tallies) == (recent, recent + 600, tallies())
    total = tallied.total(old + 600, old + 1_200)
    assert (total.since, total.until, total.tallies) == (old, old + 3_600, tallies())
    total = tallied.total(older + 600, older + 1_200)
    assert (total.since, total.until, total.tallies) == (older, older + DAY, tallies())


def test_a_minute_that_may_be_forgotten_already_is_not_asked_for(tallied: Tallied) -> None:
    kept_since = NOW - 8 * DAY
    begin = int(kept_since // 60 * 60)
    assert begin < kept_since < begin + 59
    total = tallied.total(begin + 59, begin + 90)
    assert (total.since, total.until) == (begin // 600 * 600, begin // 600 * 600 + 600)
    total = tallied.total(begin + 60, begin + 90)
    assert (total.since, total.until) == (begin + 60, begin + 120)


def test_nothing_between_is_nothing(tallied: Tallied) -> None:
    total = tallied.total(NOW, NOW - 5_000)
    assert total.since == total.until
    assert counted([total.tallies]) == 0


def test_a_store_that_does_not_answer_is_said(tallied: Tallied, desk: Desk) -> None:
    desk.is_down = True
    with pytest.raises(StoreError):
        tallied.spans(60, 0, 1)
    desk.is_down = False
    assert tallied.spans(60, 0, 1) == []


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([60, 600, 3_600, DAY]))
def test_pieces_cover_the_time_without_gap_or_overlap(begin: int, minutes: int, grain: int) -> None:
    begin = begin * 60 // grain * grain
    end = begin + minutes * 60 // grain * grain
    place = begin
    for seconds, first, last in pieces(begin, end, grain):
        assert first == place < last
        assert seconds >= grain
        assert first % seconds == last % seconds == 0
        place = last
    assert place == end
    assert len(list(pieces(begin, end, grain))) <= 7
