"""Ninety days of traffic out of a store."""

import msgspec
import pytest

from mainstay.control.status_page.history import HOUR_SECONDS, LATE_SECONDS, TrafficHistory
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Span
from mainstay.ops.status.traffic import DAY_SECONDS
from mainstay.ops.tallies.tally import ExchangeTally, SpanTallies
from tests.ops.status.samples import TODAY

NOON = TODAY + DAY_SECONDS / 2


def body(answered: int, failed: int = 0) -> bytes:
    tally = ExchangeTally(answered + failed, answered, failed)
    return msgspec.json.encode(SpanTallies(exchanges={"sonnet chat": tally}))


class Store:
    """Spans in memory; remembers what was asked."""

    def __init__(self, *spans: Span) -> None:
        self.kept = list(spans)
        self.asked: list[float] = []
        self.is_down = False

    def spans(self, seconds: int, since: float, until: float) -> list[Span]:
        if self.is_down:
            raise StoreError("the store does not answer")
        self.asked.append(since)
        return [one for one in self.kept if one.seconds == seconds and since <= one.start < until]


def test_hours_make_days() -> None:
    store = Store(Span(HOUR_SECONDS, TODAY, body(90, 10)), Span(HOUR_SECONDS, TODAY + HOUR_SECONDS, body(100)))
    (day,) = TrafficHistory().refresh(store, NOON)["model:sonnet"]
    assert (day.start, day.asked, day.failed, day.lost_seconds) == (TODAY, 200, 10, 360.0)


def test_of_long_ago_only_days_are_left() -> None:
    start = TODAY - 40 * DAY_SECONDS
    (day,) = TrafficHistory().refresh(Store(Span(DAY_SECONDS, start, body(100))), NOON)["model:sonnet"]
    assert (day.start, day.seen_seconds) == (start, DAY_SECONDS)


def test_what_is_over_is_read_once() -> None:
    store, history = Store(), TrafficHistory()
    history.refresh(store, NOON)
    assert min(store.asked) == TODAY - 89 * DAY_SECONDS
    store.asked.clear()
    history.refresh(store, NOON + 60)
    assert set(store.asked) == {TODAY}


def test_a_day_is_read_again_for_those_that_deliver_late() -> None:
    store, history = Store(), TrafficHistory()
    history.refresh(store, TODAY + DAY_SECONDS + 60.0)
    store.kept.append(Span(HOUR_SECONDS, TODAY + 23 * HOUR_SECONDS, body(100)))
    late = history.refresh(store, TODAY + DAY_SECONDS + LATE_SECONDS - 1.0)
    assert [day.asked for day in late["model:sonnet"]] == [100]


def test_days_that_are_too_old_are_forgotten() -> None:
    store, history = Store(Span(HOUR_SECONDS, TODAY, body(100))), TrafficHistory()
    assert history.refresh(store, NOON)
    assert history.refresh(store, NOON + 90 * DAY_SECONDS) == {}


def test_while_the_store_is_down_what_was_read_counts() -> None:
    store, history = Store(Span(HOUR_SECONDS, TODAY, body(100))), TrafficHistory()
    before = history.refresh(store, NOON)
    store.is_down = True
    with pytest.raises(StoreError):
        history.refresh(store, NOON + 60)
    assert history.known() == before


def test_a_span_of_another_version_is_left_out() -> None:
    store = Store(Span(HOUR_SECONDS, TODAY, b'{"exchanges": 3}'), Span(HOUR_SECONDS, TODAY + HOUR_SECONDS, body(100)))
    assert [day.asked for day in TrafficHistory().refresh(store, NOON)["model:sonnet"]] == [100]
