import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mainstay.control.shipping.batch import Batch, Place, deliver, is_same_record, read_batch
from mainstay.ledger.chain import Anchor, genesis
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.files import journal_path
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from tests.control.shipping.conftest import Stand
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, chained_segments

START = Place(Anchor(0, genesis(CHAIN.id)))
SEGMENTS = tuple(chained_segments(CHAIN, [attempt(1)], [attempt(2)], [attempt(3)]))
END = Anchor(3, SEGMENTS[-1].digest)
WHOLE = Batch(CHAIN, Anchor(0, genesis(CHAIN.id)), END, SEGMENTS, ((2, "two"),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(None, tmp_path / "store")


def test_a_batch_goes_with_its_checkpoints(store: Store) -> None:
    step = deliver(WHOLE, store, START, 5.0)
    assert step.place == Place(END, 2)
    assert (step.more, step.gap, step.stop) == (False, None, None)
    assert store.checkpoints(CHAIN.id, 0, 9) == [(2, "two")]
    store.close()


def test_a_part_of_a_journal_has_more_behind_it_and_checkpoints_wait_for_their_record(store: Store) -> None:
    step = deliver(msgspec.structs.replace(WHOLE, segments=SEGMENTS[:1]), store, START, 5.0)
    assert step.place == Place(Anchor(1, SEGMENTS[0].digest), 0)
    assert step.more
    assert store.checkpoints(CHAIN.id, 0, 9) == []
    store.close()


def test_checkpoints_alone_go_too(store: Store) -> None:
    deliver(msgspec.structs.replace(WHOLE, checkpoints=()), store, START, 5.0)
    later = msgspec.structs.replace(WHOLE, segments=(), checkpoints=((3, "three"),))
    assert deliver(later, store, Place(END), 5.0).place == Place(END, 3)
    assert store.last_checkpoint(CHAIN.id) == 3
    store.close()


def test_a_journal_that_ends_before_the_store_stops(store: Store) -> None:
    step = deliver(msgspec.structs.replace(WHOLE, segments=()), store, Place(Anchor(9, b"")), 5.0)
    assert step.stop is not None
    assert step.stop.kind == "journal-behind-store"
    store.close()


def test_what_was_pruned_and_never_shipped_becomes_a_gap(store: Store) -> None:
    pruned = msgspec.structs.replace(WHOLE, anchor=Anchor(2, SEGMENTS[1].digest), segments=SEGMENTS[2:])
    step = deliver(pruned, store, START, 5.0)
    assert step.gap is not None
    assert (step.gap.first_sequence, step.gap.last_sequence, step.gap.noticed_at) == (1, 2, 5.0)
    assert step.more
    assert deliver(pruned, store, step.place, 5.0).place.position == END
    store.close()


def test_damage_stops_only_when_nothing_sound_is_left(store: Store) -> None:
    step = deliver(msgspec.structs.replace(WHOLE, segments=(), damage="it is torn"), store, START, 5.0)
    assert step.stop is not None
    assert (step.stop.kind, step.stop.message) == ("journal-unreadable", "behind record 0: it is torn")
    store.close()


def test_a_journal_whose_end_is_hidden_is_asked_again(store: Store) -> None:
    assert deliver(msgspec.structs.replace(WHOLE, end=None), store, START, 5.0).more
    assert not deliver(msgspec.structs.replace(WHOLE, end=None, segments=()), store, Place(END), 5.0).more
    store.close()


def test_a_store_that_has_other_records_stops(store: Store) -> None:
    store.append(CHAIN, chained_segments(CHAIN, [attempt(8)]))
    step = deliver(WHOLE, store, START, 5.0)
    assert step.stop is not None
    assert step.stop.kind == "store-disagrees"
    assert step.place == START
    store.close()


def test_one_instant_of_a_journal_is_read(stand: Stand) -> None:
    chain = stand.write(1, 2)
    stand.write(3)
    with ChainReader(journal_path(stand.state, 0)) as reader:
        batch = read_batch(reader, Place(Anchor(2, b"")))
        assert (batch.chain.id, batch.anchor.sequence, batch.end) == (chain, 0, stand.journal().end())
        assert [one.first_sequence for one in batch.segments] == [3]
        assert read_batch(reader, Place(Anchor(0, b"")), 0).segments[0].records == 2


def test_damage_in_a_file_leaves_what_comes_before_it(stand: Stand) -> None:
    for number in range(1, 4):
        stand.write(number)
    stand.close()
    with closing(sqlite3.connect(journal_path(stand.state, 0), isolation_level=None)) as connection:
        connection.execute("UPDATE segment SET body = 'a text' WHERE first_sequence = 3")
    with ChainReader(journal_path(stand.state, 0)) as reader:
        batch = read_batch(reader, Place(Anchor(0, b"")))
        assert (batch.end, [one.first_sequence for one in batch.segments], batch.damage) == (None, [1, 2], "")
        assert "segment 3 was altered" in read_batch(reader, Place(Anchor(2, b""))).damage


def test_the_stores_last_record_is_looked_for_in_the_journal(stand: Stand) -> None:
    stand.write(1, 2)
    with ChainReader(journal_path(stand.state, 0)) as reader:
        assert is_same_record(reader, reader.end())
        assert not is_same_record(reader, Anchor(2, b"otherwise"))
        assert is_same_record(reader, Anchor(0, b"whatever"))
        assert is_same_record(reader, Anchor(9, b"whatever"))
