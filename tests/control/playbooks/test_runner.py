"""The runner: carries runs on, and may die at any point."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from mainstay.control.playbooks.crew import Flight, Landed
from mainstay.control.playbooks.desk import Request
from mainstay.control.playbooks.runner import GRACE_SECONDS, LATE_SECONDS
from mainstay.control.playbooks.writing import Author
from mainstay.model.incident import Impact, IncidentStatus, Moved, Rated
from mainstay.model.playbook import (
    AlertTrigger,
    Approve,
    Clause,
    Condition,
    EvidenceTrigger,
    IncidentTrigger,
    Notify,
    ScheduleTrigger,
    Wait,
)
from mainstay.model.records import AlertRecord, DetectionRecord, IncidentRecord
from mainstay.ops.playbooks import moves
from mainstay.ops.playbooks.approvals import Voter
from mainstay.ops.playbooks.facts import Facts
from mainstay.ops.playbooks.moves import Move
from mainstay.ops.playbooks.outcomes import Done, Failed
from mainstay.ops.playbooks.state import RunState
from tests.control.playbooks.lives import LONG, opened, with_incident
from tests.control.playbooks.world import BEGIN, FactsWorld, World
from tests.ops.playbooks.drill import INCIDENT, book_of, drain, note, step_of

ANN = Author("ann", "command-line")


def test_a_runner_that_lost_the_lease_unawares_is_stopped_by_the_book() -> None:
    world = with_incident(book_of(note("a"), step_of("w", Wait(5.0)), drain("b")))
    world.desk().run(Request("help", "INC-7"), ANN)
    paused, acting = world.runner(), world.runner()
    paused.turn()
    acting.turn()
    world.now += 10
    acting.turn()
    assert world.run().is_over
    before = len(world.store.events), dict(world.effects)
    paused.turn()
    paused.turn()
    assert (len(world.store.events), world.effects) == before


def test_nothing_is_done_without_the_lease() -> None:
    world = with_incident(LONG)
    world.tell_incident(opened())
    world.is_acting = False
    world.runner().turn()
    assert world.effects == {}
    assert len(world.store.events) == 1


def test_a_lease_that_is_lost_at_the_last_moment_keeps_the_effect_from_being_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(book_of(drain("a")))
    world.desk().run(Request("help"), ANN)

    def facts(_self: FactsWorld, _incident: str) -> Facts:
        world.is_acting = len(world.store.events) < 2
        return Facts()

    monkeypatch.setattr(FactsWorld, "facts", facts)
    world.runner().turn()
    assert len(world.store.events) == 2
    assert world.effects == {}


def test_a_lease_that_is_lost_on_the_way_keeps_all_else_from_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    never = Condition((Clause(impact_min=Impact.NONE),))
    world = World(book_of(note("a", when=never), note("b", when=never)))
    world.desk().run(Request("help"), ANN)
    append = world.store.append_event

    def lose(stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        world.is_acting = False
        return append(stream, number, event_id, at, body)

    monkeypatch.setattr(world.store, "append_event", lose)
    world.runner().turn()
    assert [deed.step for deed in world.run().deeds] == ["a"]


class SlowCrew:
    """Effects that come back when they are told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], Done | Failed]] = []
        self.landed: dict[int, Done | Failed] = {}
        self.is_busy = False

    def send(self, effect: Callable[[], Done | Failed]) -> Flight | None:
        if self.is_busy:
            return None
        self.waiting.append(effect)
        return _Slow(self, len(self.waiting) - 1)


class _Slow:
    def __init__(self, crew: SlowCrew, number: int) -> None:
        self._crew = crew
        self._number = number

    def result(self) -> Done | Failed | None:
        return self._crew.landed.get(self._number)


def test_an_effect_that_hangs_holds_up_no_other_run_and_is_given_up() -> None:
    one, two = book_of(drain("a", on_failure="undo"), name="one"), book_of(note("b"), name="two")
    world, crew = World(one, two), SlowCrew()
    world.desk().run(Request("one"), ANN)
    runner = world.runner(crew)
    runner.turn()
    assert len(crew.waiting) == 1
    world.desk().run(Request("two"), ANN)
    runner.turn()
    assert len(crew.waiting) == 2
    world.now += 30 + GRACE_SECONDS
    runner.turn()
    run = world.run("RUN-1")
    assert run.deeds[0].may_have_acted
    assert "did not come back in time" in run.deeds[0].words
    assert run.is_unwinding


def test_a_result_that_comes_after_somebody_else_went_on_is_no_result_of_another_step() -> None:
    world, crew = World(book_of(drain("a"), step_of("b", Wait(60.0)))), SlowCrew()
    world.desk().run(Request("help"), ANN)
    paused = world.runner(crew)
    paused.turn()
    world.runner().turn()
    crew.landed[0] = Done("late")
    paused.turn()
    assert [(deed.step, deed.outcome) for deed in world.run().deeds] == [("a", "done"), ("b", None)]


def test_a_busy_crew_is_waited_for() -> None:
    world, crew = World(book_of(note("a"))), SlowCrew()
    world.desk().run(Request("help"), ANN)
    crew.is_busy = True
    runner = world.runner(crew)
    runner.turn()
    assert world.run().current is not None
    crew.is_busy = False
    runner.turn()
    crew.landed[0] = Done("ok")
    runner.turn()
    assert world.run().outcome == "done"


def test_a_run_that_is_cancelled_waits_for_what_is_on_its_way() -> None:
    world, crew = World(book_of(drain("a"))), SlowCrew()
    desk = world.desk()
    desk.run(Request("help"), ANN)
    runner = world.runner(crew)
    runner.turn()
    desk.cancel("RUN-1", ANN, is_undone=True)
    runner.turn()
    assert [deed.outcome for deed in world.run().deeds] == ["cancelled"]
    crew.landed[0] = Done("late")
    runner.turn()
    assert world.run().deeds[-1].is_undo


def test_an_approval_that_another_process_wrote_is_seen() -> None:
    world = World(book_of(step_of("ask", Approve()), note("b")))
    world.facts_now = Facts(incident=INCIDENT)
    world.desk().run(Request("help", "INC-7"), ANN)
    runner = world.runner()
    runner.turn()
    assert "mainstay playbook approve RUN-1" in next(iter(world.notices.values())).text
    world.desk().approve("RUN-1", Voter("bob", "admin"), "local")
    runner.turn()
    assert world.run().outcome == "done"


def test_what_failed_is_told() -> None:
    world = World(book_of(note("a")))
    world.desk().run(Request("help"), ANN)
    world.runner().turn()
    (notice,) = world.notices.values()
    assert notice.title == "Playbook help failed"
    assert "the run is about no incident" in notice.text


def test_a_store_that_is_down_is_told_once_and_waited_for() -> None:
    world = with_incident(LONG)
    world.tell_incident(opened())
    runner = world.runner()
    world.store.is_down = True
    runner.turn()
    runner.turn()
    assert world.lines == ["playbooks wait: the store does not answer"]
    world.store.is_down = False
    runner.turn()
    assert world.run().outcome == "done"


def test_one_run_that_cannot_go_on_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = step_of("a", Wait(1.0))
    world = World(book_of(wait, name="one"), book_of(wait, name="two"))
    for name in ("one", "two"):
        world.desk().run(Request(name), ANN)

    def next_move(state: RunState, facts: Facts, now: float) -> Move:
        if state.playbook.name == "one":
            raise ZeroDivisionError
        return moves.next_move(state, facts, now)

    monkeypatch.setattr("mainstay.control.playbooks.runner.next_move", next_move)
    runner = world.runner()
    runner.turn()
    runner.turn()
    assert world.lines == ["playbooks: RUN-1 cannot go on: ZeroDivisionError: "]
    assert world.run("RUN-2").current is not None


def test_triggers_by_evidence_and_alert_are_heard_once() -> None:
    wait = step_of("a", Wait(5.0))
    world = World(
        book_of(wait, triggers=(EvidenceTrigger(("upstream:*",)),)),
        book_of(wait, triggers=(AlertTrigger(("auth",)),), name="alarm"),
    )
    runner = world.runner()
    detection = DetectionRecord("d1", BEGIN, "upstream:anthropic", "ill", "it fails")
    alert = AlertRecord("a1", BEGIN, "auth", "anthropic", "m", "main", "refused")
    for record in (detection, alert, detection, alert, replace(alert, id="a2")):
        runner.hear(record)
        runner.turn()
    assert [(run.playbook.name, run.component, run.began.credential) for run in world.desk().runs()] == [
        ("alarm", "upstream:anthropic", "main"),
        ("help", "upstream:anthropic", ""),
    ]
    again = world.runner()
    again.hear(detection)
    again.turn()
    assert len(world.desk().runs()) == 2


def test_a_flood_of_the_same_alerts_drowns_nothing_else() -> None:
    world = World(book_of(step_of("a", Wait(5.0)), triggers=(EvidenceTrigger(("*",)),)))
    runner = world.runner()
    for number in range(5_000):
        runner.hear(AlertRecord(f"a{number}", BEGIN, "auth", "anthropic", "m", "main", "refused"))
    runner.hear(DetectionRecord("d1", BEGIN, "upstream:anthropic", "ill", "it fails"))
    runner.turn()
    assert len(world.desk().runs()) == 1


def test_what_happened_long_ago_begins_nothing() -> None:
    world = World(book_of(note("a"), triggers=(EvidenceTrigger(("*",)),)))
    runner = world.runner()
    runner.hear(DetectionRecord("d1", BEGIN - 3_601, "upstream:anthropic", "ill", "it fails"))
    runner.turn()
    assert world.desk().runs() == ()


def test_an_incident_that_was_opened_while_nobody_acted_begins_its_run() -> None:
    world = with_incident(LONG)
    world.tell_incident(opened())
    world.now += LATE_SECONDS
    world.runner().turn()
    assert world.run().outcome == "done"


def test_an_incident_of_long_ago_begins_nothing_when_we_start() -> None:
    world = with_incident(LONG)
    world.tell_incident(opened())
    world.now += LATE_SECONDS + 1
    world.runner().turn()
    assert world.desk().runs() == ()


def test_an_update_begins_what_wants_updates() -> None:
    world = with_incident(replace(LONG, triggers=(IncidentTrigger(events=("updated",)),), steps=(note("a"),)))
    runner = world.runner()
    runner.turn()
    world.tell_incident(opened())
    runner.turn()
    assert world.desk().runs() == ()
    world.tell_incident(IncidentRecord("i2", world.now, "INC-7", 2, "ann", Rated(Impact.CRITICAL)))
    runner.turn()
    world.tell_incident(IncidentRecord("i3", world.now, "INC-7", 3, "ann", Moved(IncidentStatus.IDENTIFIED)))
    runner.turn()
    assert [run.began.occasion for run in world.desk().runs()] == ["INC-7/2"]


def test_a_schedule_begins_one_run_each_time() -> None:
    world = World(book_of(step_of("a", Wait(1.0)), triggers=(ScheduleTrigger("*/10 * * * *"),)))
    world.now = 1_200_000.0 + 30
    runner = world.runner()
    runner.turn()
    for _ in range(25):
        world.now += 60
        runner.turn()
    runner = world.runner()
    runner.turn()
    found = [run.began.occasion.rpartition("/")[2] for run in world.desk().runs()]
    assert found == ["1201200", "1200600", "1200000"]


def test_a_playbook_that_asks_first_does_nothing_before_it_may() -> None:
    world = with_incident(replace(LONG, mode="approve"))
    world.tell_incident(opened())
    runner = world.runner()
    runner.turn()
    assert world.orders == {}
    assert world.run().asks is not None
    world.desk().approve("RUN-1", Voter("ann", "operator"), "local")
    runner.turn()
    assert len(world.orders) == 2


def test_a_playbook_that_only_suggests_begins_nothing_and_says_so_once() -> None:
    world = with_incident(replace(LONG, mode="suggest"))
    world.tell_incident(opened())
    runner = world.runner()
    for _ in range(3):
        runner.turn()
    assert world.desk().runs() == ()
    (notice,) = world.notices.values()
    assert notice.text.endswith("mainstay playbook run help --incident INC-7 --component upstream:anthropic")
    assert list(world.effects.values()) == [1, 1]


def test_a_change_of_the_file_changes_no_run_under_way() -> None:
    world = World(book_of(step_of("a", Wait(5.0)), step_of("b", Notify("old", "x"))))
    world.desk().run(Request("help"), ANN)
    runner = world.runner()
    runner.turn()
    world.playbooks["help"] = book_of(step_of("b", Notify("new", "x")))
    world.now += 5
    runner.turn()
    assert [notice.title for notice in world.notices.values()] == ["old"]


def test_landed_effects_keep_their_result() -> None:
    assert Landed(Done("x")).result() == Done("x")
