"""Children of `mainstay up`, as real processes. Time is told to them."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mainstay.cli.children import Child
from mainstay.gateway.supervisor.pause import PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN, STEADY_SECONDS

PATIENCE_SECONDS = 30.0
"""How long a test waits for a process before it fails; never how long it takes."""
NOW = 1000.0
SHORT = ("--version",)
"""Arguments of a command that ends at once."""
LONG = ("lab", "provider")
"""Arguments of a command that runs until it is told to stop."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(stack: ExitStack, arguments: tuple[str, ...]) -> Child:
    child = Child("the child", arguments)
    stack.callback(child.join, 0.0)
    child.start(NOW)
    return child


def await_death(child: Child) -> None:
    assert child._process is not None
    child._process.wait(PATIENCE_SECONDS)


def test_a_child_that_is_not_started_has_no_process() -> None:
    child = Child("the child", SHORT)
    child.terminate()
    child.join(0.0)
    assert (child.pid, child.has_died, child.exit_code) == (None, False, None)


def test_a_running_child_is_left_alone(stack: ExitStack) -> None:
    child = started(stack, LONG)
    pid = child.pid
    assert pid is not None
    child.watch(NOW + 10 * STEADY_SECONDS, pytest.fail)
    assert (child.pid, child.has_died, child.restarts) == (pid, False, 0)
    assert os.getsid(pid) == pid, "Ctrl-C on the terminal must reach the parent alone"


def test_a_death_is_noticed_and_the_child_starts_again_after_its_pause(stack: ExitStack) -> None:
    child = started(stack, SHORT)
    first_pid = child.pid
    await_death(child)
    assert child.has_died
    reports: list[str] = []
    child.watch(NOW, reports.append)
    assert reports == [f"the child ended with code 0; it starts again in {PAUSE_SECONDS_MIN:g} s"]
    assert (child.pid, child.has_died, child.exit_code) == (None, False, 0)
    child.watch(NOW + PAUSE_SECONDS_MIN - 0.01, reports.append)
    assert (child.pid, child.restarts) == (None, 0)
    child.watch(NOW + PAUSE_SECONDS_MIN, reports.append)
    assert (child.pid != first_pid, child.restarts, len(reports)) == (True, 1, 1)
    assert child.pid


def test_a_killed_childs_code_says_so(stack: ExitStack) -> None:
    child = started(stack, LONG)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await_death(child)
    reports: list[str] = []
    child.watch(NOW, reports.append)
    assert child.exit_code == -signal.SIGKILL
    assert "ended with code -9" in reports[0]


class StubbornlyDying(Child):
    """A child whose process is dead whenever somebody looks, without a process."""

    def start(self, now: float) -> None:
        self._started_at = now
        self._process = _Dead()  # type: ignore[assignment]


class _Dead:
    returncode = 1
    pid = 0

    def poll(self) -> int:
        return self.returncode


def pauses(child: Child, lives: int, lifetime_seconds: float) -> list[float]:
    """The pauses after so many lives of this length."""
    found: list[float] = []
    now = child._started_at
    for _ in range(lives):
        now += lifetime_seconds
        child.watch(now, lambda _: None)
        died_at = now
        while child.pid is None:
            now += 0.25
            child.watch(now, lambda _: None)
        found.append(now - died_at)
    return found


def test_the_pause_doubles_up_to_a_bound() -> None:
    child = StubbornlyDying("the child", SHORT)
    child.start(NOW)
    assert pauses(child, 9, 1.0) == [0.5, 1, 2, 4, 8, 16, 30, 30, PAUSE_SECONDS_MAX]


def test_a_steady_life_makes_the_pause_short_again() -> None:
    child = StubbornlyDying("the child", SHORT)
    child.start(NOW)
    pauses(child, 5, 1.0)
    assert pauses(child, 2, STEADY_SECONDS) == [PAUSE_SECONDS_MIN, PAUSE_SECONDS_MIN]


def test_a_child_that_is_asked_to_stop_ends(stack: ExitStack) -> None:
    child = started(stack, LONG)
    child.terminate()
    child.join(time.monotonic() + PATIENCE_SECONDS)
    assert child._process is not None
    assert child._process.returncode in {0, -signal.SIGTERM}
    child.terminate()
    assert child.has_died


def test_a_child_that_does_not_end_in_time_is_killed(stack: ExitStack) -> None:
    child = started(stack, LONG)
    child.join(time.monotonic())
    assert child._process is not None
    assert child._process.returncode == -signal.SIGKILL


def test_a_running_child_can_be_sent_a_signal(stack: ExitStack) -> None:
    child = started(stack, LONG)
    child.send(signal.SIGHUP)
    await_death(child)  # this command has no use for the signal, so it ends by it
    assert child._process is not None
    assert child._process.returncode == -signal.SIGHUP
    child.send(signal.SIGHUP)
