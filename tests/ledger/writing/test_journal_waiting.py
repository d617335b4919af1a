"""Who waits until the journal has something on disk."""

from threading import Event

from mainstay.ledger.writing.journal import FileJournal, JournalLimits
from tests.ledger.conftest import attempt
from tests.ledger.writing.test_journal import PATIENCE_SECONDS, Gate

LAZY = JournalLimits(linger_seconds=PATIENCE_SECONDS, first_pause_seconds=PATIENCE_SECONDS)
"""Whoever does not cut a pause short waits until the test fails."""


def begun(gate: Gate) -> FileJournal:
    journal = FileJournal(gate, lambda _: None, limits=LAZY)
    journal.start()
    return journal


def test_who_waits_is_told_when_all_is_on_disk_that_was_written_before() -> None:
    gate, told = Gate(), Event()
    journal = begun(gate)
    for number in range(1, 4):
        told.clear()
        journal.write(attempt(number))
        journal.when_written(told.set)
        assert told.wait(PATIENCE_SECONDS)
        assert len(gate.kept) == number
    assert journal.close()


def test_what_is_written_later_is_not_waited_for() -> None:
    gate, first, second = Gate(), Event(), Event()
    gate.is_open.clear()
    journal = begun(gate)
    journal.write(attempt(1))
    journal.when_written(first.set)
    assert gate.entered.wait(PATIENCE_SECONDS)
    journal.write(attempt(2))
    journal.when_written(second.set)
    gate.entered.clear()
    gate.is_open.set()
    assert first.wait(PATIENCE_SECONDS)
    assert second.wait(PATIENCE_SECONDS)
    assert gate.batches == [1, 1]
    assert journal.close()


def test_where_there_is_nothing_to_wait_for_one_is_told_at_once() -> None:
    told = Event()
    journal = begun(Gate())
    journal.when_written(told.set)
    assert told.wait(PATIENCE_SECONDS)
    assert journal.close()


def test_a_disk_that_refuses_keeps_nobody_waiting() -> None:
    gate, told = Gate(failures=2), Event()
    journal = begun(gate)
    journal.write(attempt(1))
    journal.when_written(told.set)
    assert told.wait(PATIENCE_SECONDS)
    assert gate.kept == []
    assert journal.close()


def test_before_the_start_and_after_the_end_nobody_waits() -> None:
    told: list[str] = []
    journal = FileJournal(Gate(), lambda _: None, limits=LAZY)
    journal.when_written(lambda: told.append("before"))
    journal.start()
    assert journal.close()
    journal.when_written(lambda: told.append("after"))
    assert told == ["before", "after"]
