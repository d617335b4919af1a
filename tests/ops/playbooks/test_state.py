"""The fold of a run's events."""

import msgspec
import pytest

from mainstay.model.incident import Impact
from mainstay.model.playbook import OpenIncident, Refused, RunEnded, RunEvent, StepEnded, Waiting
from mainstay.model.records import Record, RunRecord
from mainstay.ops.playbooks.outcomes import Done
from mainstay.ops.playbooks.state import fold
from tests.ops.playbooks.drill import Drill, book_of, drain, fails, note, step_of


def record(number: int, event: RunEvent, at: float = 5.0) -> RunRecord:
    return RunRecord(f"r{number}", at, "RUN-1", number, "ann", event)


def test_a_run_without_a_beginning_is_none() -> None:
    assert fold([]) is None
    assert fold([record(1, RunEnded("done"))]) is None


def test_a_fold_goes_on_where_it_was() -> None:
    drill = Drill(book_of(note("a", on_failure="continue"), note("b")))
    drill.go(fails("a"))
    records = drill._records
    for cut in range(1, len(records)):
        assert fold(records[cut:], fold(records[:cut])) == fold(records)


def test_events_read_from_their_json_are_the_same() -> None:
    drill = Drill(book_of(drain("a"), note("b", on_failure="undo")), incident="INC-7")
    drill.go(fails("b"))
    again = [msgspec.json.decode(msgspec.json.encode(one), type=Record) for one in drill._records]
    assert fold(one for one in again if isinstance(one, RunRecord)) == drill.state


def test_nothing_follows_the_end() -> None:
    drill = Drill(book_of(note("a")))
    drill.go()
    before = drill.state
    drill.tell(StepEnded("a", "failed"))
    assert drill.state.outcome == before.outcome
    assert drill.state.deeds == before.deeds
    assert drill.state.number == before.number + 1


@pytest.mark.parametrize(
    "event",
    [Refused("a", "admin"), Waiting("a", 1.0, "retry"), RunEnded("failed"), StepEnded("a", "done", is_undo=True)],
)
def test_what_nobody_waits_for_is_harmless(event: RunEvent) -> None:
    drill = Drill(book_of(note("a")))
    drill.tell(event)
    assert drill.state.number == 2
    assert drill.state.cursor == 0


def test_a_run_is_about_the_incident_that_it_opened() -> None:
    drill = Drill(book_of(step_of("a", OpenIncident("x", Impact.MINOR)), step_of("b", OpenIncident("y"))))
    names = iter(["INC-1", "INC-2"])
    drill.go(lambda _deed: Done("opened", (next(names),)))
    assert drill.state.incident == "INC-1"


def test_a_run_that_is_about_an_incident_stays_with_it() -> None:
    drill = Drill(book_of(step_of("a", OpenIncident("x", Impact.MINOR))), incident="INC-7")
    drill.go(lambda _deed: Done("opened", ("INC-8",)))
    assert drill.state.incident == "INC-7"


def test_a_step_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        Drill(book_of(note("a"))).state.step("b")
