"""Questions to journals of many segments. What a question must give is said by a filter over the plain records."""

import sqlite3
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.ledger.errors import DamagedStoreError, NewerStoreError, SearchEndedError, StoreError
from mainstay.ledger.reader import EXCHANGE_SECONDS_MAX, FOLLOWING_RECORDS, NEEDLES_MAX, RecordReader
from mainstay.ledger.schema import SCHEMA_VERSION, Stored
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, breaker, exchange

NOON = 1_763_812_800.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-0.sqlite"


def identity(at: float, number: int = 0) -> str:
    """An exchange's id as the gateway makes them."""
    return f"ex_{int(at * 1000):011x}{number:014x}"


def at_rest(path: Path, *batches: Sequence[Record]) -> RecordReader:
    """A reader of a new journal with these commits."""
    with RecordStore(path) as store:
        for batch in batches:
            store.append(batch)
    return RecordReader(path)


def ids(rows: list[Stored]) -> list[str]:
    return [row.id for row in rows]


def test_tail_gives_the_last_ones_oldest_first(path: Path) -> None:
    with at_rest(path, [attempt(1), attempt(2)], [attempt(3)]) as reader:
        assert ids(reader.tail(2)) == ["ex_1-2", "ex_1-3"]
        assert ids(reader.tail(99)) == ["ex_1-1", "ex_1-2", "ex_1-3"]
        assert reader.tail(0) == reader.tail(-1) == []


def test_tail_of_a_kind_gives_the_newest_of_it_by_instant(path: Path) -> None:
    batches: list[list[Record]] = [[exchange("late", at=30), attempt(at=40)], [exchange("early", at=10)]]
    with at_rest(path, *batches, [exchange("middle", at=20)]) as reader:
        assert ids(reader.tail(2, "exchange")) == ["middle", "late"]
        assert reader.tail(0, "exchange") == reader.tail(2, "breaker") == []


def test_of_one_instant_the_last_written_is_the_newest(path: Path) -> None:
    batches: list[list[Record]] = [[exchange("first", at=5)], [exchange("old", at=1), exchange("second", at=5)]]
    with at_rest(path, *batches) as reader:
        assert ids(reader.tail(1, "exchange")) == ["second"]
        assert ids(reader.tail(2, "exchange")) == ["first", "second"]


def test_since_goes_on_where_the_last_question_ended(path: Path) -> None:
    with at_rest(path, [attempt(1), attempt(2), attempt(3)], [attempt(4), attempt(5)]) as reader:
        first = reader.since(0, 2)
        then = reader.since(first[-1].sequence, 10)
        assert ids(first + then) == [f"ex_1-{number}" for number in range(1, 6)]
        assert reader.since(then[-1].sequence) == reader.since(99) == reader.since(0, 0) == []
        assert ids(reader.since(-7, 1)) == ["ex_1-1"]


def test_newest_since_counts_from_the_end(path: Path) -> None:
    with at_rest(
        path, [alert("al_1", at=1), alert("al_2", at=2)], [alert("al_3", at=3), alert("al_4", at=4)]
    ) as reader:
        assert ids(reader.newest_since("alert", 2, 10)) == ["al_2", "al_3", "al_4"]
        assert ids(reader.newest_since("alert", 2, 2)) == ["al_3", "al_4"]
        assert reader.newest_since("breaker", 0, 10) == []


def test_by_exchange_gives_everything_about_one_exchange(path: Path) -> None:
    first: list[Record] = [attempt(1, "ex_1"), attempt(1, "ex_2"), alert("al", exchange="ex_1")]
    with at_rest(path, first, [alert("no"), exchange("ex_1")]) as reader:
        assert ids(reader.by_exchange("ex_1")) == ["ex_1-1", "al", "ex_1"]
        assert reader.by_exchange("ex_3") == reader.by_exchange("ex_") == reader.by_exchange("") == []


def test_an_exchange_whose_id_needs_escaping_is_found(path: Path) -> None:
    strange = 'a"b\\c\n\N{SNOWMAN}'
    with at_rest(path, [attempt(1, strange)], [exchange(strange)]) as reader:
        assert ids(reader.by_exchange(strange)) == [f"{strange}-1", strange]


# Instants out of order, as those of long exchanges are: they are written at their end and dated at their beginning.
INSTANTS = st.integers(0, 20).map(lambda seconds: NOON + seconds)
NUMBERS = st.integers(0, 3)
IDS = st.one_of(NUMBERS.map(lambda number: f"ex_{number}"), st.builds(identity, st.just(NOON), NUMBERS))
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(attempt, NUMBERS, IDS, INSTANTS),
    st.builds(exchange, IDS, INSTANTS),
    st.builds(alert, st.just("al"), INSTANTS, IDS),
    st.builds(breaker, st.just("open"), INSTANTS),
)
JOURNALS = st.lists(st.lists(RECORDS, min_size=1, max_size=6), max_size=12)
ASKED = st.integers(0, 15)
names = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journals")


def opened(folder: Path, journal: list[list[Record]]) -> tuple[RecordReader, list[Stored]]:
    """A reader of a journal with these commits, and all that it holds."""
    reader = at_rest(folder / f"{next(names)}.sqlite", *journal)
    return reader, reader.since(0, 1_000)


@settings(max_examples=40)
@given(journal=JOURNALS, asked=ASKED, sequence=st.integers(-1, 80))
def test_the_order_of_writing_holds_over_any_segments(
    folder: Path, journal: list[list[Record]], asked: int, sequence: int
) -> None:
    reader, everything = opened(folder, journal)
    with reader:
        assert [row.record() for row in everything] == [record for batch in journal for record in batch]
        assert [row.sequence for row in everything] == list(range(1, len(everything) + 1))
        assert reader.tail(asked) == (everything[-asked:] if asked else [])
        assert reader.since(sequence, asked) == [row for row in everything if row.sequence > sequence][:asked]
        assert reader.count() == reader.last_sequence() == len(everything)


@settings(max_examples=40)
@given(journal=JOURNALS, asked=ASKED, kind=st.sampled_from(["attempt", "exchange", "alert", "process"]), at=INSTANTS)
def test_the_newest_of_a_kind_are_found_in_any_segments(
    folder: Path, journal: list[list[Record]], asked: int, kind: str, at: float
) -> None:
    reader, everything = opened(folder, journal)
    with reader:
        newest = sorted((row for row in everything if row.kind == kind), key=lambda row: (row.at, row.sequence))
        assert reader.tail(asked, kind) == (newest[-asked:] if asked else [])
        recent = [row for row in newest if row.at >= at]
        assert reader.newest_since(kind, at, asked) == (recent[-asked:] if asked else [])


@settings(max_examples=40)
@given(journal=JOURNALS, wanted=st.sets(IDS, max_size=3))
def test_exchanges_are_found_in_any_segments(folder: Path, journal: list[list[Record]], wanted: set[str]) -> None:
    reader, everything = opened(folder, journal)
    with reader:
        assert reader.by_exchanges(wanted) == [row for row in everything if row.exchange in wanted]
        for one in wanted:
            assert reader.by_exchange(one) == [row for row in everything if row.exchange == one]


def test_many_exchanges_are_found_at_once(path: Path) -> None:
    batches: list[list[Record]] = [[attempt(1, f"ex_{n}"), exchange(f"ex_{n}")] for n in range(3 * NEEDLES_MAX)]
    wanted = {f"ex_{number}" for number in range(NEEDLES_MAX + 1)}
    with at_rest(path, *batches) as reader:
        assert len(reader.by_exchanges(wanted)) == 2 * len(wanted)


def about(at: float) -> list[Record]:
    """An exchange that began at this instant, and its attempt, in one commit."""
    return [attempt(1, identity(at), at=at), exchange(identity(at), at=at)]


def whole_read(path: Path, question: Callable[[RecordReader], object]) -> bool:
    """Whether the question reads more than a quarter of all bodies."""
    total = sum(len(body) for (body,) in sqlite3.connect(path).execute("SELECT body FROM segment"))
    with RecordReader(path, search_bytes_max=total // 4) as reader:
        try:
            question(reader)
        except SearchEndedError:
            return True
        return False


def test_an_id_with_its_instant_spares_reading_what_was_written_before_and_long_after(path: Path) -> None:
    days = [NOON + day * EXCHANGE_SECONDS_MAX for day in range(20)]
    at_rest(path, *(about(day) for day in days)).close()
    for day in days:
        assert not whole_read(path, lambda reader, at=day: reader.by_exchange(identity(at)))  # type: ignore[misc]
    assert whole_read(path, lambda reader: reader.by_exchange("ex_of-another-form"))


def test_a_search_for_a_finished_exchange_ends_soon_behind_its_end(path: Path) -> None:
    at_rest(path, about(NOON)).close()
    connection = sqlite3.connect(path)
    later = [(FOLLOWING_RECORDS + number, 1, NOON, NOON, b"not to be read " * 99 + b"\n") for number in range(3, 99)]
    columns = "first_sequence, records, first_at, last_at, body, previous, digest, digests"
    connection.executemany(f"INSERT INTO segment({columns}) VALUES (?, ?, ?, ?, ?, x'', x'', x'')", later)  # noqa: S608
    connection.commit()
    connection.close()
    assert not whole_read(path, lambda reader: reader.by_exchange(identity(NOON)))


def test_what_is_written_behind_the_end_of_an_exchange_is_found(path: Path) -> None:
    straggler = alert("al", at=NOON + 5, exchange=identity(NOON))
    with at_rest(path, about(NOON), about(NOON + 1), [straggler]) as reader:
        assert ids(reader.by_exchange(identity(NOON)))[-1] == "al"


def test_attempts_of_an_exchange_that_lasted_long_are_found(path: Path) -> None:
    one = identity(NOON)
    batches: list[list[Record]] = [
        [attempt(1, one, at=NOON), *about(NOON + 50)],
        about(NOON + 3_000),
        [attempt(2, one, at=NOON + EXCHANGE_SECONDS_MAX), exchange(one, at=NOON)],
    ]
    with at_rest(path, *batches) as reader:
        assert ids(reader.by_exchange(one)) == [f"{one}-1", f"{one}-2", one]


@pytest.mark.parametrize("offset", [-3_600.0, 3_600.0 + EXCHANGE_SECONDS_MAX])
def test_an_exchange_is_found_although_the_clock_was_set(path: Path, offset: float) -> None:
    lagging: list[Record] = [exchange(identity(NOON), at=NOON + offset)]
    with at_rest(path, about(NOON + 10), lagging) as reader:
        assert ids(reader.by_exchange(identity(NOON))) == [identity(NOON)]


def test_a_search_that_would_read_too_much_is_an_error_and_not_half_an_answer(path: Path) -> None:
    at_rest(path, *([exchange(f"ex_{number}", at=number)] for number in range(20))).close()
    with RecordReader(path, search_bytes_max=1_000) as reader:
        with pytest.raises(SearchEndedError, match=r"journal-0\.sqlite.*given up"):
            reader.by_exchange("ex_19")
        with pytest.raises(SearchEndedError):
            reader.newest_since("breaker", 0.0, 1)
        assert ids(reader.tail(1, "exchange")) == ["ex_19"]
        assert len(reader.tail(20)) == len(reader.since(0)) == 20


def test_questions_read_lazily(path: Path) -> None:
    at_rest(path, *([exchange(f"ex_{number}", at=number)] for number in range(5))).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE segment SET body = x'00' WHERE first_sequence = 3")
    connection.commit()
    connection.close()
    with RecordReader(path) as reader:
        assert ids(reader.tail(2)) == ids(reader.tail(2, "exchange")) == ["ex_3", "ex_4"]
        assert ids(reader.since(0, 2)) == ["ex_0", "ex_1"]
        with pytest.raises(DamagedStoreError, match=r"journal-0\.sqlite: segment 3"):
            reader.tail(3)


def test_one_line_that_was_spoilt_does_not_hide_the_others(path: Path) -> None:
    at_rest(path, [exchange("ex_1"), exchange("ex_2"), exchange("ex_3")]).close()
    connection = sqlite3.connect(path)
    (body,) = connection.execute("SELECT body FROM segment").fetchone()
    connection.execute("UPDATE segment SET body = ?", (body.replace(b'"id":"ex_2"', b'"id":"ex_2?'),))
    connection.commit()
    connection.close()
    with RecordReader(path) as reader:
        assert [row.kind for row in reader.tail(3)] == ["exchange", "unreadable", "exchange"]
        assert ids(reader.tail(3, "exchange")) == ["ex_1", "ex_3"]


def test_a_reader_reads_while_the_writer_writes(path: Path) -> None:
    with RecordStore(path) as store:
        store.append([attempt(1)])
        with RecordReader(path) as reader:
            assert ids(reader.tail(9)) == ["ex_1-1"]
            store.append([attempt(2)])
            assert ids(reader.tail(9)) == ["ex_1-1", "ex_1-2"]


def test_a_question_that_was_answered_early_holds_nothing(path: Path) -> None:
    with RecordStore(path) as store:
        for number in range(10):
            store.append([exchange(f"ex_{number}", at=number)])
        with RecordReader(path) as reader:
            reader.tail(1)
            reader.tail(1, "exchange")
            reader.since(0, 1)
            reader.by_exchange("ex_1")
            # A reader in the middle of something would keep the log from being brought in and begun anew.
            busy, left, done = store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, left, done) == (0, 0, 0)


def test_a_reader_reads_a_journal_whose_writer_is_gone(path: Path) -> None:
    with RecordStore(path) as store:
        store.append([attempt(1)])
    assert list(path.parent.iterdir()) == [path]
    with RecordReader(path) as reader:
        assert ids(reader.tail(9)) == ["ex_1-1"]


def test_a_reader_makes_and_changes_nothing(path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        RecordReader(path)
    assert not path.exists()
    RecordStore(path).close()
    with RecordReader(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM segment")


def test_a_reader_opens_a_file_whose_name_needs_quoting(tmp_path: Path) -> None:
    path = tmp_path / "a ?b#c%20.sqlite"
    with at_rest(path) as reader:
        assert reader.count() == reader.last_sequence() == 0


@pytest.mark.parametrize("kind", [RecordStore, RecordReader])
def test_a_newer_file_is_refused_by_name_and_left_alone(path: Path, kind: type[RecordReader]) -> None:
    with RecordStore(path) as store:
        store._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(NewerStoreError, match=rf"{path}.*newer version of Mainstay.*schema {SCHEMA_VERSION + 1}"):
        kind(path)


@pytest.mark.parametrize("kind", [RecordStore, RecordReader])
def test_a_file_that_is_no_database_is_damaged(path: Path, kind: type[RecordReader]) -> None:
    path.write_bytes(b"certainly no database " * 100)
    with pytest.raises(DamagedStoreError):
        kind(path)


def plan(reader: RecordReader, question: Callable[[RecordReader], Any]) -> str:
    """How SQLite goes about all statements of a question."""
    statements: list[str] = []
    reader._connection.set_trace_callback(statements.append)
    question(reader)
    reader._connection.set_trace_callback(None)
    # The trace writes infinity in a way that SQLite itself cannot read.
    explained = [f"EXPLAIN QUERY PLAN {one.replace('Inf', '9e999')}" for one in statements]
    return " | ".join(str(row[3]) for one in explained for row in reader._connection.execute(one))


def test_no_question_makes_sqlite_sort_bodies(path: Path) -> None:
    questions: list[Callable[[RecordReader], object]] = [
        lambda reader: reader.tail(3),
        lambda reader: reader.tail(3, "exchange"),
        lambda reader: reader.since(3),
        lambda reader: reader.by_exchange("ex_1"),
        lambda reader: reader.by_exchange(identity(NOON)),
    ]
    with at_rest(path, [exchange("ex_1")]) as reader:
        plans = [plan(reader, question) for question in questions]
    assert all(plans)
    assert "TEMP B-TREE" not in " | ".join(plans)
    assert "segment_last_at (last_at>?)" in plans[1]
    assert "COVERING INDEX segment_last_at (last_at>?)" in plans[4]
