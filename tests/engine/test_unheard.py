"""When an attempt from which nothing was heard is looked after, and when it is given up."""

from types import SimpleNamespace
from typing import cast

import pytest

from mainstay.engine.attempt import Attempt
from mainstay.engine.key import Key
from mainstay.engine.progress import Progress
from mainstay.engine.silence import LOOK_SECONDS, WAITING_MIN, Silence
from mainstay.engine.unheard import look_at, why_given_up
from mainstay.model.fault import FaultKind

KEY = Key("alpha", "large", "main")


class Scene:
    """An attempt at the instant `now` that began at 0, among many that wait, unless something else is said."""

    def __init__(
        self, now: float, *, others: bool = True, usual: float | None = 1.0, opened_at: float | None = None
    ) -> None:
        silence = Silence()
        for _ in range(WAITING_MIN):
            silence.started(KEY, 0.0)
        watch = SimpleNamespace(patience=lambda *_, **__: usual)
        self.progress = cast(
            "Progress",
            SimpleNamespace(
                now=now,
                board=SimpleNamespace(watch=watch, silence=silence),
                call=SimpleNamespace(estimated_input_tokens=5, stream=False),
                others_remain=lambda _: others,
            ),
        )
        step = SimpleNamespace(key=KEY, candidate=None)
        self.attempt = cast("Attempt", SimpleNamespace(opened_at=opened_at, started_at=0.0, step=step))


def test_it_is_looked_after_before_its_limit() -> None:
    scene = Scene(5.0)
    assert look_at(scene.progress, scene.attempt, 100.0) == 5.0 + LOOK_SECONDS
    assert look_at(scene.progress, scene.attempt, 5.5) == 5.5


def test_one_that_answers_is_left_alone() -> None:
    scene = Scene(60.0, opened_at=1.0)
    assert look_at(scene.progress, scene.attempt, 100.0) == 100.0
    assert why_given_up(scene.progress, scene.attempt) is None


def test_where_nobody_hears_anything_it_is_given_up() -> None:
    scene = Scene(60.0)
    fault = why_given_up(scene.progress, scene.attempt)
    assert fault is not None
    assert (fault.kind, fault.code) == (FaultKind.STALL, "silence")


@pytest.mark.parametrize("scene", [Scene(1.0), Scene(60.0, usual=None), Scene(60.0, others=False)])
def test_it_is_waited_for_where_it_is_early_unknown_or_nobody_else_is_there(scene: Scene) -> None:
    assert why_given_up(scene.progress, scene.attempt) is None
