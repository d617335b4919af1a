"""Hearing of every record, also over a store that comes and goes."""

from pathlib import Path

import pytest

from mainstay.control.operations.listener import Listener
from mainstay.model.records import ProcessRecord, Record
from tests.control.bookkeeping.desk import NOW, Desk


def process(identity: str, at: float) -> ProcessRecord:
    return ProcessRecord(identity, at, "gateway", "started", "1")


class Ear:
    def __init__(self, desk: Desk) -> None:
        self.heard: list[str] = []
        self.listener = Listener(desk.open, self.hear, desk.wall, desk.said.append, past_seconds=3_600.0)

    def hear(self, record: Record) -> None:
        self.heard.append(record.id)

    def turns(self) -> list[str]:
        """What is heard until there is no more."""
        self.heard = []
        while self.listener.turn():
            pass
        return self.heard


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_first_the_last_hours_then_what_is_new(desk: Desk) -> None:
    desk.ship(process("old", NOW - 7_200.0), process("a", NOW - 20.0), process("b", NOW - 10.0))
    ear = Ear(desk)
    assert ear.turns() == ["a", "b"]
    assert ear.listener.is_live
    desk.ship(process("late", NOW - 9_000.0), process("new", NOW), worker=1)
    assert ear.turns() == ["late", "new"]
    assert ear.turns() == []
    ear.listener.close()
    desk.close()


def test_a_store_that_does_not_answer_is_trouble_and_nothing_is_missed(desk: Desk) -> None:
    desk.is_down = True
    ear = Ear(desk)
    assert ear.turns() == []
    assert "does not answer" in (ear.listener.trouble or "")
    desk.is_down = False
    desk.ship(process("a", NOW))
    assert ear.turns() == ["a"]
    assert ear.listener.trouble is None
    ear.listener.close()
    desk.close()
