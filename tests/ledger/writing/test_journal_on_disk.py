import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.marks import Mark, marks_folder, write_mark
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.verify import verify_journal
from mainstay.ledger.writing.journal import FileJournal, JournalLimits
from mainstay.model.records import Record
from tests.ledger.conftest import attempt

PATIENCE_SECONDS = 20.0
"""How long a test waits for another thread before it fails; never how long it takes."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(tmp_path / "state", 0)


def written_to(path: Path) -> list[Record]:
    with RecordReader(path) as reader:
        return [row.record() for row in reader.tail(100_000)]


DISK_FULL = """
import resource, sys, threading, time
from pathlib import Path
from mainstay.ledger.writing.journal import FileJournal, JournalLimits
from mainstay.ledger.files import JournalFile
from tests.ledger.conftest import attempt

path = Path(sys.argv[1])
limits = JournalLimits(first_pause_seconds=0.01, longest_pause_seconds=0.01)
troubled = threading.Event()
journal = FileJournal(JournalFile(path, time.time), lambda line: troubled.set(), limits=limits)
journal.start()
journal.write(attempt(0))
assert journal.flush(20)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, unlimited[1]))
for number in range(1, 3_000):
    journal.write(attempt(number))
assert troubled.wait(20), "the limit was not met"
print(journal.trouble, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
assert journal.flush(20), journal.trouble
assert journal.close()
print(journal.status(), flush=True)
"""


def environment() -> dict[str, str]:
    root = Path(__file__).parent.parent.parent
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(root)])}


def test_a_file_that_must_not_grow_any_more_heals_without_a_gap(path: Path) -> None:
    command = [sys.executable, "-c", DISK_FULL, str(path)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        command, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    trouble, status = done.stdout.splitlines()
    assert "journal-0.sqlite" in trouble
    assert "written=3000, dropped=0" in status
    assert written_to(path) == [attempt(number) for number in range(3_000)]


ENDLESS = """
import itertools, sys, time
from pathlib import Path
from mainstay.ledger.writing.journal import FileJournal
from mainstay.ledger.files import JournalFile
from tests.ledger.conftest import attempt

journal = FileJournal(JournalFile(Path(sys.argv[1]), time.time), print)
journal.start()
for number in itertools.count():
    journal.write(attempt(number))
    if number % 50 == 49:
        assert journal.flush(20)
        print(journal.written, flush=True)
"""


@pytest.mark.parametrize("flushes", [1, 7, 20, 33])
def test_a_killed_process_leaves_a_sound_prefix_with_everything_that_was_flushed(path: Path, flushes: int) -> None:
    command = [sys.executable, "-c", ENDLESS, str(path)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        command, env=environment(), stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        flushed = [int(child.stdout.readline()) for _ in range(flushes)][-1]
        child.send_signal(signal.SIGKILL)
    with RecordReader(path) as reader:
        rows = reader.tail(100_000)
    assert [row.record() for row in rows] == [attempt(number) for number in range(len(rows))]
    assert len(rows) >= flushed == 50 * flushes
    assert is_sound(path)
    after = FileJournal(JournalFile(path, lambda: 6_000.0), pytest.fail)
    after.start()
    after.write(attempt())
    assert after.close()
    assert is_sound(path)


def is_sound(path: Path) -> bool:
    keys = read_public_keys(checkpoint_keys_folder(path.parent))
    return [one.severity for one in verify_journal(path, keys, marks_folder(path.parent))] == ["note"]


def test_the_status_tells_how_much_there_is_and_how_much_the_store_has(path: Path) -> None:
    files = JournalFile(path, lambda: 5_000.0)
    with files.open() as store:
        store.append([attempt(number) for number in range(10)])
        chain, digest = store.chain().id, store.digest_at(7) or b""
    write_mark(files.marks, Mark(chain, 7, digest.hex(), 0.0))
    journal = FileJournal(files, pytest.fail, wall=lambda: 5_000.0)
    journal.start()
    journal.write(attempt())
    assert journal.flush(PATIENCE_SECONDS)
    assert journal.close()
    status = journal.status()
    assert (status.chain, status.sequence, status.shipped_sequence, status.full) == (chain, 11, 7, False)
    assert status.bytes > 8_192


def test_a_journal_beyond_its_bound_is_full_until_the_store_has_it(path: Path) -> None:
    told: list[str] = []
    files = JournalFile(path, lambda: 5_000.0)
    limits = JournalLimits(bytes_max=400_000, first_pause_seconds=0.01, longest_pause_seconds=0.01)
    seconds = count(5_000)
    journal = FileJournal(files, told.append, limits=limits, wall=lambda: float(next(seconds)))
    for number in range(5_000):
        journal.write(attempt(number))
    journal.start()
    while journal.trouble is None:
        assert not journal.flush(0.01)
    assert journal.status().full
    assert journal.pending == 1_000
    assert "none of it may be pruned before the store has it" in journal.trouble
    with RecordReader(path) as reader:
        end = reader.end()
        write_mark(files.marks, Mark(reader.chain().id, end.sequence, end.digest.hex(), 0.0))
    assert journal.flush(PATIENCE_SECONDS)
    assert journal.close()
    assert journal.dropped == 0
    assert [journal.status().full] == [False]
    assert is_sound(path)
    assert sum("durable work should be refused" in line for line in told) == 1
