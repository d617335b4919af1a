"""What a supervisor decides. Time is told; nobody waits."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.supervisor.crew import (
    END_SLACK_SECONDS,
    NOT_OURS,
    READY_SECONDS,
    SILENCE_SECONDS,
    TICK_SECONDS,
    Crew,
    Decision,
    End,
    Kill,
    Phase,
    Say,
    Start,
    Tell,
)
from mainstay.gateway.supervisor.pause import PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN

DRAIN_SECONDS = 30.0
PID = 100


class Play:
    """A crew whose decisions are performed at once, on a clock that a test moves."""

    def __init__(self, workers: int = 2, *, serving: bool = True) -> None:
        self.now = 1_000.0
        self.crew = Crew(workers, self.now, DRAIN_SECONDS)
        self.ended: list[int] = []
        self.killed: list[int] = []
        self.told: list[str] = []
        self.said: list[str] = []
        self.alive: dict[int, int] = {}
        self.mute: set[int] = set()
        self._next_pid = PID
        self.tick()
        if serving:
            for number in range(workers):
                self.ready(number)

    def perform(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Start(number):
                    assert number not in self.alive, "started twice"
                    self._next_pid += 1
                    self.alive[number] = self._next_pid
                    self.crew.started(number, self._next_pid, self.now)
                case End(number):
                    self.ended.append(number)
                case Kill(number):
                    self.killed.append(number)
                case Tell(event, _):
                    self.told.append(event)
                case Say(words):
                    self.said.append(words)

    def tick(self) -> None:
        for number in self.alive:
            if number not in self.mute:
                self.crew.heard(number, self.now)
        self.perform(self.crew.tick(self.now))

    def passes(self, seconds: float) -> None:
        for _ in range(int(seconds / TICK_SECONDS)):
            self.now += TICK_SECONDS
            self.tick()

    def ready(self, number: int) -> None:
        self.perform(self.crew.ready(number, self.now))

    def dies(self, number: int, code: int = 1) -> None:
        del self.alive[number]
        self.perform(self.crew.died(number, code, self.now))

    def phases(self) -> list[str]:
        return [one.state for one in self.crew.standings()]


def test_everybody_is_started_at_once_and_serves_when_ready() -> None:
    play = Play(3, serving=False)
    assert play.phases() == ["starting"] * 3
    play.ready(1)
    assert play.crew.serving() == (1,)


def test_a_worker_that_died_is_told_and_started_again_after_its_pause() -> None:
    play = Play()
    play.dies(0, -signal.SIGKILL)
    assert play.phases() == ["waiting", "serving"]
    assert play.told == ["worker 0 ended with code -9"]
    assert play.said == [f"worker 0 ended with code -9; it starts again in {PAUSE_SECONDS_MIN:g} s"]
    play.passes(PAUSE_SECONDS_MIN - TICK_SECONDS)
    assert 0 not in play.alive
    play.passes(TICK_SECONDS)
    assert play.phases() == ["starting", "serving"]
    assert play.crew.standings()[0].restarts == 1


def test_one_that_dies_again_and_again_waits_longer_and_longer() -> None:
    play = Play()
    for _ in range(10):
        play.dies(0)
        play.passes(PAUSE_SECONDS_MAX)
    assert f"in {PAUSE_SECONDS_MAX:g} s" in play.said[-1]


def test_one_that_cannot_be_started_is_tried_again() -> None:
    play = Play()
    play.dies(0)
    del play.alive[1]
    play.perform(play.crew.failed(0, "out of memory", play.now))
    assert "worker 0 cannot be started (out of memory); tried again in 1 s" in play.said


def test_a_silent_worker_is_killed_once_and_replaced() -> None:
    play = Play()
    play.mute.add(1)
    play.passes(SILENCE_SECONDS)
    assert play.killed == []
    play.passes(2.0)
    assert play.killed == [1]
    play.dies(1, -signal.SIGKILL)
    assert play.told == ["worker 1 was killed: silent for 10 s"]
    play.mute.clear()
    play.passes(1.0)
    play.ready(1)
    play.passes(60.0)
    assert (play.killed, play.phases()) == ([1], ["serving", "serving"])


def test_a_supervisor_that_was_paused_itself_kills_nobody() -> None:
    play = Play()
    play.now += 3_600.0
    play.perform(play.crew.tick(play.now))
    assert play.killed == []
    play.passes(5.0)
    assert play.killed == []


def test_one_that_is_never_ready_is_killed() -> None:
    play = Play(serving=False)
    play.ready(1)
    play.passes(READY_SECONDS)
    assert play.killed == []
    play.passes(1.0)
    assert play.killed == [0]


def test_all_are_ended_and_then_it_is_over() -> None:
    play = Play()
    play.perform(play.crew.stop(play.now))
    assert play.ended == [0, 1]
    over = []
    for number in (0, 1):
        play.dies(number, 0)
        over.append(play.crew.is_over)
    assert over == [False, True]
    play.passes(60.0)
    assert play.alive == {}


def test_a_second_stop_is_passed_on() -> None:
    play = Play()
    play.perform(play.crew.stop(play.now))
    play.perform(play.crew.stop(play.now))
    assert play.ended == [0, 1, 0, 1]


def test_one_that_does_not_end_is_killed() -> None:
    play = Play()
    play.perform(play.crew.stop(play.now))
    play.dies(0, 0)
    play.passes(DRAIN_SECONDS + END_SLACK_SECONDS)
    assert play.killed == []
    play.passes(1.0)
    assert play.killed == [1]


def test_a_roll_replaces_one_after_the_other_each_while_the_others_serve() -> None:
    play = Play(3)
    play.perform(play.crew.begin_roll(play.now))
    for number in range(3):
        assert play.ended == list(range(number + 1))
        play.dies(number, 0)
        assert play.phases()[number] == "starting", "it starts again without a pause"
        assert play.crew.serving() == tuple(one for one in range(3) if one != number)
        play.ready(number)
    assert play.said[-1] == "restart: all workers are new"
    assert play.told == []
    assert (play.crew.roll.number, play.crew.roll.under_way, play.crew.roll.trouble) == (1, False, "")


def test_a_roll_stops_where_a_new_worker_does_not_become_ready() -> None:
    play = Play(3)
    play.perform(play.crew.begin_roll(play.now))
    play.dies(0, 0)
    play.dies(0, 1)
    assert play.crew.roll.trouble == "worker 0 did not become ready (ended with code 1)"
    assert play.ended == [0]
    play.passes(1.0)
    play.ready(0)
    assert play.ended == [0], "the others keep their processes"


def test_a_paused_worker_does_not_hold_up_a_roll() -> None:
    play = Play()
    play.mute.add(0)
    play.perform(play.crew.begin_roll(play.now))
    play.passes(SILENCE_SECONDS + 2)
    assert play.killed == [0]
    play.mute.clear()
    play.dies(0, -signal.SIGKILL)
    play.ready(0)
    assert play.ended == [0, 1]


def test_another_roll_waits_for_nobody_and_says_so() -> None:
    play = Play()
    play.perform(play.crew.begin_roll(play.now))
    play.perform(play.crew.begin_roll(play.now))
    assert play.said[-1] == "restart: one is under way already"
    assert play.ended == [0]


def test_a_roll_takes_one_in_that_was_waiting_for_its_start() -> None:
    play = Play()
    play.dies(0)
    play.perform(play.crew.begin_roll(play.now))
    assert play.phases()[0] == "starting"
    play.ready(0)
    assert play.ended == [1]


def test_one_worker_cannot_be_rolled() -> None:
    play = Play(1)
    play.perform(play.crew.begin_roll(play.now))
    assert "2 or more" in play.crew.roll.trouble
    assert play.ended == []


def test_stopping_ends_a_roll() -> None:
    play = Play()
    play.perform(play.crew.begin_roll(play.now))
    play.perform(play.crew.stop(play.now))
    play.dies(0, 0)
    play.dies(1, 0)
    assert play.crew.is_over


def test_where_the_state_folder_is_not_ours_it_gives_up() -> None:
    play = Play(serving=False)
    play.dies(0, NOT_OURS)
    assert play.crew.gave_up
    assert play.ended == [1]


def test_it_gives_up_as_well_where_another_worker_was_quicker_to_serve() -> None:
    play = Play(serving=False)
    play.ready(1)
    play.dies(0, NOT_OURS)
    assert play.crew.gave_up


def test_a_gateway_that_has_served_never_gives_up() -> None:
    play = Play()
    play.dies(0, NOT_OURS)
    assert not play.crew.gave_up
    play.passes(1.0)
    assert play.phases() == ["starting", "serving"]


@pytest.mark.parametrize("phase", list(Phase))
def test_a_late_word_of_readiness_changes_nothing_but_a_start(phase: Phase) -> None:
    play = Play(1)
    if phase is Phase.WAITING:
        play.dies(0)
    elif phase is Phase.ENDING:
        play.perform(play.crew.stop(play.now))
    before = play.phases()
    play.perform(play.crew.ready(0, play.now))
    assert play.phases() == before


@given(st.lists(st.tuples(st.sampled_from(["die", "mute", "roll", "ready", "time"]), st.integers(0, 2)), max_size=60))
def test_whatever_happens_all_workers_serve_in_the_end(story: list[tuple[str, int]]) -> None:
    play = Play(3)
    for what, number in story:
        match what:
            case "die" if number in play.alive:
                play.dies(number)
            case "mute":
                play.mute.add(number)
            case "roll":
                play.perform(play.crew.begin_roll(play.now))
            case "ready" if number in play.alive:
                play.ready(number)
            case _:
                play.passes(3.0)
        obey(play)
    play.mute.clear()
    for _ in range(40):
        play.passes(5.0)
        obey(play)
        for number in tuple(play.alive):
            play.ready(number)
    assert play.phases() == ["serving"] * 3
    assert not play.crew.roll.under_way


def obey(play: Play) -> None:
    """Whoever was told to end or killed is gone."""
    while play.ended or play.killed:
        number = (play.ended or play.killed).pop()
        if number in play.alive and play.phases()[number] != "starting":
            play.mute.discard(number)
            play.dies(number, 0)
