"""Two real processes on one state folder."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainstay.gateway.drafts.elsewhere import Seen
from mainstay.gateway.drafts.entries import Missing
from mainstay.gateway.drafts.reading import Kept
from tests.gateway.drafts import other_process
from tests.gateway.drafts.conftest import KEY, PATIENCE_SECONDS, World

KEYS = 200


@contextmanager
def process(state: Path, worker: int, *role: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, other_process.__file__, str(state), str(worker), *role]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        yield running
    finally:
        running.kill()
        running.wait()
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                pipe.close()


def look(world: World) -> Seen:
    found: list[Seen | Missing] = []
    elsewhere = world.store.elsewhere
    elsewhere.look(elsewhere.new_reading("ex_1"), found.append)
    world.loop.until(lambda: bool(found))
    assert not isinstance(found[0], Missing), found
    return found[0]


def take(world: World) -> bool:
    taken: list[bool] = []
    world.store.elsewhere.take("ex_1", look(world), taken.append)
    world.loop.until(lambda: bool(taken))
    return taken[0]


def test_what_a_killed_process_left_is_taken_over_and_what_a_living_or_paused_one_writes_is_not(tmp_path: Path) -> None:
    world = World(tmp_path, worker=1)
    world.store._key = KEY
    world.store.start()
    with process(tmp_path, 0, "write") as other:
        assert look(world).is_written
        assert not take(world)
        other.send_signal(signal.SIGSTOP)
        assert look(world).is_written
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert not look(world).is_written
        assert take(world)
    kept = world.load()
    assert isinstance(kept, Kept)
    assert kept.data == other_process.EVENT * 2
    assert world.store.close(PATIENCE_SECONDS)


def test_of_two_processes_one_has_each_key(tmp_path: Path) -> None:
    with process(tmp_path, 0, "claim", str(KEYS)) as first, process(tmp_path, 1, "claim", str(KEYS)) as second:
        answers: list[list[list[str]]] = []
        for one in (first, second):
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in (first, second):
            assert one.stdout is not None
            answers.append([one.stdout.readline().split() for _ in range(KEYS)])
    for one_answer, other_answer in zip(*answers, strict=True):
        assert {one_answer[0], other_answer[0]} == {"0", "1"}
        assert one_answer[1] == other_answer[1]
