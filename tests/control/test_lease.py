"""Of several control planes one acts, whoever dies, is paused or is cut off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.control.lease import Ears, Lease, Timing, open_lease
from tests.control.lease_desk import TIMING, Desk, Plane
from tests.services.postgres import PostgresServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_one_acts_and_the_second_knows_who(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    assert first.lease.step() == TIMING.renew_seconds
    assert second.lease.step() == TIMING.look_seconds
    assert first.lease.is_held()
    assert not second.lease.is_held()
    assert first.lease.holder() == second.lease.holder() == "first"
    assert first.lease.epoch == second.lease.epoch == 1
    assert first.told == ["lease: this control plane acts from now on (epoch 1)"]
    assert second.told == []
    second.lease.step()
    assert first.recorded == [("acts", "first", 1, "")]
    assert second.recorded == [("stands-by", "first", 1, "second stands by")]


def test_who_does_not_renew_stops_to_act_by_the_clock_alone(desk: Desk) -> None:
    first = Plane(desk, "first")
    first.lease.step()
    desk.now = TIMING.valid_seconds - 0.01
    assert first.lease.is_held()
    desk.now = TIMING.valid_seconds
    assert not first.lease.is_held()


def test_the_lease_counts_from_before_the_question_was_sent(desk: Desk) -> None:
    first = Plane(desk, "first")
    first.lease.step()
    (hand,) = first.hands
    renew = hand.renew

    def slowly(epoch: int) -> bool:
        desk.now += 4.0
        return renew(epoch)

    hand.renew = slowly  # type: ignore[method-assign] # as over a slow network
    first.lease.step()
    assert first.lease.is_held()
    desk.now += 1.0
    assert not first.lease.is_held()


def test_a_holder_that_ends_makes_room_at_once(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    first.lease.step()
    second.lease.step()
    first.hands[0].close()
    second.lease.step()
    assert second.lease.is_held()
    assert second.lease.epoch == 2


def test_a_paused_holder_is_deposed_and_was_no_holder_any_more(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    first.lease.step()
    while not second.lease.is_held():
        held_before = first.lease.is_held()
        desk.now += second.lease.step()
        assert not (held_before and second.lease.is_held())
    assert desk.now <= 10.0
    assert not first.lease.is_held()
    assert first.lease.step() == 0.0
    assert first.told[-1] == "lease: this control plane acts no longer: it was taken by another one"
    first.lease.step()
    assert first.lease.holder() == "second"
    assert first.recorded[1:] == [
        ("lost", "first", 1, "it was taken by another one"),
        ("stands-by", "second", 2, "first stands by"),
    ]
    assert second.recorded[1:] == [("acts", "second", 2, "first did not beat for 6 s and was deposed")]


def test_a_holder_that_beats_is_never_deposed(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    first.lease.step()
    for second_step in range(200):
        desk.now += TIMING.look_seconds
        if second_step % 2:
            first.lease.step()
        second.lease.step()
    assert first.lease.is_held()
    assert second.hands[0].deposed == []


def test_a_watcher_that_was_paused_itself_does_not_wrong_the_holder(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    first.lease.step()
    second.lease.step()

    def pause() -> None:
        desk.now += 60.0

    second.hands[0].before_look = pause
    second.lease.step()
    assert second.hands[0].deposed == []
    second.hands[0].before_look = lambda: None
    first.lease.step()
    second.lease.step()
    assert second.hands[0].deposed == []


def test_of_two_who_stand_by_one_takes_over(desk: Desk) -> None:
    planes = [Plane(desk, name) for name in ("first", "second", "third")]
    for plane in planes:
        plane.lease.step()
    planes[0].hands[0].close()
    for plane in planes[1:]:
        plane.lease.step()
    assert [plane.lease.is_held() for plane in planes[1:]] == [True, False]


def test_without_the_database_nobody_acts_and_it_is_told_once(desk: Desk) -> None:
    first = Plane(desk, "first")
    first.lease.step()
    desk.down = True
    assert first.lease.step() == TIMING.look_seconds
    assert not first.lease.is_held()
    first.lease.step()
    first.lease.step()
    assert first.lease.status().trouble == "it does not answer"
    assert len(first.told) == 2
    assert first.recorded[1:] == [("lost", "first", 1, "it does not answer")]
    desk.down = False
    desk.owner = None
    first.lease.step()
    assert first.lease.is_held()
    assert first.lease.status().trouble is None
    assert first.recorded[2:] == [("acts", "first", 2, "")]


def test_a_mistake_of_ours_ends_the_lease_and_not_the_thread(desk: Desk) -> None:
    first = Plane(desk, "first")
    first.lease.step()
    first.hands[0].renew = lambda _epoch: 1 / 0  # type: ignore[method-assign, assignment, return-value] # a mistake
    first.lease.step()
    assert not first.lease.is_held()
    assert "ZeroDivisionError" in str(first.lease.status().trouble)


class Stops:
    def __init__(self, waits: int) -> None:
        self.waited: list[float | None] = []
        self._waits = waits

    def is_set(self) -> bool:
        return len(self.waited) >= self._waits

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return self.is_set()


def test_it_runs_until_it_is_stopped_and_gives_the_lease_up(desk: Desk) -> None:
    first = Plane(desk, "first")
    stops = Stops(3)
    first.lease.run(stops)
    assert stops.waited == [TIMING.renew_seconds] * 3
    assert desk.owner is None
    assert not first.lease.is_held()
    assert first.recorded[1:] == [("stopped", "first", 1, "it was told to stop")]


def test_who_acted_in_between_stands_by_anew_for_the_same_holder(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    first.lease.step()
    second.lease.step()
    first.hands[0].close()
    second.lease.step()
    first.lease.step()
    desk.owner, desk.epoch = None, 0  # the file was removed, and numbers begin anew
    first.lease.step()
    second.lease.step()
    second.lease.step()
    told = [(event, holder, epoch) for event, holder, epoch, _ in second.recorded]
    assert told == [
        ("stands-by", "first", 1),
        ("acts", "second", 2),
        ("lost", "second", 2),
        ("stands-by", "first", 1),
    ]


def test_a_lease_that_nobody_holds_is_not_stood_by_for(desk: Desk) -> None:
    first, second = Plane(desk, "first"), Plane(desk, "second")
    first.lease.step()
    desk.name = ""
    second.lease.step()
    assert second.recorded == []


QUICK = Timing(renew_seconds=0.05, look_seconds=0.05, valid_seconds=0.6, stale_seconds=1.0, depose_seconds=0.05)
CHILD = """
import sys, threading, time
from pathlib import Path
from mainstay.control.lease import Ears, Timing, open_lease
dsn, state, name = sys.argv[1:4]
timing = Timing(*map(float, sys.argv[4:9]))
lease = open_lease(dsn or None, Path(state), name, Ears(lambda line: None), time.monotonic, timing)
threading.Thread(target=lease.run, args=(threading.Event(),), daemon=True).start()
while True:
    print(int(lease.is_held()), lease.epoch, flush=True)
    time.sleep(0.02)
"""
PATIENCE_SECONDS = 30.0


class Other:
    """A control plane in a process of its own, which says again and again whether it acts."""

    def __init__(self, dsn: str, state: Path, name: str) -> None:
        numbers = [str(one) for one in (0.05, 0.05, 0.6, 30.0, 0.05)]  # it never deposes us
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", CHILD, dsn, str(state), name, *numbers],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=ROOT / "src",
            text=True,
        )

    def says(self) -> tuple[bool, int]:
        assert self._process.stdout is not None
        held, epoch = self._process.stdout.readline().split()
        return held == "1", int(epoch)

    def until_held(self) -> int:
        """Wait until it acts; give the epoch."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            held, epoch = self.says()
            if held:
                return epoch
            assert time.monotonic() < deadline

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def others() -> Iterator[list[Other]]:
    found: list[Other] = []
    yield found
    for one in found:
        one.end()


def stepped_until_held(lease: Lease) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not lease.is_held():
        time.sleep(lease.step())  # its own pace, not ours
        assert time.monotonic() < deadline


def quick_lease(dsn: str | None, state: Path) -> Lease:
    return open_lease(dsn, state, "here", Ears(lambda _line: None), time.monotonic, QUICK)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_another_one_takes_over_from_a_killed_or_paused_holder(
    postgres: str, tmp_path: Path, others: list[Other], number: signal.Signals
) -> None:
    others.append(Other(postgres, tmp_path, "there"))
    assert others[0].until_held() == 1
    lease = quick_lease(postgres, tmp_path)
    lease.step()
    assert not lease.is_held()
    assert lease.holder() == "there"
    others[0].signal(number)
    stepped_until_held(lease)
    assert lease.epoch == 2
    others[0].signal(signal.SIGCONT)
    if number is signal.SIGSTOP:
        assert_steps_down(others[0], lease)
    lease._step_down("the test is over")


def assert_steps_down(other: Other, lease: Lease) -> None:
    """What a process that was paused says after it goes on: whatever it said before, it never acts beside us."""
    while other.says()[1] != 2:
        lease.step()
    for _ in range(20):
        lease.step()
        assert other.says()[0] is False


def test_after_the_database_was_killed_and_came_back_one_acts(
    postgres: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    first, second = quick_lease(postgres, tmp_path), quick_lease(postgres, tmp_path)
    first.step()
    second.step()
    postgres_server.restart()
    first.step()
    second.step()
    assert not first.is_held()
    stepped_until_held(second)
    first.step()
    assert [first.is_held(), second.is_held()] == [False, True]
    for lease in (first, second):
        lease._step_down("the test is over")


def test_on_one_machine_a_file_decides(tmp_path: Path, others: list[Other]) -> None:
    others.append(Other("", tmp_path, "there"))
    assert others[0].until_held() == 1
    lease = quick_lease(None, tmp_path)
    lease.step()
    assert (lease.is_held(), lease.holder()) == (False, "there")
    others[0].signal(signal.SIGKILL)
    stepped_until_held(lease)
    assert lease.epoch == 2
    lease._step_down("the test is over")
