"""Looking through records from the newest on, in both databases."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.ledger.chain import Chain
from mainstay.ledger.store.port import ALL, EVERY_LINE, Cursor, Query, Sieve, Sifted, Store, StoredRecord
from mainstay.ledger.store.sql_newest import RARE, TOLD_APART
from mainstay.ledger.store.sqlite import SqliteDatabase
from mainstay.model.records import AttemptRecord, Record
from tests.ledger.conftest import alert, attempt, exchange
from tests.ledger.store.conftest import CHAIN, OTHER, chained_segments


def put(store: Store, *records: Record, chain: Chain = CHAIN) -> None:
    store.append(chain, chained_segments(chain, records))


def tried(number: int, **changes: object) -> AttemptRecord:
    """An attempt at the instant of its number."""
    return msgspec.structs.replace(attempt(number, at=float(number)), **changes)


def ids(sifted: Sifted) -> list[str]:
    return [row.id for row in sifted.rows]


def place(row: StoredRecord) -> Cursor:
    return Cursor(row.at, row.chain, row.sequence)


def test_the_newest_come_first_and_the_end_is_told(store: Store) -> None:
    put(store, attempt(1, at=30), attempt(2, at=10))
    put(store, attempt(3, at=20), attempt(4, at=30), chain=OTHER)
    found = store.newest(ALL, EVERY_LINE, None, 9, 100)
    assert ids(found) == ["ex_1-4", "ex_1-1", "ex_1-3", "ex_1-2"]
    assert found.reached is None
    assert found.looked == 4


def test_an_empty_store_is_at_its_end(store: Store) -> None:
    assert store.newest(ALL, EVERY_LINE, None, 9, 100) == Sifted((), None, 0)


def test_who_goes_on_behind_what_was_reached_sees_everything_once(store: Store) -> None:
    put(store, *(tried(number, at=float(number // 2)) for number in range(1, 8)))
    before, seen = None, []
    for _ in range(20):
        page = store.newest(ALL, EVERY_LINE, before, 2, 3)
        assert len(page.rows) <= 2
        seen += ids(page)
        if page.reached is None:
            break
        before = page.reached
    assert seen == [f"ex_1-{number}" for number in (7, 6, 5, 4, 3, 2, 1)]


def test_no_more_is_looked_at_than_was_allowed_and_that_is_told(store: Store) -> None:
    put(store, *(tried(number, request_id="wanted" if number == 1 else "") for number in range(1, 8)))
    first = store.newest(ALL, Sieve((b"wanted",)), None, 9, 5)
    assert ids(first) == []
    assert first.looked == 5
    assert first.reached is not None
    assert first.reached.at == 3.0
    rest = store.newest(ALL, Sieve((b"wanted",)), first.reached, 9, 5)
    assert ids(rest) == ["ex_1-1"]
    assert rest.reached is None
    assert rest.looked == 2


def test_a_full_page_reached_its_last_row(store: Store) -> None:
    put(store, *(tried(number) for number in range(1, 8)))
    page = store.newest(ALL, EVERY_LINE, None, 2, 100)
    assert ids(page) == ["ex_1-7", "ex_1-6"]
    assert page.reached == place(page.rows[-1])


def test_a_page_that_is_cut_for_its_bytes_reached_its_last_row(store: Store) -> None:
    for number in range(1, 5):
        heavy = msgspec.structs.replace(alert(f"al_{number}", at=number), message="m" * 2_500_000)
        put(store, heavy, chain=Chain(f"ch_{number}", "", 0, 0.0))
    page = store.newest(ALL, EVERY_LINE, None, 9, 100)
    assert 1 <= len(page.rows) < 4
    assert page.reached == place(page.rows[-1])


def test_a_query_and_a_sieve_choose(store: Store) -> None:
    put(
        store,
        tried(1, tenant="blue"),
        tried(2, fault="overloaded", outcome="failed"),
        tried(3, total_seconds=12.75),
        tried(4, tenant="blue", fault="timeout", total_seconds=3.0),
        msgspec.structs.replace(exchange("ex_5", at=5), tenant="green"),
        alert("al_6", at=6, exchange="ex_5"),
        alert("al_7", at=7),
    )
    answers: dict[tuple[Query, Sieve], list[str]] = {
        (Query(since=2.0, until=4.0), EVERY_LINE): ["ex_1-3", "ex_1-2"],
        (Query(kind="alert"), EVERY_LINE): ["al_7", "al_6"],
        (Query(kind="exchange"), EVERY_LINE): ["ex_5"],
        (Query(tenant="blue"), EVERY_LINE): ["ex_1-4", "ex_1-1"],
        (Query(tenant="local"), EVERY_LINE): ["ex_1-3", "ex_1-2"],
        (Query(tenant=""), EVERY_LINE): ["al_7", "al_6"],
        (Query(exchange="ex_5"), EVERY_LINE): ["al_6", "ex_5"],
        (Query(exchange=""), EVERY_LINE): [],
        (ALL, Sieve(is_faulty=True)): ["ex_1-4", "ex_1-2"],
        (Query(tenant="blue"), Sieve(is_faulty=True)): ["ex_1-4"],
        (Query(kind="exchange"), Sieve(is_faulty=True)): [],
        (ALL, Sieve((b'"fault":"timeout"',))): ["ex_1-4"],
        (ALL, Sieve(whole_seconds_min=4)): ["ex_1-3"],
        (ALL, Sieve(whole_seconds_min=12)): ["ex_1-3"],
        (ALL, Sieve(whole_seconds_min=13)): [],
        (ALL, Sieve(whole_seconds_min=0)): ["ex_1-4", "ex_1-3"],
        (Query(kind="attempt"), Sieve((b"timeout", b"blue"), 3, is_faulty=True)): ["ex_1-4"],
    }
    found = {asked: ids(store.newest(*asked, None, 9, 100)) for asked in answers}
    assert found == answers


@pytest.mark.parametrize(
    ("query", "sieve"),
    [
        (ALL, Sieve(is_faulty=True)),
        (Query(tenant="blue"), EVERY_LINE),
        (Query(kind="alert"), EVERY_LINE),
        (Query(exchange="ex_old"), EVERY_LINE),
    ],
    ids=["fault", "tenant", "kind", "exchange"],
)
def test_what_has_an_index_is_found_without_looking_at_the_rest(store: Store, query: Query, sieve: Sieve) -> None:
    old = attempt(0, "ex_old", at=0.5)
    put(
        store,
        msgspec.structs.replace(old, tenant="blue", fault="cut"),
        alert("al_1", at=0.75, exchange="ex_old"),
        *(tried(number) for number in range(1, 20)),
    )
    found = store.newest(query, sieve, None, 9, 5)
    assert 1 <= len(found.rows) == found.looked
    assert found.reached is None


@pytest.mark.parametrize("text", ["'; DROP TABLE record; --", "%s ? $1 %%", "\0", "\\x00", "\N{SNOWMAN}"])
def test_any_bytes_are_only_bytes(store: Store, text: str) -> None:
    put(store, tried(1, request_id=text), tried(2))
    assert ids(store.newest(ALL, Sieve((msgspec.json.encode(text)[1:-1],)), None, 9, 100)) == ["ex_1-1"]


def test_no_line_of_whatever_content_stops_a_search(store: Store) -> None:
    put(store, tried(1, request_id='"total_seconds":\xff12', total_seconds=5.0))
    strange = b'{"total_seconds":\xff\x00,"total_seconds":}'
    for number, body in enumerate((strange, b'"total_seconds":99999999999999999', b'"total_seconds":'), 2):
        store._database.rows(  # type: ignore[attr-defined] # behind its back
            "INSERT INTO record(chain, sequence, id, kind, exchange, tenant, at, hash, body, duplicate) "
            "VALUES ('ch_0c', ?, '', 'unreadable', '', '', 1.0, ?, ?, (1 = 0))",
            (number, b"", body),
        )
    assert "ex_1-1" in ids(store.newest(ALL, Sieve(whole_seconds_min=5), None, 9, 100))


def test_sqlite_uses_the_index_that_leaves_most_out(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "ledger.sqlite")
    order = "ORDER BY at DESC, chain DESC, sequence DESC LIMIT 1 OFFSET 5"
    for terms, index in (
        ("at < 5", "record_at"),
        (f"tenant = 'blue' AND {TOLD_APART}", "record_tenant"),
        (f"kind = 'alert' AND {RARE}", "record_kind"),
        (database.words.is_faulty, "record_fault"),
    ):
        statement = f"SELECT at FROM record WHERE NOT duplicate AND {terms} {order}"  # noqa: S608 - constants
        plan = database.rows(f"EXPLAIN QUERY PLAN {statement}")
        assert index in str(plan)
        assert "TEMP B-TREE" not in str(plan)
    database.close()


INSTANTS = st.lists(st.integers(0, 6), min_size=1, max_size=12)


@given(INSTANTS, st.integers(1, 4), st.integers(1, 5), st.sampled_from([None, b"x"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_however_it_is_paged_it_is_the_same(
    store: Store, instants: list[int], limit: int, look: int, piece: bytes | None
) -> None:
    chain = Chain(f"ch_{len(store.chains()):x}", "", 0, 0.0)
    put(
        store,
        *(tried(number, at=float(at), request_id="x" * (at % 2)) for number, at in enumerate(instants)),
        chain=chain,
    )
    sieve = Sieve() if piece is None else Sieve((b'"request_id":"x"',))
    everything = store.newest(ALL, sieve, None, 10_000, 10_000)
    before, seen = None, list[StoredRecord]()
    while True:
        page = store.newest(ALL, sieve, before, limit, look)
        seen += page.rows
        if page.reached is None:
            break
        before = page.reached
    assert seen == list(everything.rows)
    assert [place(row).at for row in seen] == sorted((row.at for row in seen), reverse=True)
