"""A fleet: clients ask again as SDKs do, and processes hear of each other's breakers, late."""

from pathlib import Path

import pytest

from mainstay.config.from_environment import demo
from mainstay.engine.key import Key
from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality
from mainstay.lab.virtual.crowd import Class, Crowd, Phase, crowd_arrivals
from mainstay.lab.virtual.fleet import Ending, Fleet
from mainstay.lab.virtual.outages import Outage, Schedule
from mainstay.lab.virtual.process import Surroundings, VirtualProcess
from mainstay.lab.virtual.rehearsal import HashingJournal
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.upstreams import Place, VirtualUpstreams
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.registry import SPEECH

NAMES = ("claude-primary", "claude-standby", "gpt-primary", "gpt-standby")
CROWD = Crowd((Phase(20.0, 10.0),), (Class("default", 1.0),))


def world(*outages: Outage) -> Surroundings:
    snapshot = demo(("http://a", "http://b"), ("http://c/v1", "http://d/v1"), Path("/nowhere"))
    timeline = Timeline()
    places = {name: Place(Personality(name=name), repeats_itself=True) for name in NAMES}
    upstreams = VirtualUpstreams(timeline, places, Schedule(outages), perform)
    return Surroundings(timeline, upstreams, snapshot, SPEECH, HashingJournal())


def out(upstream: str, fault: str, end: float = 20.0) -> Outage:
    return Outage(upstream, 0.0, end, parse_fault(fault))


def run(around: Surroundings, processes: int = 1) -> tuple[list[Ending], list[VirtualProcess]]:
    made = [VirtualProcess(around, f"one_{number}", f"virtual/{number}") for number in range(processes)]
    endings: list[Ending] = []
    Fleet(around.timeline, made, "one").run(crowd_arrivals(CROWD, "one"), endings.append)
    return endings, made


def test_everybody_is_answered_by_one_of_the_processes() -> None:
    endings, processes = run(world(), processes=3)
    assert len(endings) == sum(process.asked for process in processes) == len(list(crowd_arrivals(CROWD, "one")))
    assert all(ending.fault == "" and ending.tries == 1 for ending in endings)
    assert all(process.asked > 30 for process in processes)


def test_clients_who_are_turned_away_ask_again_until_their_habits_forbid_it(monkeypatch: pytest.MonkeyPatch) -> None:
    around = world()
    shed = Fault(FaultKind.SHED, "too many", wait_seconds=4.0)
    process = VirtualProcess(around, "one")
    monkeypatch.setattr(process.pressure, "binds", True)
    monkeypatch.setattr(process.pressure, "refusal", lambda *_: shed)
    monkeypatch.setattr(process.pressure, "tick", lambda _: [])
    endings: list[Ending] = []
    Fleet(around.timeline, [process], "one").run(crowd_arrivals(CROWD, "one"), endings.append)
    assert {(one.fault, one.tries, one.shed, one.status) for one in endings} == {("shed", 3, 3, 529)}
    assert {round(one.at - one.arrival.at, 6) for one in endings} == {8.0}
    assert process.asked == 3 * len(endings)


def test_a_breaker_that_opens_in_one_process_is_open_in_the_others() -> None:
    around = world(out("claude-primary", "refuse"))
    key = Key("claude-primary", "claude-demo", "")
    seen: list[list[str]] = []
    processes = [VirtualProcess(around, f"one_{number}", f"virtual/{number}") for number in range(3)]

    def turned(_: float) -> None:
        seen.append([one.board.breakers()[key].state.value for one in processes if key in one.board.breakers()])

    Fleet(around.timeline, processes, "one").run(crowd_arrivals(CROWD, "one"), lambda _: None, turned)
    first = next(states for states in seen if "open" in states)
    assert first.count("open") == 1, "the others hear of it later"
    assert ["open"] * 3 in seen
    tried = sum(1 for one in processes for _ in range(one.board.breakers()[key].openings > 0))
    assert tried == 3


@pytest.mark.parametrize("fault", ["refuse", "overloaded", "server-error"])
def test_an_outage_of_the_first_choice_is_not_noticed_by_clients(fault: str) -> None:
    endings, _ = run(world(out("claude-primary", fault)), processes=2)
    assert [ending for ending in endings if ending.fault or ending.tries > 1] == []
