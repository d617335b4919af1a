"""What `mainstay audit verify` finds when somebody has been at the records of a gateway that has really run.

The tables below are those of docs/ledger.md: what was done, and what finds it. Each case works on a copy of its own.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder
from tests.e2e import tampering_journal as journal
from tests.e2e import tampering_store as store
from tests.e2e.crowd import Crowd
from tests.e2e.ledgers import Machine, machine, questions
from tests.e2e.tampering import Evidence, altered, with_line
from tests.services.postgres import PostgresServer

CALLERS, ANSWERS = 30, 120
SOUND, BROKEN, OPEN = 0, 1, 2
VERDICTS = {SOUND: "sound: ", BROKEN: "broken: ", OPEN: "cannot tell: "}
Act = Callable[[Evidence], int]
"""Does something; gives the number of the record that must be named (0: none)."""


class Originals(msgspec.Struct, frozen=True):
    """One machine's state: `old`, then `new`, whose newest records the store does not have yet; and a database that has
    all of the new one's records."""

    old: Path
    new: Path
    shipped: Path
    database: str


def ask(running: Machine) -> None:
    crowd = Crowd(running.url, questions(), CALLERS)
    crowd.ask_until(lambda crowd: len(crowd.answers) >= ANSWERS, lambda: None)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Iterator[Originals]:
    """Three lives of a gateway; the store has the first two of them."""
    folder = tmp_path_factory.mktemp("evidence")
    with machine(folder) as running, postgres_server.database() as dsn:
        old, new, shipped = folder / "old", folder / "new", folder / "shipped"
        for life in (old, shipped):
            running.start()
            running.start_control()
            ask(running)
            running.until_shipped()
            assert running.gateway.stop() == 0
            running.until_shipped()
            assert running.control.stop() == 0
            shutil.copytree(running.state, life)
        shutil.rmtree(shipped)
        running.start()
        ask(running)
        assert running.gateway.stop() == 0
        shutil.copytree(running.state, new)
        running.use_store(dsn)
        running.start_control()
        running.until_shipped()
        assert running.control.stop() == 0
        shutil.copytree(running.state, shipped)
        yield Originals(old, new, shipped, dsn.rpartition("/")[2])


@pytest.fixture
def evidence(originals: Originals, tmp_path: Path) -> Evidence:
    """A copy of the machine whose store is SQLite."""
    return Evidence(shutil.copytree(originals.new, tmp_path / "state"))


@pytest.fixture
def old(originals: Originals, tmp_path: Path) -> Evidence:
    return Evidence(shutil.copytree(originals.old, tmp_path / "old"))


def assert_found(evidence: Evidence, record: int, code: int, words: str) -> None:
    """One line says what was found, in which chain, at which record; and the last line that something was."""
    result = evidence.verify()
    assert result.exit_code == code, result.output
    *lines, verdict = result.stdout.splitlines()
    found = [line for line in lines if words in line and evidence.name in line]
    assert found, result.output
    if record:
        assert [line for line in found if f"record {record}" in line], result.output
    assert verdict.startswith(VERDICTS[code])


# -- the journal


NOT_ITS_OWN = "does not follow the record before it"
JOURNAL: list[tuple[Act, int, str]] = [
    (journal.edit, BROKEN, "this record was altered"),
    (journal.edit_with_hash, BROKEN, NOT_ITS_OWN),
    (journal.edit_and_rechain, BROKEN, "is not the one that a checkpoint knows"),
    (journal.edit_rechain_and_sign, BROKEN, "is not the one that the store knows"),
    (journal.edit_what_is_not_shipped_rechain_and_sign, SOUND, "sound"),
    (journal.edit_rechain_and_sign_with_another_key, BROKEN, "is not genuine"),
    (journal.delete_row, BROKEN, "are missing"),
    (journal.delete_record, BROKEN, "this record was altered, removed"),
    (journal.delete_record_and_rechain, BROKEN, "is not the one that a checkpoint knows"),
    (journal.delete_tail, BROKEN, "are missing, which a checkpoint knows"),
    (journal.delete_tail_with_checkpoints, BROKEN, "are missing, which the head knows"),
    (journal.delete_tail_with_checkpoints_and_head, OPEN, "there is no head"),
    (journal.delete_tail_and_sign, SOUND, "sound"),
    (journal.delete_shipped_tail_and_sign, BROKEN, "are missing, which the store knows"),
    (journal.delete_oldest, BROKEN, "are missing"),
    (journal.delete_oldest_and_say_they_were_pruned, OPEN, "is not signed"),
    (journal.delete_an_index, BROKEN, "journal-0.sqlite: "),
    (journal.delete_file, BROKEN, "the journal of this chain is missing: the head journal-0.head knows"),
    (journal.delete_file_and_head, SOUND, "its journal is gone; the store has"),
    (journal.delete_head, OPEN, "there is no head"),
    (journal.delete_mark, OPEN, "there is no mark, though the store has"),
    (journal.delete_checkpoint, BROKEN, "the journal's checkpoint of this record was deleted"),
    (journal.delete_keys, OPEN, "which is not known here"),
    (journal.swap_rows, BROKEN, NOT_ITS_OWN),
    (journal.swap_records, BROKEN, "this record was altered"),
    (journal.duplicate_row, BROKEN, NOT_ITS_OWN),
    (journal.forge_head, BROKEN, "is not genuine"),
    (journal.sign_with_unknown_key, OPEN, "which is not known here"),
    (journal.alter_what_the_chain_says_of_itself, BROKEN, "what the chain says of itself"),
]


@pytest.mark.parametrize(("act", "code", "words"), JOURNAL, ids=[one[0].__name__ for one in JOURNAL])
def test_what_is_done_to_a_journal(evidence: Evidence, act: Act, code: int, words: str) -> None:
    assert_found(evidence, act(evidence), code, words)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("journal",), "are missing, which the head knows"),
        (("journal", "head"), "are missing, which the store knows"),
        (("journal", "head", "mark"), "are missing in the journal, the store has them"),
    ],
)
def test_what_is_set_back_to_an_old_copy(evidence: Evidence, old: Evidence, parts: tuple[str, ...], words: str) -> None:
    evidence.put_back(old, *(getattr(evidence, part) for part in parts))
    assert_found(evidence, old.end.sequence + 1, BROKEN, words)


def test_a_whole_machine_that_is_set_back_looks_as_it_did(evidence: Evidence, old: Evidence) -> None:
    """With the store on the same disk nobody is left who knows better."""
    shutil.rmtree(evidence.state)
    shutil.copytree(old.state, evidence.state)
    assert evidence.verify().exit_code == SOUND


def test_what_nobody_has_touched_is_sound(evidence: Evidence, old: Evidence) -> None:
    for one in (evidence, old):
        result = one.verify()
        assert result.exit_code == SOUND, result.output
        assert f"{one.name}: {one.end.sequence:,} records, 1 to {one.end.sequence:,}" in result.stdout


def test_who_replaces_the_public_keys_too_is_found_by_a_copy_of_them(evidence: Evidence, tmp_path: Path) -> None:
    keys = checkpoint_keys_folder(evidence.state)
    copy = shutil.copy(keys / "keys.json", tmp_path / "keys.json")
    shutil.rmtree(keys)
    row = evidence.some(1.0)
    evidence.rechain(with_line(row, 1, altered))
    evidence.sign_anew()
    assert evidence.verify().exit_code == OPEN
    assert "which is not known here" in evidence.verify("--keys", str(copy)).stdout


# -- the store


@pytest.fixture(params=["sqlite", "postgres"])
def shop(
    request: pytest.FixtureRequest, originals: Originals, tmp_path: Path, postgres_server: PostgresServer
) -> Iterator[Evidence]:
    """A copy of the machine and of its store, in either database."""
    if request.param == "sqlite":
        yield Evidence(shutil.copytree(originals.new, tmp_path / "state"))
        return
    with postgres_server.database(template=originals.database) as dsn:
        yield Evidence(shutil.copytree(originals.shipped, tmp_path / "state"), dsn)


STORE: list[tuple[Act, str]] = [
    (store.edit_stored, "this record or its hash was altered"),
    (store.edit_stored_hash, "this record or its hash was altered"),
    (store.edit_stored_column, "the column tenant was altered"),
    (store.edit_and_rechain_store, "do not agree on the records"),
    (store.edit_rechain_and_delete_stored_checkpoints, "do not agree on the records"),
    (store.delete_stored, "they were deleted"),
    (store.delete_stored_tail, "are missing in the store"),
    (store.delete_stored_tail_and_its_trace, "are missing in the store: the mark knows them"),
    (store.delete_stored_chain, "the store lost this chain"),
    (store.delete_what_names_a_chain, "what named this chain in the store was deleted"),
    (store.delete_stored_checkpoint, "the store's checkpoint of this record was deleted"),
    (store.forge_stored_checkpoint, "is not genuine"),
    (store.swap_stored, "or put here from elsewhere"),
    (store.hide_stored, "hides it from readings"),
    (store.duplicate_stored, "or put here from elsewhere"),
    (store.admit_a_gap, "were in no store and no journal"),
]


@pytest.mark.parametrize(("act", "words"), STORE, ids=[one[0].__name__ for one in STORE])
def test_what_is_done_to_a_store(shop: Evidence, act: Act, words: str) -> None:
    assert_found(shop, act(shop), BROKEN, words)


def test_a_store_that_nobody_has_touched_is_sound(shop: Evidence) -> None:
    result = shop.verify()
    assert result.exit_code == SOUND, result.output
    assert f"{shop.shipped():,} records in the store" in result.stdout


def test_a_store_that_is_gone_is_missed(shop: Evidence) -> None:
    if shop.dsn is None:
        (shop.state / "ledger.sqlite").unlink()
    else:
        shop.store_sql("DROP SCHEMA mainstay CASCADE")
    assert shop.verify().exit_code == OPEN


def test_a_store_that_is_set_back_is_missed_by_the_mark(evidence: Evidence, old: Evidence) -> None:
    evidence.put_back(old, evidence.state / "ledger.sqlite")
    assert_found(evidence, old.shipped() + 1, BROKEN, "are missing in the store: the mark knows them")
