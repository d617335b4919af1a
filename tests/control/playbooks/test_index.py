"""The index of runs."""

import pytest

from mainstay.control.playbooks import index as index_module
from mainstay.control.playbooks.index import STALE_SECONDS, RunIndex, run_number
from mainstay.model.playbook import RunBegan, RunEnded
from mainstay.model.records import RunRecord
from tests.control.playbooks.world import BEGIN, World
from tests.ops.playbooks.drill import book_of, note


def begin(world: World, number: int, at: float = BEGIN) -> None:
    record = RunRecord(f"b{number}", at, f"RUN-{number}", 1, "ann", RunBegan(book_of(note("a")), "", "x", f"o{number}"))
    world.book.append(f"run/RUN-{number}", 1, record)


def end(world: World, number: int) -> None:
    record = RunRecord(f"e{number}", BEGIN, f"RUN-{number}", 2, "ann", RunEnded("done"))
    world.book.append(f"run/RUN-{number}", 2, record)


def test_runs_of_the_past_are_read_once_and_then_only_what_is_new() -> None:
    world, index = World(), RunIndex(World().book)
    index = RunIndex(world.book)
    begin(world, 1)
    assert index.refresh(BEGIN) == []
    begin(world, 2)
    assert [entry.stream for entry in index.refresh(BEGIN)] == ["run/RUN-2"]
    assert index.refresh(BEGIN) == []
    assert [run.run for run in index.all()] == ["RUN-2", "RUN-1"]
    assert [run.run for run in index.unfinished(BEGIN)] == ["RUN-1", "RUN-2"]
    end(world, 1)
    index.refresh(BEGIN)
    assert [run.run for run in index.unfinished(BEGIN)] == ["RUN-2"]


def test_a_run_of_long_ago_is_over_whatever_it_says_but_its_name_is_taken() -> None:
    world = World()
    begin(world, 1, at=BEGIN - STALE_SECONDS)
    index = RunIndex(world.book)
    index.refresh(BEGIN)
    assert index.unfinished(BEGIN) == []
    assert index.next_name() == "RUN-2"
    assert index.get("RUN-1") is not None
    assert index.unfinished(BEGIN) == []


def test_an_event_of_ours_is_not_read_again_and_a_gap_is_filled() -> None:
    world = World()
    index = RunIndex(world.book)
    index.refresh(BEGIN)
    began = RunRecord("b1", BEGIN, "RUN-1", 1, "ann", RunBegan(book_of(note("a")), "", "x", "o1"))
    world.book.append("run/RUN-1", 1, began)
    index.take(began)
    end(world, 1)
    later = RunRecord("x", BEGIN, "RUN-1", 3, "ann", RunEnded("done"))
    world.book.append("run/RUN-1", 3, later)
    index.take(later)
    run = index.get("RUN-1")
    assert run is not None
    assert (run.number, run.outcome) == (3, "done")


def test_what_is_not_known_is_read() -> None:
    world = World()
    index = RunIndex(world.book)
    begin(world, 3)
    found = index.get("RUN-3")
    assert found is not None
    assert index.get("RUN-4") is None
    assert index.next_name() == "RUN-4"


def test_runs_that_are_over_are_forgotten_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "RUNS_KEPT", 2)
    world = World()
    index = RunIndex(world.book)
    index.refresh(BEGIN)
    for number in range(1, 6):
        begin(world, number)
        if number != 1:
            end(world, number)
    index.refresh(BEGIN)
    assert [run.run for run in index.all()] == ["RUN-5", "RUN-4", "RUN-1"]


def test_after_a_reset_all_is_read_anew() -> None:
    world = World()
    begin(world, 1)
    index = RunIndex(world.book)
    index.refresh(BEGIN)
    index.reset()
    assert not index.is_loaded
    assert index.all() == []
    index.refresh(BEGIN)
    assert len(index.all()) == 1


@pytest.mark.parametrize(
    ("name", "number"),
    [("RUN-7", 7), ("RUN-", 0), ("INC-7", 0), ("RUN-7x", 0), ("RUN-٣", 0), ("RUN-" + "9" * 5_000, 0)],
)
def test_the_number_in_a_name(name: str, number: int) -> None:
    assert run_number(name) == number
