import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.ledger.chain import Anchor, verify_segment
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import verified
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.files import JournalFile
from mainstay.ledger.schema import PAGE_BYTES
from mainstay.ledger.sqlite import STATEMENT_RECORDS, RecordStore
from tests.ledger.conftest import attempt


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    """Ten segments of ten records; segment n (from 0) is of the instant n."""
    files = JournalFile(tmp_path / "journal-0.sqlite", lambda: 5_000.0)
    with files.open() as store:
        for commit in range(10):
            store.append([attempt(number, at=float(commit)) for number in range(10)])
        yield store
    files.release()


def holds(store: RecordStore) -> bool:
    place = store.anchor()
    for segment in store.segments():
        if verify_segment(segment, place.digest, place.sequence + 1) is not None:
            return False
        place = Anchor(segment.last_sequence, segment.digest)
    return True


@pytest.mark.parametrize(
    ("sequence", "before", "segments_max", "pruned"),
    [
        (30, math.inf, 99, 3),
        (39, math.inf, 99, 3),
        (40, math.inf, 99, 4),
        (100, 2.0, 99, 2),
        (100, 2.1, 99, 3),
        (100, math.inf, 2, 2),
        (100, math.inf, 99, 9),
        (0, math.inf, 99, 0),
        (100, -math.inf, 99, 0),
    ],
)
def test_what_is_behind_the_mark_and_old_goes_and_nothing_else(
    store: RecordStore, sequence: int, before: float, segments_max: int, pruned: int
) -> None:
    assert store.prune_up_to(sequence, before, segments_max) == pruned
    assert store.anchor().sequence == 10 * pruned <= sequence
    assert store.count() == 100 - 10 * pruned
    assert holds(store)
    assert store.append([attempt()]) == 101


def test_records_that_are_old_behind_one_that_is_not_stay(store: RecordStore) -> None:
    store.append([attempt(at=99.0)])
    store.append([attempt(at=0.0)])
    store.append([attempt(at=0.0)])
    assert store.prune_up_to(103, 50.0, 99) == 10
    assert store.anchor().sequence == 100


def test_the_anchor_is_signed_and_older_checkpoints_go(store: RecordStore, tmp_path: Path) -> None:
    store._connection.execute("INSERT INTO checkpoint VALUES (10, 'an older one')")
    store.append([attempt()] * STATEMENT_RECORDS)
    assert store.prune_up_to(45, math.inf, 99) == 4
    keys = read_public_keys(checkpoint_keys_folder(tmp_path))
    checkpoints = [verified(one, keys) for one in store.checkpoints_after(-1)]
    assert [one.sequence for one in checkpoints] == [40, 100 + STATEMENT_RECORDS]
    assert bytes.fromhex(checkpoints[0].digest) == store.anchor().digest


def test_a_chain_without_signatures_is_pruned_too(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "j.sqlite") as store:
        for _ in range(3):
            store.append([attempt()])
        assert store.prune_up_to(3, math.inf, 99) == 2
        assert holds(store)
        assert store.checkpoints_after(-1) == []


@settings(max_examples=20)
@given(bounds=st.lists(st.tuples(st.integers(0, 120), st.floats(-1, 12), st.integers(1, 5)), max_size=8))
def test_pruning_never_outruns_the_mark(
    bounds: list[tuple[int, float, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with RecordStore(tmp_path_factory.mktemp("journal") / "j.sqlite") as store:
        for commit in range(10):
            store.append([attempt(number, at=float(commit)) for number in range(10)])
        furthest = 0
        for sequence, before, segments_max in bounds:
            furthest = max(furthest, sequence)
            store.prune_up_to(sequence, before, segments_max)
            assert store.anchor().sequence <= furthest
            assert store.count() >= 10
            assert holds(store)


@pytest.mark.parametrize(
    "spoiling",
    ["UPDATE segment SET digest = x'00' WHERE first_sequence = 21", "DELETE FROM segment WHERE first_sequence = 31"],
)
def test_a_broken_link_is_not_pruned_away(store: RecordStore, spoiling: str) -> None:
    connection = sqlite3.connect(store.path, isolation_level=None)
    connection.execute(spoiling)
    connection.close()
    with pytest.raises(DamagedStoreError, match="the records up to 30 are not followed by the next ones"):
        store.prune_up_to(30, math.inf, 99)
    assert store.anchor().sequence == 0


def test_pages_that_were_freed_are_used_again(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "j.sqlite") as store:
        sizes = []
        for _ in range(10):
            store.append([attempt(number) for number in range(2_000)])
            store.prune_up_to(store.last_sequence(), math.inf, 9_999)
            store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            sizes.append((store.path.stat().st_size, store.usage_bytes()))
        files, used = zip(*sizes, strict=True)
        assert files[-1] < 1.5 * files[0]
        assert used[0] < files[0] / 2


def test_usage_counts_file_and_log(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "j.sqlite") as store:
        before = store.usage_bytes()
        store.append([attempt(number) for number in range(1_000)])
        log = Path(f"{store.path}-wal").stat().st_size
        assert log > 100_000
        assert store.usage_bytes() - before >= 100_000 + log - 10 * PAGE_BYTES


def test_the_log_is_cut_unless_somebody_reads(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "j.sqlite") as store:
        store.append([attempt(number) for number in range(1_000)])
        log = Path(f"{store.path}-wal")
        with ChainReader(store.path) as reader, reader.frozen():
            reader.end()
            store.append([attempt()])
            store.cut_log()
            assert log.stat().st_size > 0
        store.cut_log()
        assert log.stat().st_size == 0
        assert store._connection.execute("PRAGMA busy_timeout").fetchone() == (1_000,)
        assert store.count() == 1_001
