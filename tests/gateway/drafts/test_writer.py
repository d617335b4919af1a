from collections.abc import Callable
from threading import Event

import pytest

from mainstay.gateway.drafts.writer import Done, Writer
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, ManualLoop


def ignore() -> None:
    pass


class Scene:
    def __init__(self) -> None:
        self.loop = ManualLoop()
        self.told: list[str] = []
        self.did: list[str] = []
        self.now = 0.0
        self.writer = Writer(self.loop, lambda: self.did.append("settled"), self.told.append, clock=lambda: self.now)

    def task(self, name: str) -> Callable[[], Done]:
        def run() -> Done:
            self.did.append(name)
            return lambda: self.did.append(f"{name} told")

        return run


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_gathered_is_done_in_order_settled_once_and_told_after_that(scene: Scene) -> None:
    scene.writer.put(scene.task("one"))
    scene.writer.put(scene.task("two"), scene.task("three"))
    scene.writer.start()
    scene.loop.until(lambda: "three told" in scene.did)
    assert scene.did == ["one", "two", "three", "settled", "one told", "two told", "three told"]
    assert scene.writer.close(PATIENCE_SECONDS)


def test_closing_finishes_what_was_put(scene: Scene) -> None:
    scene.writer.start()
    scene.writer.put(*[scene.task(str(number)) for number in range(2_000)])
    assert scene.writer.close(PATIENCE_SECONDS)
    assert sum(name.isdigit() for name in scene.did) == 2_000


def test_a_writer_that_was_never_started_closes(scene: Scene) -> None:
    assert scene.writer.close(0.0)


def test_a_hanging_disk_is_noticed_and_not_waited_for(scene: Scene) -> None:
    entered, go_on = Event(), Event()

    def hang() -> Done:
        entered.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return ignore

    scene.writer.start()
    scene.writer.put(hang)
    assert entered.wait(PATIENCE_SECONDS)
    scene.now = 7.0
    assert scene.writer.busy_seconds == 7.0
    assert not scene.writer.close(0.0)
    go_on.set()
    assert scene.writer.close(PATIENCE_SECONDS)
    assert scene.writer.busy_seconds == 0.0


def test_a_defect_ends_neither_the_thread_nor_the_others(scene: Scene) -> None:
    def broken() -> Done:
        raise LookupError("oh")

    def breaks_when_told() -> None:
        raise LookupError("oh")

    def breaks_later() -> Done:
        return breaks_when_told

    scene.writer.put(broken, breaks_later, scene.task("one"))
    scene.writer.start()
    scene.loop.until(lambda: "one told" in scene.did)
    assert scene.told == ["drafts: a defect of ours: LookupError: oh"] * 2
    assert scene.writer.close(PATIENCE_SECONDS)


def test_a_question_is_answered_and_a_defect_answers_otherwise(scene: Scene) -> None:
    def broken() -> int:
        raise LookupError("oh")

    answers: list[int | str] = []
    scene.writer.ask(lambda: 7, answers.append, "nothing")
    scene.writer.ask(broken, answers.append, "nothing")
    scene.writer.start()
    scene.loop.until(lambda: len(answers) == 2)
    assert answers == [7, "nothing"]
    assert scene.writer.close(PATIENCE_SECONDS)


def test_a_defect_while_settling_is_told(scene: Scene) -> None:
    def broken() -> None:
        raise LookupError("oh")

    writer = Writer(scene.loop, broken, scene.told.append)
    writer.put(scene.task("one"))
    writer.start()
    scene.loop.until(lambda: "one told" in scene.did)
    assert writer.close(PATIENCE_SECONDS)
    assert scene.told == ["drafts: a defect of ours: LookupError: oh"]


def test_a_closed_event_loop_does_not_keep_work_from_being_done(scene: Scene) -> None:
    scene.loop.closed = True
    scene.writer.start()
    scene.writer.put(scene.task("one"))
    assert scene.writer.close(PATIENCE_SECONDS)
    assert scene.did == ["one", "settled"]
