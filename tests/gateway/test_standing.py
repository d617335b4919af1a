from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway.finding import Found
from mainstay.gateway.standing import is_cancelled, is_complete, of_found, of_run
from tests.gateway.kept_rig import KeptRig, answered, interrupted, kept_rig
from tests.gateway.talk import WHOLE


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


def state(rig: KeptRig) -> str:
    return of_found(Found(rig.kept())).state


def test_running(rig: KeptRig) -> None:
    rig.start()
    rig.streams(*WHOLE[:2])
    standing = of_run(rig.run())
    assert (standing.state, standing.events, standing.status, standing.stream) == ("running", 3, 200, True)


def test_complete_and_interrupted(rig: KeptRig) -> None:
    answered(rig)
    assert (state(rig), is_complete(rig.kept())) == ("complete", True)
    interrupted(rig)
    assert of_found(Found(rig.kept("ex_2"))).state == "interrupted"


def test_cancelled(rig: KeptRig) -> None:
    rig.start()
    rig.run().caller.cancel("cancelled")
    rig.settle()
    assert (state(rig), is_cancelled(rig.kept())) == ("cancelled", True)


def test_failed_and_lost(rig: KeptRig) -> None:
    caller = rig.start(rig.job(workload="must", stream=False))
    while not caller.end:
        rig.replies(500, b"{}")
        rig.clock.advance(5.0)
    assert (state(rig), of_found(Found(rig.kept())).status) == ("failed", caller.answer.status)
    rig.start()
    rig.streams(*WHOLE[:2])
    rig.world.loop.pass_seconds(0.25)
    rig.run("ex_2").draft.lose()
    rig.settle()
    assert of_found(Found(rig.kept("ex_2"))).state == "lost"
