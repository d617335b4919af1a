"""What every store does, shown with SQLite and with a real PostgreSQL."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.ledger.chain import Anchor, Chain, chained, genesis
from mainstay.ledger.errors import DamagedStoreError, LedgerError
from mainstay.ledger.store.errors import BrokenChainError, StoreDisagreesError, StoreGapError
from mainstay.ledger.store.port import ALL, Cursor, Gap, Query, Store, StoredRecord
from mainstay.ledger.store.rows import CHARACTERS_MAX
from mainstay.model.records import AttemptRecord, Record
from tests.ledger.conftest import alert, attempt, breaker, exchange
from tests.ledger.store.conftest import CHAIN, OTHER, Open, chained_segments

HOSTILE = [
    "'; DROP TABLE record; --",
    '" OR 1=1 --',
    "%s %(id)s $1 ? :id",
    "\\'; SELECT pg_sleep(60); --",
    "\0",
    "a\0b",
    "\N{SNOWMAN}\U0001f600\r\n\t\x1b[2J",
    "x" * 5_000,
    "{1,2,NULL}",
    "NULL",
]


def ids(rows: list[StoredRecord]) -> list[str]:
    return [row.id for row in rows]


def everything(store: Store) -> list[StoredRecord]:
    return store.records(ALL, None, 1_000)


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.chains() == []
    assert everything(store) == store.arrivals(ALL, 0, 9) == store.of_chain(CHAIN.id, 0, 9) == []
    assert store.position(CHAIN.id) == Anchor(0, genesis(CHAIN.id))
    assert store.last_checkpoint(CHAIN.id) == 0


def test_what_was_appended_is_there_byte_by_byte_with_its_whole_hash(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1), attempt(2)], [exchange()])
    position = store.append(CHAIN, segments)
    rows = store.of_chain(CHAIN.id, 0, 9)
    lines = [line for segment in segments for line in segment.lines()]
    assert [row.body for row in rows] == lines
    assert [row.hash for row in rows] == chained(genesis(CHAIN.id), lines)
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert position == store.position(CHAIN.id) == Anchor(3, segments[-1].digest)
    assert [(row.kind, row.exchange, row.at, row.duplicate) for row in rows] == [
        ("attempt", "ex_1", 1_000.0, False),
        ("attempt", "ex_1", 1_000.0, False),
        ("exchange", "ex_1", 1_000.0, False),
    ]


def test_a_chain_is_kept_as_it_says_of_itself(store: Store, open_again: Open) -> None:
    chain = msgspec.structs.replace(OTHER, begun_at=1_763_812_800.123457, follows_digest=bytes(range(32)))
    segments = chained_segments(chain, [attempt()])
    store.append(chain, segments)
    (found,) = open_again().chains()
    assert found.chain == chain
    assert found.reached == found.position == Anchor(1, segments[-1].digest)


def test_appending_twice_changes_nothing(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)])
    store.append(CHAIN, segments)
    before = everything(store)
    assert store.append(CHAIN, segments) == store.append(CHAIN, segments[:1]) == Anchor(2, segments[-1].digest)
    assert everything(store) == before


def test_a_segment_that_is_half_there_is_completed(store: Store) -> None:
    early = chained_segments(CHAIN, [attempt(1), attempt(2)])
    store.append(CHAIN, early)
    whole = chained_segments(CHAIN, [attempt(1), attempt(2), attempt(3)])
    assert store.append(CHAIN, whole).sequence == 3
    assert ids(everything(store)) == ["ex_1-1", "ex_1-2", "ex_1-3"]


def test_a_gap_is_refused(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)], [attempt(3)])
    store.append(CHAIN, segments[:1])
    with pytest.raises(StoreGapError, match=r"after record 1 the store was given 3"):
        store.append(CHAIN, segments[2:])
    with pytest.raises(StoreGapError):
        store.append(OTHER, chained_segments(OTHER, [attempt(1)], [attempt(2)])[1:])
    assert [row.sequence for row in everything(store)] == [1]


@pytest.mark.parametrize("again", [2, 3])
def test_another_record_under_a_known_number_is_refused_by_name(store: Store, again: int) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(1), attempt(2)]))
    others: list[Record] = [attempt(1), alert("al_9"), attempt(3)]
    with pytest.raises(StoreDisagreesError, match=r"ch_0a, record 2 \(ex_1-2\)") as caught:
        store.append(CHAIN, chained_segments(CHAIN, others[:again]))
    assert (caught.value.chain, caught.value.sequence, caught.value.id) == (CHAIN.id, 2, "ex_1-2")
    assert ids(everything(store)) == ["ex_1-1", "ex_1-2"]


def test_a_record_that_does_not_follow_what_the_store_has_is_refused(store: Store) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(1), attempt(2)]))
    foreign = chained_segments(CHAIN, [attempt(1), alert("al_9")], [attempt(3)])
    with pytest.raises(StoreDisagreesError, match="record 2"):
        store.append(CHAIN, foreign[1:])


def test_a_segment_that_was_altered_is_refused_by_the_record(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2), attempt(3)])
    altered = msgspec.structs.replace(segments[1], body=segments[1].body.replace(b"ex_1-3", b"ex_1-4"))
    with pytest.raises(BrokenChainError, match="record 3"):
        store.append(CHAIN, [segments[0], altered])
    with pytest.raises(BrokenChainError, match="where 4 should follow"):
        store.append(CHAIN, [*segments, chained_segments(CHAIN, [attempt(9)])[0]])
    assert everything(store) == []


def test_a_chain_with_a_name_that_is_none_of_ours_is_refused(store: Store) -> None:
    for name in ("../../etc/passwd", "ch_", "ch_A", "ch_0a\0", "ch_" + "a" * 5_000, *HOSTILE):
        with pytest.raises(DamagedStoreError, match="name"):
            store.append(msgspec.structs.replace(CHAIN, id=name), [])
    with pytest.raises(DamagedStoreError, match="was altered"):
        store.append(msgspec.structs.replace(CHAIN, gateway="a\0b"), [])
    assert store.chains() == []


def test_a_record_that_the_store_had_before_stays_in_its_chain_and_out_of_readings(store: Store) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(1), attempt(2), attempt(2)]))
    store.append(OTHER, chained_segments(OTHER, [attempt(2), attempt(3)]))
    assert ids(everything(store)) == ids(store.arrivals(ALL, 0, 9)) == ["ex_1-1", "ex_1-2", "ex_1-3"]
    assert [row.duplicate for row in store.of_chain(CHAIN.id, 0, 9)] == [False, False, True]
    assert [row.duplicate for row in store.of_chain(OTHER.id, 0, 9)] == [True, False]
    assert store.originals(["ex_1-2", "ex_1-3", "none", ""]) == {"ex_1-2": (CHAIN.id, 2), "ex_1-3": (OTHER.id, 2)}
    assert store.originals([]) == {}
    assert store.hidden(9) == []


def test_lines_that_tell_no_id_are_no_duplicates_of_each_other(store: Store) -> None:
    (segment,) = chained_segments(CHAIN, [attempt(1), attempt(2)])
    strange = segment.lines()[0].replace(b"ex_1-1", b"\xff")
    bodies = msgspec.structs.replace(segment, body=strange + b"\n" + strange + b"\n")
    digests = chained(genesis(CHAIN.id), [strange, strange])
    whole = msgspec.structs.replace(bodies, digests=b"".join(one[:8] for one in digests), digest=digests[-1])
    store.append(CHAIN, [whole])
    assert [(row.kind, row.id, row.duplicate) for row in everything(store)] == [("unreadable", "", False)] * 2


def test_records_come_in_the_order_of_their_instants_page_by_page(store: Store) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(1, at=30), attempt(2, at=10)], [attempt(3, at=20)]))
    store.append(OTHER, chained_segments(OTHER, [attempt(4, at=20), attempt(5, at=5)]))
    cursor, seen = None, []
    while page := store.records(ALL, cursor, 2):
        seen += page
        cursor = Cursor(page[-1].at, page[-1].chain, page[-1].sequence)
    assert ids(seen) == ["ex_1-5", "ex_1-2", "ex_1-3", "ex_1-4", "ex_1-1"]
    assert store.records(ALL, None, 0) == store.records(ALL, None, -1) == []


def test_records_come_in_the_order_of_arrival_to_those_who_follow(store: Store) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(1, at=30), attempt(2, at=10)]))
    first = store.arrivals(ALL, 0, 9)
    store.append(OTHER, chained_segments(OTHER, [attempt(3, at=5)]))
    assert ids(first) == ["ex_1-1", "ex_1-2"]
    assert ids(store.arrivals(ALL, first[-1].arrival, 9)) == ["ex_1-3"]


def test_a_query_chooses(store: Store) -> None:
    here = AttemptRecord(**{**msgspec.structs.asdict(attempt(1, "ex_2", at=2)), "tenant": "blue"})
    records: list[Record] = [attempt(1, at=1), here, exchange("ex_2", at=3), alert("al_1", at=4, exchange="ex_2")]
    store.append(CHAIN, chained_segments(CHAIN, [*records, breaker("open", at=5)]))
    answers = {
        Query(since=2.0, until=4.0): ["ex_2-1", "ex_2"],
        Query(kind="alert"): ["al_1"],
        Query(kind="attempt"): ["ex_1-1", "ex_2-1"],
        Query(tenant="blue"): ["ex_2-1"],
        Query(tenant="local"): ["ex_1-1"],
        Query(exchange="ex_2"): ["ex_2-1", "ex_2", "al_1"],
        Query(kind="alert", exchange="ex_1"): [],
        Query(exchange=""): [],
    }
    assert {query: ids(store.records(query, None, 9)) for query in answers} == answers
    assert {query: ids(store.arrivals(query, 0, 9)) for query in answers} == answers


def test_a_page_is_bounded_by_bytes_too_and_is_never_empty_for_that(store: Store) -> None:
    big = [alert(f"al_{number}", at=number) for number in range(4)]
    heavy = [msgspec.structs.replace(one, message="m" * 2_500_000) for one in big]
    for start in range(4):
        segments = chained_segments(CHAIN, *([one] for one in heavy))
        store.append(CHAIN, segments[start : start + 1])
    page = store.records(ALL, None, 9)
    assert 1 <= len(page) < 4
    assert ids(page) == [f"al_{number}" for number in range(len(page))]
    assert ids(store.of_chain(CHAIN.id, 3, 9)) == ["al_3"]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_in_any_field_is_only_text(store: Store, text: str) -> None:
    strange = AttemptRecord(text, 1.0, text, 1, text, text, text, text, text, text, tenant=text, request_id=text)
    again = exchange(text)
    store.append(CHAIN, chained_segments(CHAIN, [strange, again, attempt(1)]))
    rows = store.of_chain(CHAIN.id, 0, 9)
    assert msgspec.json.decode(rows[0].body, type=AttemptRecord) == strange
    assert [row.duplicate for row in rows] == [False, True, False]
    assert len(rows[0].id) <= CHARACTERS_MAX
    found = store.records(Query(tenant=rows[0].tenant, exchange=rows[0].exchange), None, 9)
    assert [row.sequence for row in found] == [1]
    assert store.records(Query(kind=text.replace("\0", ""), tenant=text.replace("\0", "")), None, 9) == []


def test_checkpoints_are_kept_in_order_and_never_before_their_record(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)])
    with pytest.raises(StoreGapError, match="record 2"):
        store.append(CHAIN, segments[:1], [(1, "one"), (2, "two")])
    assert store.checkpoints(CHAIN.id, 0, 9) == []
    assert everything(store) == []
    store.append(CHAIN, segments, [(1, "one"), (2, "two")])
    store.append(CHAIN, [], [(2, "another"), (1, "one")])
    assert store.checkpoints(CHAIN.id, 0, 9) == [(1, "one"), (2, "two")]
    assert store.checkpoints(CHAIN.id, 1, 9) == [(2, "two")]
    assert store.last_checkpoint(CHAIN.id) == 2
    assert store.last_checkpoint(OTHER.id) == 0


def test_records_that_nobody_has_any_more_leave_a_gap_that_stays(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)], [attempt(3)])
    store.append(CHAIN, segments[:1])
    gap = Gap(2, 2, segments[1].digest, 5.0)
    store.admit_gap(CHAIN, gap)
    assert store.position(CHAIN.id) == Anchor(2, segments[1].digest)
    assert store.chains()[0].position == Anchor(2, segments[1].digest)
    store.append(CHAIN, segments[2:])
    assert [row.sequence for row in everything(store)] == [1, 3]
    assert store.gaps(CHAIN.id) == [gap]
    for wrong in (Gap(5, 6, b"", 5.0), Gap(4, 3, b"", 5.0), Gap(1, 9, b"", 5.0)):
        with pytest.raises(StoreGapError):
            store.admit_gap(CHAIN, wrong)


def test_a_store_that_has_lost_its_newest_records_shows_it_and_takes_them_again(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)], [attempt(3)])
    store.append(CHAIN, segments)
    store._database.rows("DELETE FROM record WHERE sequence > 1")  # type: ignore[attr-defined] # behind its back
    (chain,) = store.chains()
    assert (chain.position.sequence, chain.reached.sequence) == (1, 3)
    assert store.position(CHAIN.id).sequence == 1
    assert store.append(CHAIN, segments[1:]) == Anchor(3, segments[-1].digest)
    assert [row.sequence for row in everything(store)] == [1, 2, 3]


def test_what_was_deleted_in_between_comes_back_when_it_is_sent_again(store: Store) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2), attempt(3)])
    store.append(CHAIN, segments)
    store._database.rows("DELETE FROM record WHERE sequence = 2")  # type: ignore[attr-defined] # behind its back
    store.append(CHAIN, segments)
    assert [row.sequence for row in everything(store)] == [1, 2, 3]


def test_a_record_that_was_hidden_is_found(store: Store) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(1), attempt(2), attempt(2)]))
    store._database.rows("UPDATE record SET duplicate = (1 = 1) WHERE sequence = 1")  # type: ignore[attr-defined] # so
    assert ids(store.hidden(9)) == ["ex_1-1"]


BATCHES = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=5)


@given(BATCHES, st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_is_sent_in_whatever_order_the_chain_grows_without_a_gap(
    store: Store, batches: list[list[int]], sends: list[tuple[int, int]]
) -> None:
    digits = f"{len(store.chains()):x}"
    chain = Chain(f"ch_{digits}", "", 0, 0.0)
    segments = chained_segments(chain, *([attempt(one) for one in batch] for batch in batches))
    lines = [line for segment in segments for line in segment.lines()]
    for start, count in [*sends, (0, len(segments))]:
        try:
            store.append(chain, segments[start : start + count])
        except LedgerError as error:
            assert isinstance(error, StoreGapError)  # noqa: PT017 - others are failures
        there = [row.body for row in store.of_chain(chain.id, 0, 99)]
        assert there == lines[: len(there)]
    assert there == lines
