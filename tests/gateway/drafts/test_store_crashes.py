"""Real processes and real files: killed in the middle, or not allowed to grow."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.gateway.drafts.conftest import World, event, events

ENDLESS = """
import asyncio, json, sys
from pathlib import Path
from mainstay.gateway.drafts.store import DraftStore
from tests.gateway.drafts.conftest import event, opening

async def main():
    state = Path(sys.argv[1])
    store = DraftStore(state / "drafts", state / "keys", asyncio.get_running_loop(), report=print)
    store.start()

    def keep(draft, number):
        def written(ok):
            assert ok
            print(json.dumps([draft.id, number]), flush=True)
            keep(draft, number + 1)
        draft.delivered(event(number), written=written)

    for number in range(20):
        draft = store.open(opening(f"ex_{number}", durable=True))
        draft.begun(200, ())
        keep(draft, 0)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def environment() -> dict[str, str]:
    root = Path(__file__).parent.parent.parent.parent
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(root)])}


def test_a_killed_process_leaves_whole_events_with_everything_that_was_called_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDLESS, str(tmp_path)]
    written: dict[str, int] = {}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        command, env=environment(), stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for _ in range(2_000):
            name, number = json.loads(child.stdout.readline())
            written[name] = number
        child.send_signal(signal.SIGKILL)
        # What the dead process had said and nobody had heard yet. Its last line may be torn.
        for line in child.stdout.read().splitlines()[:-1]:
            name, number = json.loads(line)
            written[name] = number
    assert len(written) == 20
    world = World(tmp_path)
    world.store.start()
    assert set(world.unfinished()) == set(written)
    for name, number in written.items():
        kept = world.kept(name)
        assert kept.data == events(0, kept.events)
        assert kept.events >= number + 1
        draft = world.store.resume(kept, 3_000.0)
        draft.delivered(event(kept.events))
        draft.ended("answered", 3_001.0)
        again = world.kept(name)
        assert (again.data, again.complete) == (events(0, kept.events + 1), True)


DISK_FULL = """
import asyncio, resource, sys
from pathlib import Path
from mainstay.gateway.drafts.store import DraftStore
from tests.gateway.drafts.conftest import event, opening

async def kept(draft, data):
    heard = asyncio.get_running_loop().create_future()
    draft.delivered(data, written=heard.set_result)
    return await heard

async def main():
    state = Path(sys.argv[1])
    store = DraftStore(state / "drafts", state / "keys", asyncio.get_running_loop(), report=print)
    store.start()
    draft = store.open(opening("ex_1", durable=True))
    assert await kept(draft, event(0))
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
    assert not await kept(draft, b"data: " + b"x" * 200_000 + b"\\n\\n")
    assert store.trouble and draft.tail_lost
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    other = store.open(opening("ex_2", durable=True))
    assert await kept(other, b"data: " + b"x" * 200_000 + b"\\n\\n")
    assert store.trouble is None
    assert store.close()

asyncio.run(main())
"""


def test_a_real_file_that_must_not_grow_is_given_up_and_the_next_one_heals(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DISK_FULL, str(tmp_path)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        command, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ["cannot be kept" in line for line in done.stdout.splitlines()] == [True, False]
    world = World(tmp_path)
    world.store.start()
    assert world.kept("ex_1").tail_lost
    assert world.kept("ex_2").events == 1
