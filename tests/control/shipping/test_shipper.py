"""Journals come to the store: each record once, in order, whatever vanishes and comes back meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.control.shipping import shipper as module
from mainstay.control.shipping.shipper import COMPARE_SECONDS, IDLE_SECONDS, PAUSE_SECONDS_MAX, Shipper
from mainstay.ledger.files import journal_path
from mainstay.ledger.marks import marks_folder, read_mark, read_marks
from mainstay.ledger.store.port import Store
from mainstay.ledger.store.verify import verify_store
from mainstay.ledger.verify import Finding
from tests.control.shipping.conftest import Stand
from tests.ledger.conftest import attempt, write_version_1


class Stops:
    """A stop that is set after so many waits, which it writes down."""

    def __init__(self, waits: int) -> None:
        self.waited: list[float | None] = []
        self._waits = waits

    def is_set(self) -> bool:
        return len(self.waited) >= self._waits

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return self.is_set()


def findings(stand: Stand) -> list[Finding]:
    found: list[Finding] = []
    stand.behind(lambda store: found.extend(verify_store(store, {}, read_marks(marks_folder(stand.state)))))
    return [one for one in found if one.severity == "broken"]


def test_every_workers_records_come_to_the_store_and_are_marked(stand: Stand) -> None:
    one = stand.write(1, 2)
    two = stand.write(3, worker=1)
    stand.ship()
    assert stand.stored() == ["ex_0-1", "ex_0-2", "ex_1-3"]
    status = stand.shipper.status()
    assert status.chains == {one: (2, 2), two: (1, 1)}
    assert (status.trouble, status.lag_records, status.lag_seconds) == (None, 0, 0.0)
    mark = read_mark(marks_folder(stand.state), one)
    assert mark is not None
    assert (mark.sequence, mark.digest) == (2, stand.journal().end().digest.hex())
    assert stand.told == []


def test_a_journal_that_appears_later_is_found(stand: Stand) -> None:
    stand.ship()
    stand.write(1)
    stand.ship()
    assert stand.stored() == ["ex_0-1"]


def test_a_journal_of_a_worker_that_is_gone_is_shipped_too(stand: Stand) -> None:
    stand.write(1, worker=7)
    stand.close(7)
    stand.ship()
    assert stand.stored() == ["ex_7-1"]


def test_what_is_written_between_two_turns_that_look_alike_is_not_forgotten(stand: Stand) -> None:
    for number in range(1, 20):
        stand.write(number)
        stand.ship()
        stand.ship()
        assert len(stand.stored()) == number


def test_an_idle_journal_is_not_read_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.write(1)
    for _ in range(3):
        stand.ship()
    monkeypatch.setattr("mainstay.control.shipping.journal_shipping.ChainReader", None)
    assert stand.shipper.turn() is False


def test_a_new_shipper_goes_on_where_the_old_one_stopped(stand: Stand) -> None:
    stand.write(1)
    stand.ship()
    stand.write(2)
    stand.ship(stand.another())
    assert stand.stored() == ["ex_0-1", "ex_0-2"]


def test_two_shippers_on_one_folder_store_each_record_once(stand: Stand) -> None:
    other = stand.another()
    for number in range(6):
        stand.write(number)
        (stand.shipper if number % 2 else other).turn()
    stand.ship()
    stand.ship(other)
    assert stand.stored() == [f"ex_0-{number}" for number in range(6)]
    assert stand.told == []


def test_a_long_journal_goes_in_batches(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.control.shipping.batch.BATCH_BYTES", 1)
    monkeypatch.setattr("mainstay.control.shipping.batch.read_batch.__defaults__", (1,))
    for number in range(5):
        stand.write(number)
    assert stand.shipper.turn() is True
    assert stand.stored() == ["ex_0-0"]
    assert stand.shipper.status().lag_records == 4
    assert stand.shipper.status().lag_seconds == 5_000.0
    stand.ship()
    assert len(stand.stored()) == 5


def test_while_the_store_is_away_records_wait_and_are_counted(stand: Stand) -> None:
    chain = stand.write(1)
    stand.ship()
    stand.shipper._let_go()
    stand.down = "it does not answer"
    stand.write(2, 3)
    assert stand.shipper.turn() is False
    status = stand.shipper.status()
    assert status.trouble == "it does not answer"
    assert status.chains == {chain: (1, 3)}
    assert (status.lag_records, status.lag_seconds) == (2, 5_000.0 - 2.0)
    assert stand.kinds == ["store-trouble"]
    stand.down = None
    stand.ship()
    assert stand.stored() == ["ex_0-1", "ex_0-2", "ex_0-3"]
    assert stand.shipper.status().trouble is None


def test_after_a_restart_without_the_store_the_marks_tell_how_far_it_was(stand: Stand) -> None:
    chain = stand.write(1)
    stand.ship()
    stand.write(2)
    stand.down = "it does not answer"
    shipper = stand.another()
    shipper.turn()
    assert shipper.status().chains == {chain: (1, 2)}


def test_a_store_that_fails_in_the_midst_is_opened_again(stand: Stand) -> None:
    stand.write(1)
    stand.ship()
    stand.write(2)
    (stand.state / "store" / "ledger.sqlite").rename(stand.state / "elsewhere")
    stand.shipper.turn()
    assert "removed or replaced" in str(stand.shipper.status().trouble)
    (stand.state / "store" / "ledger.sqlite").unlink(missing_ok=True)
    (stand.state / "elsewhere").rename(stand.state / "store" / "ledger.sqlite")
    stand.ship()
    assert stand.stored() == ["ex_0-1", "ex_0-2"]
    assert stand.opened == 2


def test_a_store_that_lost_its_newest_records_is_told_and_filled_again(stand: Stand) -> None:
    chain = stand.write(1)
    stand.write(2)
    stand.ship()
    stand.alter_store("DELETE FROM record WHERE sequence > 1")
    stand.now += COMPARE_SECONDS
    stand.ship()
    assert stand.kinds == ["store-lost-records"]
    assert stand.told[0].chain == chain
    assert "had records 2 to 2" in stand.told[0].message
    assert stand.stored() == ["ex_0-1", "ex_0-2"]
    assert findings(stand) == []


def test_an_empty_store_in_place_of_the_old_one_is_told_and_filled(stand: Stand) -> None:
    stand.write(1, 2)
    stand.ship()
    stand.shipper._let_go()
    for path in (stand.state / "store").iterdir():
        path.unlink()
    stand.ship()
    assert stand.kinds == ["store-lost-records"]
    assert stand.stored() == ["ex_0-1", "ex_0-2"]
    assert findings(stand) == []


def test_what_neither_store_nor_journal_has_is_a_gap_that_everybody_sees(stand: Stand) -> None:
    chain = stand.write(1, 2)
    stand.write(3)
    stand.ship()
    assert stand.journal().prune_up_to(2, 9e9, 9) == 1
    stand.shipper._let_go()
    for path in (stand.state / "store").iterdir():
        path.unlink()
    stand.write(4)
    stand.ship()
    assert stand.kinds == ["store-lost-records", "store-gap"]
    assert "records 1 to 2" in stand.told[1].message
    assert stand.stored() == ["ex_0-3", "ex_0-4"]
    assert [(one.chain, one.sequence) for one in findings(stand)] == [(chain, 1)]


def test_a_record_that_was_altered_in_the_journal_is_not_shipped_as_sound(stand: Stand) -> None:
    chain = stand.write(1, 2, 3)
    stand.write(4)
    stand.close()
    change(journal_path(stand.state, 0), "UPDATE segment SET body = CAST(replace(body, 'ex_0-2', 'ex_0-9') AS BLOB)")
    stand.ship()
    assert stand.kinds == ["journal-broken"]
    assert (stand.told[0].chain, "record 2 (ex_0-9)" in stand.told[0].message) == (chain, True)
    assert stand.stored() == ["ex_0-1"]
    assert stand.shipper.status().chains == {chain: (1, 4)}
    stand.now += COMPARE_SECONDS
    stand.ship()
    assert stand.kinds == ["journal-broken"]


def test_a_record_that_was_altered_after_it_was_shipped_is_told(stand: Stand) -> None:
    stand.write(1)
    stand.ship()
    stand.close()
    change(journal_path(stand.state, 0), "UPDATE segment SET body = CAST(replace(body, 'ex_0-1', 'ex_0-9') AS BLOB)")
    stand.now += COMPARE_SECONDS
    stand.ship()
    assert stand.kinds == ["store-disagrees"]
    assert stand.stored() == ["ex_0-1"]


def test_a_journal_that_was_set_back_is_told_and_its_new_records_are_not_taken(stand: Stand) -> None:
    stand.write(1)
    stand.journal().close()
    stand.close()
    old = journal_path(stand.state, 0).read_bytes()
    stand.write(2, 3)
    stand.ship()
    stand.close()
    journal_path(stand.state, 0).write_bytes(old)
    stand.now += COMPARE_SECONDS
    stand.ship()
    assert stand.kinds == ["journal-behind-store"]
    assert stand.stored() == ["ex_0-1", "ex_0-2", "ex_0-3"]


def test_a_damaged_journal_that_was_set_aside_is_shipped_up_to_its_damage(stand: Stand) -> None:
    chain = stand.write(1)
    stand.write(2)
    stand.close()
    change(journal_path(stand.state, 0), "UPDATE segment SET digest = zeroblob(32) WHERE first_sequence = 2")
    change(journal_path(stand.state, 0), "PRAGMA wal_checkpoint(TRUNCATE)")
    aside = stand.state / "journal-0.damaged-20251122T000000"
    journal_path(stand.state, 0).rename(aside)
    new = stand.write(5)
    stand.ship()
    assert stand.stored() == ["ex_0-1", "ex_0-5"]
    assert stand.kinds == ["journal-broken"]
    assert stand.shipper.status().chains == {chain: (1, 2), new: (1, 1)}


def test_a_file_that_is_no_journal_is_told_once_and_hinders_nobody(stand: Stand) -> None:
    journal_path(stand.state, 3).write_bytes(b"no database at all" * 100)
    stand.write(1)
    for _ in range(3):
        stand.ship()
        stand.now += COMPARE_SECONDS
    assert stand.kinds == ["journal-unreadable"]
    assert "journal-3.sqlite" in stand.told[0].message
    assert stand.stored() == ["ex_0-1"]
    assert stand.shipper.status().trouble is None


def test_a_journal_of_the_version_before_waits_for_its_gateway(stand: Stand) -> None:
    write_version_1(journal_path(stand.state, 0), 3)
    stand.ship()
    assert (stand.told, stand.stored()) == ([], [])
    stand.journal().append([attempt(9, "ex_0", at=9.0)])
    stand.now += COMPARE_SECONDS
    stand.ship()
    assert stand.stored() == ["pr_0", "pr_1", "pr_2", "ex_0-9"]


def test_a_chain_named_after_a_path_is_not_followed_there(stand: Stand) -> None:
    stand.write(1)
    stand.close()
    change(journal_path(stand.state, 0), "UPDATE chain SET id = '../../evil'")
    stand.ship()
    assert stand.kinds == ["journal-unreadable"]
    assert not marks_folder(stand.state).exists()


def test_checkpoints_come_along_and_verify(stand: Stand) -> None:
    chain = stand.write(1)
    stand.close()
    stand.ship()
    found: list[int] = []
    stand.behind(lambda store: found.append(store.last_checkpoint(chain)))
    assert found == [1]


def test_it_pauses_longer_and_longer_while_the_store_is_away(stand: Stand) -> None:
    stand.down = "it does not answer"
    stops = Stops(8)
    stand.shipper.run(stops)
    assert stops.waited == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, PAUSE_SECONDS_MAX]


def test_it_rests_when_there_is_nothing_to_do_and_marks_before_it_ends(stand: Stand) -> None:
    chain = stand.write(1)
    stand.ship()
    stand.write(2)
    stops = Stops(2)
    stand.shipper.run(stops)
    assert stops.waited == [IDLE_SECONDS] * 2
    mark = read_mark(marks_folder(stand.state), chain)
    assert mark is not None
    assert mark.sequence == 2


def test_a_mistake_of_ours_does_not_end_it(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(_shipper: Shipper, _store: Store) -> bool:
        raise TypeError("a mistake")

    monkeypatch.setattr(module.Shipper, "_ship", mistaken)
    stops = Stops(3)
    stand.shipper.run(stops)
    assert len(stops.waited) == 3
    assert stand.shipper.status().trouble == "TypeError: a mistake"


def test_before_the_first_turn_nothing_is_known(stand: Stand) -> None:
    assert stand.shipper.status().trouble == "the store has not been opened yet"


def test_marks_that_cannot_be_written_are_told_and_records_still_go(stand: Stand) -> None:
    marks_folder(stand.state).write_text("a file in the way")
    stand.write(1)
    stand.ship()
    assert "mark-unwritten" in stand.kinds
    assert stand.stored() == ["ex_0-1"]


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
