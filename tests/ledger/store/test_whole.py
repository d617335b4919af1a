"""Store and journals together: every record once, whatever is shipped or pruned meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.ledger.chain import Anchor
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.files import journal_path, journal_paths
from mainstay.ledger.sqlite import RecordStore
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import ALL, Query, Store
from mainstay.ledger.store.rows import row_of
from mainstay.ledger.store.whole import Whole, matches
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, write_version_1
from tests.ledger.store.conftest import OTHER, chained_segments


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(None, tmp_path)
    yield store
    store.close()


def write(state: Path, *records: Record, worker: int = 0) -> Path:
    path = journal_path(state, worker)
    with RecordStore(path) as journal:
        journal.append(records)
    return path


def ship(store: Store, path: Path, up_to: int = 10**9) -> None:
    with ChainReader(path) as reader:
        segments = reader.segments_after(store.position(reader.chain().id).sequence, 10**9)
        store.append(reader.chain(), [one for one in segments if one.last_sequence <= up_to])


def prune(path: Path, sequence: int) -> None:
    with RecordStore(path) as journal:
        assert journal.prune_up_to(sequence, 9e9, 99)


def ids(whole: Whole) -> list[str]:
    return [found.row.id for found in whole.records()]


def test_shipped_records_come_first_and_the_others_behind_them(state: Path, store: Store) -> None:
    path = write(state, attempt(1, at=9.0))
    ship(store, path)
    write(state, attempt(2, at=1.0))
    write(state, attempt(3, at=2.0), worker=1)
    whole = Whole(store, journal_paths(state), ALL)
    assert ids(whole) == ["ex_1-1", "ex_1-2", "ex_1-3"]
    assert whole.problems == []


def test_without_a_store_the_journals_are_all_there_is(state: Path) -> None:
    write(state, attempt(1), attempt(2))
    prune(write(state, attempt(3)), 2)
    assert ids(Whole(None, journal_paths(state), ALL)) == ["ex_1-3"]


def test_what_is_shipped_meanwhile_comes_once(state: Path, store: Store) -> None:
    path = write(state, attempt(1))
    ship(store, path)
    write(state, attempt(2))
    whole = Whole(store, journal_paths(state), ALL)
    ship(store, path)
    assert ids(whole) == ["ex_1-1", "ex_1-2"]


def test_what_is_shipped_and_pruned_meanwhile_comes_from_the_store(state: Path, store: Store) -> None:
    path = write(state, attempt(1))
    ship(store, path)
    for number in (2, 3, 4):
        write(state, attempt(number))
    whole = Whole(store, journal_paths(state), ALL)
    ship(store, path)
    prune(path, 3)
    assert ids(whole) == ["ex_1-1", "ex_1-2", "ex_1-3", "ex_1-4"]
    assert whole.problems == []


def test_what_is_written_meanwhile_is_left_for_the_next_time(state: Path, store: Store) -> None:
    write(state, attempt(1))
    whole = Whole(store, journal_paths(state), ALL)
    write(state, attempt(2))
    assert ids(whole) == ["ex_1-1"]


def test_records_that_are_nowhere_any_more_are_a_problem(state: Path, store: Store) -> None:
    for number in (1, 2, 3):
        write(state, attempt(number))
    path = journal_path(state, 0)
    whole = Whole(store, [path], ALL)
    prune(path, 2)
    assert ids(whole) == ["ex_1-3"]
    assert ["records 1 to 2 are gone" in problem for problem in whole.problems] == [True]


def test_a_record_that_was_written_twice_comes_once(state: Path, store: Store) -> None:
    ship(store, write(state, attempt(1), attempt(2)))
    write(state, attempt(2), attempt(3), worker=1)
    write(state, attempt(3), attempt(4), worker=2)
    assert ids(Whole(store, journal_paths(state), ALL)) == ["ex_1-1", "ex_1-2", "ex_1-3", "ex_1-4"]


def test_a_record_that_another_machine_ships_meanwhile_is_not_left_out(state: Path, store: Store) -> None:
    path = write(state, attempt(1))
    whole = Whole(store, [path], ALL)
    store.append(OTHER, chained_segments(OTHER, [attempt(1)]))
    assert ids(whole) == ["ex_1-1"]


def test_a_copy_of_a_journal_gives_nothing_twice(state: Path, store: Store) -> None:
    path = write(state, attempt(1))
    with ChainReader(path):
        copy = journal_path(state, 1)
        copy.write_bytes(path.read_bytes())
    write(state, attempt(2))
    assert ids(Whole(store, journal_paths(state), ALL)) == ["ex_1-1", "ex_1-2"]


@pytest.mark.parametrize("shipped", [True, False])
def test_a_query_chooses_from_store_and_journals_alike(state: Path, store: Store, *, shipped: bool) -> None:
    records: list[Record] = [attempt(1, at=1.0), alert("al_1", at=2.0), attempt(2, "ex_2", at=3.0)]
    path = write(state, *records)
    if shipped:
        ship(store, path)
    answers = {
        Query(kind="alert"): ["al_1"],
        Query(since=2.0): ["al_1", "ex_2-2"],
        Query(until=2.0): ["ex_1-1"],
        Query(tenant="local"): ["ex_1-1", "ex_2-2"],
        Query(exchange="ex_2"): ["ex_2-2"],
        Query(kind="breaker"): [],
    }
    assert {query: ids(Whole(store, [path], query)) for query in answers} == answers


def test_a_journal_that_cannot_be_read_is_a_problem_and_the_others_are_given(state: Path, store: Store) -> None:
    write(state, attempt(1))
    journal_path(state, 1).write_bytes(b"no database at all" * 100)
    write_version_1(journal_path(state, 2), 3)
    whole = Whole(store, journal_paths(state), ALL)
    assert ids(whole) == ["ex_1-1"]
    assert ["journal-1" in whole.problems[0], "journal-2" in whole.problems[1]] == [True, True]


def test_a_journal_that_vanishes_meanwhile_is_a_problem(state: Path, store: Store) -> None:
    path = write(state, attempt(1))
    whole = Whole(store, [path], ALL)
    path.unlink()
    assert ids(whole) == []
    assert len(whole.problems) == 1


def test_another_journal_under_the_same_name_is_not_taken_for_the_first(state: Path, store: Store) -> None:
    path = write(state, attempt(1))
    whole = Whole(store, [path], ALL)
    path.unlink()
    write(state, attempt(8))
    assert ids(whole) == []
    assert "records behind 0 are gone" in whole.problems[0]


def test_a_row_matches_what_it_has() -> None:
    row = row_of(1, b'{"type":"alert","id":"a","at":5}', b"")
    assert matches(row, Query())
    assert matches(row, Query(since=5.0, until=5.1, kind="alert", tenant=""))
    for query in (Query(since=5.1), Query(until=5.0), Query(kind="breaker"), Query(tenant="x"), Query(exchange="x")):
        assert not matches(row, query)


@given(st.lists(st.sampled_from(["write", "ship", "prune", "look"]), max_size=12))
@settings(max_examples=25)
def test_whatever_happens_in_between_each_record_comes_once(
    tmp_path_factory: pytest.TempPathFactory, happens: list[str]
) -> None:
    state = tmp_path_factory.mktemp("state")
    store = open_store(None, state)
    path = write(state, attempt(0))
    wholes, count = [], 1
    for what in [*happens, "look"]:
        if what == "write":
            write(state, attempt(count))
            count += 1
        elif what == "ship":
            ship(store, path)
        elif what == "look":
            wholes.append((count, Whole(store, [path], ALL)))
        else:
            with ChainReader(path) as reader:
                shipped = store.position(reader.chain().id)
                able = reader.anchor() != Anchor(0, b"") and shipped.sequence > reader.anchor().sequence
            if able:
                with RecordStore(path) as journal:
                    journal.prune_up_to(shipped.sequence, 9e9, 99)
    for known, whole in wholes:
        assert ids(whole) == [f"ex_1-{number}" for number in range(known)]
        assert whole.problems == []
    store.close()
