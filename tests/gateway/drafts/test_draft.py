from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.draft import Draft, Written
from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import BEGUN, DELIVERED, ENDED, OPENING, PICKED_UP, REPLIED, Beyond, Entry
from mainstay.gateway.drafts.follower import Follower, Stretch
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.owner import Owner
from mainstay.model.http import Reply
from tests.gateway.drafts.conftest import event, events, opening

SMALL = DraftLimits(batch_bytes=100, memory_bytes_max=1_000, exchange_bytes_max=5_000, held_bytes_max=50_000)


class ToyDesk:
    def __init__(self, limits: DraftLimits) -> None:
        self.limits = limits
        self.owner = Owner("here/0", "me")
        self.due_count = 0
        self.entries: list[Entry] = []
        self.written: list[Written] = []
        self.takes = True
        self.given_up: list[Draft] = []
        self.is_over: list[Draft] = []
        self.bytes_held = 0

    def due(self, draft: Draft) -> None:
        self.due_count += 1

    def append(self, draft: Draft, entries: Sequence[Entry], written: Sequence[Written]) -> bool:
        if self.takes:
            self.entries += entries
            self.written += written
        return self.takes

    def give_up(self, draft: Draft) -> None:
        self.given_up.append(draft)

    def over(self, draft: Draft) -> None:
        self.is_over.append(draft)

    def read(self, draft: Draft, position: int, done: Stretch) -> None:
        raise AssertionError

    def held(self, bytes_more: int) -> bool:
        self.bytes_held += bytes_more
        return self.bytes_held > self.limits.held_bytes_max

    @property
    def kinds(self) -> list[int]:
        return [kind for kind, _ in self.entries]


@pytest.fixture
def desk() -> ToyDesk:
    return ToyDesk(SMALL)


def a_draft(desk: ToyDesk, *, durable: bool = False, written: Written | None = None) -> Draft:
    draft = Draft(desk, opening(durable=durable), DraftFile("ex_1", Path("ex_1"), durable=durable))
    draft.opened(written)
    return draft


def test_what_happens_is_written_down_in_order(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    draft.begun(200, ())
    draft.delivered(event(0))
    draft.delivered(event(1))
    draft.replied(Reply(200, (), b"{}"))
    draft.delivered(event(2))
    draft.ended("answered", 5.0)
    draft.flush()
    assert desk.kinds == [OPENING, BEGUN, DELIVERED, REPLIED, DELIVERED, ENDED]
    assert [content for kind, content in desk.entries if kind == DELIVERED] == [events(0, 2), event(2)]
    assert (draft.is_over, draft.outcome, draft.events) == (True, "answered", 3)


def test_a_usual_draft_lingers_until_there_is_enough_or_it_ends(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    draft.delivered(event(0))
    assert (desk.due_count, draft.has_fresh) == (0, True)
    for number in range(1, 10):
        draft.delivered(event(number))
    assert desk.due_count == 1
    draft.flush()
    assert not draft.has_fresh
    draft.ended("answered", 5.0)
    assert desk.due_count == 2


def test_a_durable_draft_is_due_at_once_and_once_per_turn(desk: ToyDesk) -> None:
    draft = a_draft(desk, durable=True)
    assert desk.due_count == 1
    draft.flush()
    draft.delivered(event(0))
    draft.delivered(event(1))
    assert desk.due_count == 2
    draft.flush()
    assert desk.entries[-1] == (DELIVERED, events(0, 2))


def test_who_wants_to_know_makes_it_due(desk: ToyDesk) -> None:
    told: list[bool] = []
    draft = a_draft(desk, written=told.append)
    assert desk.due_count == 1
    draft.flush()
    draft.delivered(event(0), written=told.append)
    assert desk.due_count == 2
    draft.flush()
    assert len(desk.written) == 2


def test_a_draft_without_room_is_lost_and_whoever_waits_hears_it(desk: ToyDesk) -> None:
    told: list[bool] = []
    draft = a_draft(desk)
    desk.takes = False
    draft.delivered(event(0), written=told.append)
    draft.flush()
    assert (told, draft.tail_lost, desk.given_up) == ([False], True, [draft])
    desk.takes = True
    draft.delivered(event(1), written=told.append)
    draft.flush()
    assert (told, desk.entries, desk.given_up) == ([False, False], [], [draft])
    assert draft.tail.size == 0
    draft.ended("answered", 5.0)
    draft.flush()
    assert desk.is_over == [draft]
    assert draft.events == 2


def test_a_stream_that_is_too_long_is_lost(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    draft.delivered(b"data: " + b"x" * 4_990 + b"\n\n")
    draft.flush()
    assert desk.given_up == []
    draft.delivered(event(0))
    draft.flush()
    assert draft.tail_lost
    assert desk.kinds == [OPENING, DELIVERED]


def test_a_reply_that_is_too_long_is_lost(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    draft.replied(Reply(200, (), b"x" * 5_001))
    draft.ended("answered", 5.0)
    draft.flush()
    assert (draft.tail_lost, desk.kinds) == (True, [])


def test_memory_is_bounded_once_the_file_has_it(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    for number in range(100):
        draft.delivered(event(number))
        draft.flush()
        draft.trim()
    assert draft.tail.size == len(events(0, 100))
    draft.file.stream_bytes = len(events(0, 90))
    draft.trim()
    assert 1_000 - len(event(0)) < draft.tail.size <= 1_000 + len(event(99))
    assert desk.bytes_held == draft.tail.size
    assert draft.events == 100


def test_memory_is_given_back_when_all_drafts_together_hold_too_much(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    draft.delivered(event(0))
    draft.flush()
    draft.file.stream_bytes = draft.tail.end
    draft.trim()
    assert draft.tail.size
    desk.bytes_held += 50_000
    draft.trim()
    assert draft.tail.size == 0


def following(draft: Draft, after: int, woken: list[str]) -> Follower:
    follower = draft.follow(after, lambda: woken.append("woken"))
    assert isinstance(follower, Follower)
    return follower


def test_followers_get_the_same_from_wherever_they_begin(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    woken: list[str] = []
    draft.delivered(events(0, 3))
    first, second = following(draft, 0, woken), following(draft, 2, woken)
    assert (first.pull(10_000), first.pull(10_000)) == (events(0, 3), None)
    assert (second.pull(10_000), second.pull(10_000)) == (event(2), None)
    draft.delivered(event(3))
    assert desk.due_count == 1
    draft.flush()
    assert woken == ["woken", "woken"]
    assert first.pull(10_000) == second.pull(10_000) == event(3)
    draft.ended("answered", 5.0)
    draft.flush()
    assert first.pull(10) == second.pull(10) == b""


def test_an_end_wakes_who_waits(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    woken: list[str] = []
    follower = following(draft, 0, woken)
    assert follower.pull(10) is None
    draft.ended("failed", 5.0)
    draft.flush()
    assert woken == ["woken"]
    assert follower.pull(10) == b""


def test_who_asks_for_too_much_hears_how_much_there_is(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    draft.delivered(events(0, 3) + b": comment\n\n")
    assert draft.follow(4, lambda: None) == Beyond(3)
    assert not isinstance(draft.follow(3, lambda: None), Beyond)


def test_a_draft_lingers_again_once_nobody_follows(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    follower = following(draft, 0, [])
    draft.delivered(event(0))
    draft.flush()
    follower.close()
    follower.close()
    draft.delivered(event(1))
    assert desk.due_count == 1


def test_a_lost_draft_still_feeds_those_who_keep_up(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    follower = following(draft, 0, [])
    draft.lose()
    for number in range(200):
        draft.delivered(event(number))
        draft.flush()
        assert follower.pull(10_000) == event(number)
    assert draft.tail.size <= 1_000 + len(event(200))


def test_a_draft_that_was_picked_up_goes_on_counting(desk: ToyDesk) -> None:
    draft = Draft(desk, msgspec.structs.replace(opening(), durable=True), DraftFile("ex_1", Path("x"), durable=True))
    draft.picked_up(events(0, 3), 7.0, None)
    draft.delivered(event(3))
    draft.flush()
    assert desk.kinds == [PICKED_UP, DELIVERED]
    assert draft.events == 4
    assert following(draft, 2, []).pull(10_000) is not None


def test_one_that_is_suspended_ends_for_its_followers_and_says_nothing_of_it_on_disk(desk: ToyDesk) -> None:
    draft = a_draft(desk)
    woken: list[str] = []
    draft.delivered(event(1))
    follower = following(draft, 0, woken)
    assert follower.pull(1_000) == event(1)
    assert follower.pull(1_000) is None
    draft.suspended()
    draft.flush()
    assert woken
    assert follower.pull(1_000) == b""
    assert ENDED not in [kind for kind, _ in desk.entries]
