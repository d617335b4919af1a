import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from mainstay.ledger.chain import Anchor, chained
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import Checkpoint, SigningKey, sign
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import JournalFile
from mainstay.ledger.head import Witness, head_path
from mainstay.ledger.marks import mark_path, marks_folder
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.sqlite import RecordStore
from mainstay.ledger.verify import verify_journal
from tests.ledger.conftest import attempt, new_journal, write_version_1
from tests.ledger.verifying import (
    COLUMNS,
    broken,
    chain_of,
    copied,
    digest_at,
    edit,
    findings,
    is_sound,
    make_original,
    mark,
    unknown,
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_original(tmp_path_factory.mktemp("original"))


@pytest.fixture
def state(original: Path, tmp_path: Path) -> Path:
    return copied(original, tmp_path / "state")


@pytest.fixture
def path(state: Path) -> Path:
    return state / "journal-0.sqlite"


def test_what_was_written_verifies_and_is_counted(path: Path) -> None:
    (note,) = findings(path)
    assert (note.severity, note.chain, note.what) == ("note", chain_of(path), "80 records, 1 to 80")


def test_a_young_journal_verifies(tmp_path: Path) -> None:
    new_journal(tmp_path / "journal-0.sqlite", commits=0, files=True)
    (note,) = findings(tmp_path / "journal-0.sqlite")
    assert (note.severity, note.what) == ("note", "no records")


def test_a_journal_verifies_while_it_is_written(path: Path) -> None:
    files = JournalFile(path, lambda: 6_000.0)
    with files.open() as store:
        for _ in range(20):
            store.append([attempt()])
            assert is_sound(path)
    files.release()


SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(data=st.data(), column=st.sampled_from(COLUMNS), row=st.integers(0, 3), mask=st.integers(1, 255))
def test_any_byte_changed_in_any_column_is_found(
    original: Path, tmp_path: Path, data: st.DataObject, column: str, row: int, mask: int
) -> None:
    path = copied(original, tmp_path / "state") / "journal-0.sqlite"
    first = 1 + 20 * row
    connection = sqlite3.connect(path, isolation_level=None)
    (value,) = connection.execute(f"SELECT {column} FROM segment WHERE first_sequence = ?", (first,)).fetchone()  # noqa: S608
    connection.close()
    if isinstance(value, bytes):
        place = data.draw(st.integers(0, len(value) - 1))
        altered: object = value[:place] + bytes([value[place] ^ mask]) + value[place + 1 :]
    else:
        altered = value + data.draw(st.sampled_from([-mask, mask]))
        assume(column != "first_sequence" or altered not in {1, 21, 41, 61})
    edit(path, f"UPDATE segment SET {column} = ? WHERE first_sequence = ?", altered, first)  # noqa: S608
    finding = broken(path)
    if column == "body":
        assert first <= finding.sequence <= first + 20


@SLOW
@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@example(place=0.109375, mask=128)
def test_any_byte_changed_in_the_file_is_found_or_changes_no_record(
    original: Path, tmp_path: Path, place: float, mask: int
) -> None:
    path = copied(original, tmp_path / "state") / "journal-0.sqlite"
    before = records_of(path)
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(int(place * size))
        byte = file.read(1)[0]
        file.seek(int(place * size))
        file.write(bytes([byte ^ mask]))
    if is_sound(path):
        assert records_of(path) == before


def records_of(path: Path) -> list[bytes]:
    try:
        with RecordReader(path) as reader:
            return [row.body for row in reader.tail(1_000)]
    except LedgerError:
        return []


@pytest.mark.parametrize("first", [1, 21, 41, 61])
def test_rows_that_were_deleted_are_found(path: Path, first: int) -> None:
    edit(path, "DELETE FROM segment WHERE first_sequence = ?", first)
    finding = broken(path)
    assert finding.sequence == first
    assert "missing" in finding.what
    assert f"records {first} to" in finding.what


def test_rows_that_were_duplicated_are_found(path: Path) -> None:
    columns = ", ".join(COLUMNS[1:])
    edit(path, f"INSERT INTO segment({', '.join(COLUMNS)}) SELECT 81, {columns} FROM segment LIMIT 1")  # noqa: S608
    finding = broken(path)
    assert (finding.sequence, "come from another chain" in finding.what) == (81, True)


def test_rows_that_were_exchanged_are_found(path: Path) -> None:
    for before, after in ((21, 1_000), (41, 21), (1_000, 41)):
        edit(path, "UPDATE segment SET first_sequence = ? WHERE first_sequence = ?", after, before)
    assert broken(path).sequence == 21


def test_the_altered_record_is_named(path: Path) -> None:
    with ChainReader(path) as reader:
        (segment,) = reader.segments_after(25, 0)
    body = segment.body.replace(b'"id":"ex_1-7"', b'"id":"ex_1-9"')
    assert body != segment.body
    edit(path, "UPDATE segment SET body = ? WHERE first_sequence = 21", body)
    finding = broken(path)
    assert (finding.sequence, finding.id) == (28, "ex_1-9")
    assert "altered" in finding.what


def test_a_chain_that_was_computed_anew_is_found_by_the_checkpoint(path: Path) -> None:
    """Somebody who knows how chains are made, but has no key."""
    with ChainReader(path) as reader:
        segments = list(reader.segments())
        previous = reader.anchor().digest
    for segment in segments:
        lines = [line.replace(b'"id":"ex_0-7"', b'"id":"ex_0-9"') for line in segment.lines()]
        digests = chained(previous, lines)
        edit(
            path,
            "UPDATE segment SET body = ?, previous = ?, digests = ?, digest = ? WHERE first_sequence = ?",
            b"".join(line + b"\n" for line in lines),
            previous,
            b"".join(digest[:8] for digest in digests),
            digests[-1],
            segment.first_sequence,
        )
        previous = digests[-1]
    finding = broken(path)
    assert finding.sequence == 40
    assert "not the one that a checkpoint knows" in finding.what
    edit(path, "DELETE FROM checkpoint")
    assert "not the one that the head knows" in broken(path).what


@pytest.mark.parametrize("last", [61, 41, 1])
def test_a_tail_that_was_cut_off_is_found_by_checkpoints_and_by_the_head(path: Path, last: int) -> None:
    edit(path, "DELETE FROM segment WHERE first_sequence >= ?", last)
    finding = broken(path)
    assert finding.sequence == last
    assert "are missing, which a checkpoint knows" in finding.what
    edit(path, "DELETE FROM checkpoint")
    assert broken(path).what == f"records {last} to 80 are missing, which the head knows"


def test_a_file_set_back_together_with_its_head_is_found_by_the_mark_alone(state: Path, path: Path) -> None:
    before = copied(state, state.parent / "before")
    new_journal(path, files=True)
    mark(path, 85)
    for name in ("journal-0.sqlite", "journal-0.head"):
        shutil.copy(before / name, state / name)
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    finding = broken(path)
    assert (finding.sequence, finding.what) == (81, "records 81 to 85 are missing, which the store knows")
    mark_path(marks_folder(state), chain_of(path)).unlink()
    assert is_sound(path)


def test_a_store_that_has_another_record_is_a_flaw(path: Path) -> None:
    mark(path, 33, "00" * 32)
    finding = broken(path)
    assert (finding.sequence, finding.what) == (33, "record 33 is not the one that the store knows")


def test_a_mark_that_cannot_be_read_leaves_it_open(path: Path) -> None:
    mark(path, 33)
    mark_path(marks_folder(path.parent), chain_of(path)).write_bytes(b"no mark")
    assert "what the store has cannot be told" in unknown(path)


def test_a_missing_head_leaves_it_open(path: Path) -> None:
    head_path(path).unlink()
    assert unknown(path) == "there is no head: whether the last records are still here cannot be told"


@pytest.mark.parametrize("content", [b"", b"no head", bytes(1_024)])
def test_a_head_that_is_none_is_a_flaw(path: Path, content: bytes) -> None:
    head_path(path).write_bytes(content)
    assert "the head is not genuine" in broken(path).what


def test_a_head_of_another_chain_is_a_flaw(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    shutil.copytree(path.parent / "keys", tmp_path / "other" / "keys")
    new_journal(tmp_path / "other" / "journal-0.sqlite", files=True)
    shutil.copy(tmp_path / "other" / "journal-0.head", head_path(path))
    assert "the head is that of another chain, ch_" in broken(path).what


def foreign(path: Path, key: SigningKey, sequence: int = 40) -> str:
    with ChainReader(path) as reader:
        digest = (reader.digest_at(sequence) or b"").hex()
        return sign(Checkpoint(reader.chain().id, sequence, digest, 0.0), key)


def key_of(path: Path, name: str = "") -> SigningKey:
    (known,) = read_public_keys(checkpoint_keys_folder(path.parent))
    return SigningKey(name or known, OKPKey.generate_key("Ed25519"))


def test_a_checkpoint_with_a_foreign_signature_is_a_flaw(path: Path) -> None:
    edit(path, "UPDATE checkpoint SET statement = ? WHERE sequence = 40", foreign(path, key_of(path)))
    finding = broken(path)
    assert (finding.sequence, "a checkpoint is not genuine" in finding.what) == (40, True)


def test_a_checkpoint_of_a_key_that_is_not_known_leaves_it_open(path: Path) -> None:
    edit(path, "UPDATE checkpoint SET statement = ? WHERE sequence = 40", foreign(path, key_of(path, "ck_elsewhere")))
    assert "'ck_elsewhere', which is not known here" in unknown(path)


@pytest.mark.parametrize("sequence", [39, 41, 0, -5, 10**15])
def test_a_checkpoint_that_was_moved_is_a_flaw(path: Path, sequence: int) -> None:
    edit(path, "UPDATE checkpoint SET sequence = ? WHERE sequence = 40", sequence)
    assert "a checkpoint of another record or chain stands here" in broken(path).what


@SLOW
@given(place=st.integers(0, 500), mask=st.integers(1, 255))
def test_any_byte_changed_in_a_checkpoint_is_found(original: Path, tmp_path: Path, place: int, mask: int) -> None:
    path = copied(original, tmp_path / "state") / "journal-0.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    (statement,) = connection.execute("SELECT statement FROM checkpoint WHERE sequence = 40").fetchone()
    connection.close()
    data = bytearray(statement.encode())
    data[place % len(data)] ^= mask
    edit(path, "UPDATE checkpoint SET statement = CAST(? AS TEXT) WHERE sequence = 40", bytes(data))
    assert {finding.severity for finding in findings(path)} & {"broken", "unknown"}


@pytest.mark.parametrize(
    "change",
    [
        "gateway = 'other'",
        "worker = 7",
        "begun_at = begun_at + 1",
        "follows = 'ch_x'",
        "follows_sequence = 1",
        "follows_digest = x'00'",
        "id = 'ch_other'",
        "anchor_sequence = 20",
        "anchor_sequence = -1",
        "anchor_digest = zeroblob(32)",
    ],
)
def test_what_a_chain_says_of_itself_cannot_be_altered(path: Path, change: str) -> None:
    assert edit(path, f"UPDATE chain SET {change}") == 1  # noqa: S608
    assert broken(path).severity == "broken"


def test_an_index_that_hides_records_is_damage(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("DELETE FROM sqlite_master WHERE name = 'segment_last_at'")
    connection.close()
    assert broken(path).sequence == 0


def test_a_file_that_is_no_journal_is_a_flaw_and_one_of_the_first_version_is_open(tmp_path: Path) -> None:
    (tmp_path / "journal-0.sqlite").write_bytes(b"no database" * 1_000)
    assert broken(tmp_path / "journal-0.sqlite").chain == "journal-0.sqlite"
    write_version_1(tmp_path / "journal-1.sqlite", 5)
    (finding,) = findings(tmp_path / "journal-1.sqlite")
    assert (finding.severity, "not chained yet" in finding.what) == ("unknown", True)
    (missing,) = findings(tmp_path / "journal-2.sqlite")
    assert missing.severity == "unknown"


def test_a_process_that_died_before_its_first_head_is_sound(tmp_path: Path) -> None:
    """The new chain is there, the head beside it is still that of the one which it follows."""
    path = tmp_path / "journal-0.sqlite"
    new_journal(path, files=True)
    last = Anchor(5, bytes.fromhex(digest_at(path, 5)))
    head = head_path(path).read_bytes()
    files = JournalFile(path, lambda: 6_000.0)
    files.open().close()
    files.set_aside()
    with files.open() as store:
        assert (store.chain().follows_sequence, store.chain().follows_digest) == (5, last.digest)
    head_path(path).write_bytes(head)
    assert is_sound(path)
    with files.open() as store:
        store.append([attempt()])
    assert is_sound(path)
    # A worker that could not sign would leave it so.
    head_path(path).write_bytes(head)
    assert "the head is still that of the chain before" in unknown(path)
    files.release()


def test_the_beginning_of_a_journal_without_records_is_covered(tmp_path: Path) -> None:
    path = tmp_path / "journal-0.sqlite"
    new_journal(path, commits=0, files=True)
    head_path(path).unlink()
    edit(path, "UPDATE chain SET anchor_digest = zeroblob(32)")
    assert broken(path).what == "what stands before the first record was altered"


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal-0.sqlite"
    with RecordStore(path, witness=Witness(key_named("ck_1"), head_path(path), lambda: 0.0)) as store:
        for _ in range(30):
            store.append([attempt(number) for number in range(100)])
    held: list[int] = []
    fetch = ChainReader.segments

    def counted(reader: ChainReader) -> object:
        for number, segment in enumerate(fetch(reader)):
            held.append(number)
            yield segment
            del segment

    monkeypatch.setattr(ChainReader, "segments", counted)
    assert list(verify_journal(path, {}, marks_folder(tmp_path)))[-1].what == "3,000 records, 1 to 3,000"
    assert held == list(range(30))


def key_named(name: str) -> SigningKey:
    return SigningKey(name, OKPKey.generate_key("Ed25519"))
