from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.follower import Follower, Stretch
from mainstay.gateway.drafts.tail import Place, Tail
from tests.gateway.drafts.conftest import event, events


class ToyDraft:
    """A draft whose file answers when told to."""

    def __init__(self) -> None:
        self.tail = Tail()
        self.is_over = False
        self.fresh: list[bytes] = []
        self.asked: list[tuple[int, Stretch]] = []
        self.gone: list[Follower] = []

    def gather(self) -> None:
        for data in self.fresh:
            self.tail.append(data)
        self.fresh.clear()

    def read(self, position: int, done: Stretch) -> None:
        self.asked.append((position, done))

    def unfollow(self, follower: Follower) -> None:
        self.gone.append(follower)


class Scene:
    def __init__(self, place: Place | None = None) -> None:
        self.draft = ToyDraft()
        self.woken = 0
        self.follower = Follower(self.draft, place or Place(0), self.wake)

    def wake(self) -> None:
        self.woken += 1

    def pulled(self, bytes_max: int = 1_000_000) -> bytes:
        found = b""
        while data := self.follower.pull(bytes_max):
            assert len(data) <= bytes_max
            found += data
        return found


def test_it_gives_what_was_delivered_then_waits_then_ends() -> None:
    scene = Scene()
    scene.draft.fresh.append(events(0, 5))
    assert scene.pulled(7) == events(0, 5)
    assert scene.follower.pull(7) is None
    scene.draft.fresh.append(event(5))
    scene.follower.wake()
    assert scene.woken == 1
    assert scene.pulled() == event(5)
    scene.draft.is_over = True
    assert scene.follower.pull(7) == b""
    assert scene.follower.failed is None


def test_only_who_waits_is_woken_and_once() -> None:
    scene = Scene()
    scene.follower.wake()
    assert scene.woken == 0
    assert scene.follower.pull(10) is None
    scene.follower.wake()
    scene.follower.wake()
    assert scene.woken == 1


def test_what_left_the_memory_comes_from_the_file_with_one_question_at_a_time() -> None:
    scene = Scene()
    for number in range(6):
        scene.draft.tail.append(event(number))
    scene.draft.tail.drop_until(len(events(0, 4)))
    assert scene.follower.pull(5) is None
    assert scene.follower.pull(5) is None
    ((position, done),) = scene.draft.asked
    assert position == 0
    done(events(0, 3))
    assert scene.woken == 1
    assert scene.pulled(5) == events(0, 3)
    position, done = scene.draft.asked[1]
    assert position == len(events(0, 3))
    done(event(3))
    assert scene.pulled(5) == events(4, 6).join([event(3), b""])
    assert len(scene.draft.asked) == 2


def test_it_begins_in_the_middle_of_a_stretch() -> None:
    scene = Scene(Place(0, 2))
    scene.draft.tail.append(events(0, 6))
    scene.draft.tail.drop_until(len(events(0, 6)))
    assert scene.follower.pull(5) is None
    scene.draft.asked[0][1](events(0, 1))
    assert scene.follower.pull(5) is None
    scene.draft.asked[1][1](events(1, 6))
    assert scene.pulled() == events(2, 6)


def test_a_file_that_fails_ends_it_and_says_so() -> None:
    scene = Scene()
    scene.draft.tail.append(event(0))
    scene.draft.tail.drop_until(len(event(0)))
    assert scene.follower.pull(5) is None
    scene.draft.asked[0][1](Missing(Reason.TAIL_LOST))
    assert scene.woken == 1
    assert scene.follower.pull(5) == b""
    assert scene.follower.failed == Missing(Reason.TAIL_LOST)


def test_an_end_does_not_overtake_what_is_being_read() -> None:
    scene = Scene()
    scene.draft.tail.append(event(0))
    scene.draft.tail.drop_until(len(event(0)))
    assert scene.follower.pull(5) is None
    scene.draft.is_over = True
    assert scene.follower.pull(5) is None
    scene.draft.asked[0][1](event(0))
    assert scene.pulled() == event(0)
    assert scene.follower.pull(5) == b""


def test_closing_tells_the_draft() -> None:
    scene = Scene()
    scene.follower.close()
    assert scene.draft.gone == [scene.follower]
