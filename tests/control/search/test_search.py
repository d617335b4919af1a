"""Looking for records in a store."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.control.search import search as module
from mainstay.control.search.search import BadPlaceError, LedgerSearch, Page, page_json, place_of
from mainstay.control.search.wish import Wish
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Cursor, Query, Sieve, Sifted, Store
from mainstay.model.records import AttemptRecord, Record
from tests.control.bookkeeping.desk import Clock, Desk
from tests.ledger.conftest import alert, attempt, exchange


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def search(desk: Desk) -> Iterator[LedgerSearch]:
    search = LedgerSearch(desk.open, desk.monotonic)
    yield search
    search.close()


def tried(number: int, **changes: object) -> AttemptRecord:
    return msgspec.structs.replace(attempt(number, at=float(number)), **changes)


def ids(page: Page) -> list[str]:
    return [hit.id for hit in page.hits]


def test_the_newest_come_first(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(tried(1), tried(2), tried(3))
    page = search.look(Wish())
    assert ids(page) == ["ex_1-3", "ex_1-2", "ex_1-1"]
    assert page.is_end
    assert page.words == "looked at all 3 records that there are"


def test_pages_go_on_where_the_last_one_ended(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(*(tried(number) for number in range(1, 8)))
    seen, after = list[str](), ""
    while True:
        page = search.look(Wish(), after, 3)
        seen += ids(page)
        after = page.after
        if page.is_end:
            break
    assert seen == [f"ex_1-{number}" for number in (7, 6, 5, 4, 3, 2, 1)]


def test_a_wish_is_fulfilled_whatever_it_is_about(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(
        tried(1, tenant="blue", total_seconds=2.25),
        tried(2, outcome="failed", fault="overload", request_id="req_abc"),
        tried(3, upstream="other", total_seconds=2.75),
        msgspec.structs.replace(exchange("ex_4", at=4), model_asked="big", outcome="failed", fault="cut"),
        alert("al_5", at=5, exchange="ex_4"),
    )
    answers = {
        Wish(tenant="blue"): ["ex_1-1"],
        Wish(kind="alert"): ["al_5"],
        Wish(exchange="ex_4"): ["al_5", "ex_4"],
        Wish(upstream="other"): ["ex_1-3"],
        Wish(model="big"): ["ex_4"],
        Wish(outcome="failed"): ["ex_4", "ex_1-2"],
        Wish(outcome="failed", kind="attempt"): ["ex_1-2"],
        Wish(fault="cut"): ["ex_4"],
        Wish(seconds_min=2.5): ["ex_1-3"],
        Wish(seconds_min=2.0): ["ex_1-3", "ex_1-1"],
        Wish(since=2.0, until=4.0): ["ex_1-3", "ex_1-2"],
        Wish(text="req_a"): ["ex_1-2"],
        Wish(text="REQ_A"): [],
        Wish(text="nowhere"): [],
    }
    assert {wish: ids(search.look(wish)) for wish in answers} == answers


def test_an_id_is_found_at_once_however_old(search: LedgerSearch, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_FIRST", 1)
    monkeypatch.setattr(module, "BUDGET_SECONDS", 0.0)
    desk.ship(attempt(1, "ex_old", at=1.0), exchange("ex_old", at=2.0), *(tried(number) for number in range(3, 20)))
    assert ids(search.look(Wish(text="ex_old-1"))) == ["ex_old-1"]
    monkeypatch.setattr(module, "LOOK_FIRST", 100)
    page = search.look(Wish(text="ex_old"))
    assert ids(page) == ["ex_old", "ex_old-1"]
    assert page.is_end
    assert ids(search.look(Wish(text="ex_old", kind="attempt"))) == ["ex_old-1"]
    assert ids(search.look(Wish(text="ex_old-1", tenant="blue", since=50.0))) == []


class Slow:
    """A store that takes a second for a thousand records that it looks at."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.looks: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def newest(self, query: Query, sieve: Sieve, before: Cursor | None, limit: int, look: int) -> Sifted:
        self.looks.append(look)
        self._clock.now += look / 1_000
        return self._store.newest(query, sieve, before, limit, look)


def test_a_search_ends_in_time_and_says_how_far_it_looked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_FIRST", 10)
    slow = Slow(desk.store, desk.monotonic)
    search = LedgerSearch(lambda: slow, desk.monotonic)  # type: ignore[arg-type, return-value] # all else is the store's
    desk.ship(*(tried(number) for number in range(1, 501)))
    page = search.look(Wish(upstream="nobody"))
    assert slow.looks == [10, 30, 90]
    assert (page.hits, page.is_end, page.looked, page.back_to) == ((), False, 130, 371.0)
    assert page.words == "looked at 130 records, back to 1970-01-01 00:06:11 UTC; older ones come on the next page"


def test_a_slow_store_gives_a_page_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_FIRST", 200)
    slow = Slow(desk.store, desk.monotonic)
    search = LedgerSearch(lambda: slow, desk.monotonic)  # type: ignore[arg-type, return-value] # all else is the store's
    desk.ship(*(tried(number) for number in range(1, 501)))
    looks = []
    after = ""
    for _ in range(5):
        page = search.look(Wish(upstream="nobody"), after)
        looks.append(page.looked)
        after = page.after
        if page.is_end:
            break
    assert looks == [200, 200, 100]


def test_what_the_store_lets_through_is_looked_at_again(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(tried(1, model="other", request_id="x", dialect="claude"), tried(2))
    assert ids(search.look(Wish(model="claude"))) == ["ex_1-2"]


def test_all_records_of_an_exchange_are_told_in_order(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(attempt(1, "ex_7", at=1.0), attempt(2, "ex_7", at=2.0), exchange("ex_7", at=3.0), tried(4))
    assert [hit.id for hit in search.exchange("ex_7")] == ["ex_7-1", "ex_7-2", "ex_7"]
    assert search.exchange("nobody") == search.exchange("") == ()


@pytest.mark.parametrize("after", ["x", "1~2", "nan~ch_0a~1", "inf~ch_0a~1", "1~; DROP~1", "1~ch_0a~x", "1~ch_0a~-1"])
def test_a_place_that_is_none_is_refused(search: LedgerSearch, after: str) -> None:
    with pytest.raises(BadPlaceError, match="begin with the first page"):
        search.look(Wish(), after)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**63 - 1))
def test_a_place_comes_back_as_it_was(at: float, sequence: int) -> None:
    assert place_of(f"{at!r}~ch_0a~{sequence}") == Cursor(at, "ch_0a", sequence)


def test_a_page_is_given_to_programs_as_it_stands_in_the_journal(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(tried(1), tried(2))
    told = msgspec.json.decode(page_json(search.look(Wish(), "", 1)))
    assert told["records"] == [msgspec.json.decode(msgspec.json.encode(tried(2)))]
    assert (told["is_end"], told["back_to"], told["looked"]) == (False, 2.0, 1)
    assert search.look(Wish(), told["after"]).is_end


def test_a_line_that_is_no_json_does_no_harm_to_the_page(search: LedgerSearch, desk: Desk) -> None:
    desk.ship(tried(1), tried(2))
    desk.store._database.rows("UPDATE record SET body = X'FF7B' WHERE sequence = 1")  # type: ignore[attr-defined] # so
    told = msgspec.json.decode(page_json(search.look(Wish())))
    assert told["records"][1] == "\N{REPLACEMENT CHARACTER}{"


def test_a_store_that_does_not_answer_is_said(search: LedgerSearch, desk: Desk) -> None:
    desk.is_down = True
    with pytest.raises(StoreError):
        search.look(Wish())


WISHES = st.builds(
    Wish,
    since=st.none() | st.integers(0, 10).map(float),
    kind=st.sampled_from([None, "attempt", "exchange", "alert"]),
    tenant=st.sampled_from([None, "blue", "local"]),
    outcome=st.sampled_from([None, "served", "failed"]),
    fault=st.sampled_from([None, "cut"]),
    upstream=st.sampled_from([None, "anthropic", "other"]),
    seconds_min=st.sampled_from([None, 0.5, 1.5]),
)
RECORDS = st.lists(
    st.builds(
        tried,
        st.integers(0, 9),
        tenant=st.sampled_from(["blue", "local"]),
        outcome=st.just("served"),
        upstream=st.sampled_from(["anthropic", "other"]),
        total_seconds=st.sampled_from([0.0, 1.0, 2.0]),
    )
    | st.builds(tried, st.integers(0, 9), outcome=st.just("failed"), fault=st.sampled_from(["cut", "overload"])),
    min_size=1,
    max_size=8,
)


@given(RECORDS, WISHES, st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_exactly_what_was_wished_for_is_found(
    tmp_path_factory: pytest.TempPathFactory, records: list[AttemptRecord], wish: Wish, limit: int
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    search = LedgerSearch(desk.open, desk.monotonic)
    named: list[Record] = [msgspec.structs.replace(one, id=f"at_{at}") for at, one in enumerate(records)]
    desk.ship(*named)
    found, after = list[str](), ""
    while True:
        page = search.look(wish, after, limit)
        found += ids(page)
        after = page.after
        if page.is_end:
            break
    assert sorted(found) == sorted(one.id for one in named if is_wished(one, wish))
    search.close()
    desk.close()


def is_wished(record: Record, wish: Wish) -> bool:
    """Plainly."""
    assert isinstance(record, AttemptRecord)
    return (
        (wish.since is None or record.at >= wish.since)
        and wish.kind in {None, "attempt"}
        and wish.tenant in {None, record.tenant}
        and wish.outcome in {None, record.outcome}
        and wish.fault in {None, record.fault}
        and wish.upstream in {None, record.upstream}
        and (wish.seconds_min is None or record.total_seconds >= wish.seconds_min)
    )
