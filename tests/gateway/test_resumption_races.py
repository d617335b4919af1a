"""Callers who come back at the same time, and work that an earlier process left unfinished."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway import resumption
from mainstay.gateway.kept_caller import CANCELLED
from mainstay.gateway.resumption import PICK_UPS_MAX
from tests.gateway.kept_rig import KeptRig, interrupted, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import YAML, snapshot
from tests.gateway.talk import ENDING, OPENING, said, text_of

AT_ONCE = 2


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path / "state")


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumption, "PICK_UPS_AT_ONCE", AT_ONCE)


def ask(rig: KeptRig, after: int = 0) -> Listener:
    """Somebody comes back, and nobody has heard of the disk yet."""
    caller = Listener()
    rig.resumption.stream("ex_1", after, caller, caller.refuse)
    return caller


def leave_unfinished(rig: KeptRig, count: int) -> None:
    """Durable work of a process that died; each exchange a second after the other."""
    for _ in range(count):
        rig.start(rig.job(workload="must"))
        rig.streams(OPENING, said("Hello "))
        rig.clock.advance(1.0)
    rig.die()


def pick_up(rig: KeptRig) -> None:
    rig.resumption.pick_up()
    rig.settle()


def running(rig: KeptRig, count: int) -> list[str]:
    return [f"ex_{number}" for number in range(1, count + 1) if rig.runs.get(f"ex_{number}") is not None]


# -- at the same time


def test_two_who_come_back_while_the_draft_is_read_share_one_revival(rig: KeptRig) -> None:
    interrupted(rig)
    first, second = ask(rig), ask(rig, 2)
    rig.settle()
    assert (len(rig.attempts), rig.running) == (1, 1)
    rig.streams(OPENING, said(" world."), ENDING)
    assert text_of(first.body) == "Hello world."
    assert first.body.endswith(second.body)
    assert second.body.startswith(said("Hello "))
    assert [first.end, second.end] == ["finish", "finish"]
    assert len(rig.kept().picked_up) == 1


def test_one_who_leaves_while_the_draft_is_read_ends_what_it_alone_asked_for(rig: KeptRig) -> None:
    interrupted(rig)
    caller = ask(rig)
    caller.leave()
    rig.settle()
    assert (caller.begun, caller.body) == (0, b"")
    assert (rig.running, rig.outcome()) == (0, "left")


def test_one_who_comes_back_beside_another_who_leaves_at_once_is_served(rig: KeptRig) -> None:
    interrupted(rig)
    first, second = ask(rig), ask(rig)
    first.leaves_when_sent = True
    rig.settle()
    assert second.faults == []
    assert text_of(second.body) == "Hello "


def test_who_asks_for_an_event_too_many_does_not_end_what_others_follow(rig: KeptRig) -> None:
    interrupted(rig)
    first, second = ask(rig), ask(rig, 99)
    rig.settle()
    assert second.refusal == (400, "after_beyond_end")
    rig.streams(OPENING, said(" world."), ENDING)
    assert first.end == "finish"


def test_cancelled_twice_is_cancelled_once(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.streams(OPENING, said("Hello "))
    run = rig.run()
    run.caller.cancel(CANCELLED)
    run.caller.cancel("again")
    rig.settle()
    assert (rig.outcome(), rig.running, rig.attempt.cancelled) == ("cancelled", 0, True)
    assert [record.outcome for record in rig.exchanges] == ["left"]


def test_what_is_deleted_while_it_is_followed_is_followed_to_the_end(rig: KeptRig) -> None:
    rig.start(rig.job(workload="must"))
    rig.streams(OPENING, said("Hello "))
    follower = rig.come_back()
    assert rig.world.delete()
    rig.goes_on(said("world."), ENDING)
    assert (text_of(follower.body), follower.end) == ("Hello world.", "finish")
    rig.closes()
    assert rig.come_back().refusal == (404, "exchange_not_found")


# -- what an earlier process left unfinished


def test_unfinished_durable_work_is_picked_up(rig: KeptRig) -> None:
    leave_unfinished(rig, 1)
    pick_up(rig)
    rig.streams(OPENING, said(" world."), ENDING)
    rig.closes()
    assert (rig.outcome(), text_of(rig.kept().data), rig.running) == ("answered", "Hello world.", 0)
    caller = rig.come_back()
    assert (caller.body, caller.end) == (rig.kept().data, "finish")


def test_what_is_not_durable_is_not(rig: KeptRig) -> None:
    rig.start()
    rig.streams(OPENING, said("Hello "))
    rig.die()
    pick_up(rig)
    assert (rig.attempts, rig.running) == ([], 0)


@pytest.mark.parametrize("how", ["answered", "cancelled"])
def test_what_is_over_is_not(rig: KeptRig, how: str) -> None:
    rig.start(rig.job(workload="must"))
    if how == "answered":
        rig.streams(OPENING, said("Hello "), ENDING)
        rig.closes()
    else:
        rig.run().caller.cancel(CANCELLED)
    rig.die()
    pick_up(rig)
    assert (rig.attempts, rig.running) == ([], 0)


def test_what_a_caller_took_up_before_is_left_to_it(rig: KeptRig) -> None:
    leave_unfinished(rig, 1)
    rig.resumption.pick_up()
    caller = ask(rig)
    rig.settle()
    assert (len(rig.attempts), rig.running, caller.end) == (1, 1, "")
    assert len(rig.kept().picked_up) == 1


@pytest.mark.usefixtures("two_at_once")
def test_only_so_much_is_picked_up_at_once_the_oldest_first(rig: KeptRig) -> None:
    leave_unfinished(rig, 5)
    pick_up(rig)
    assert running(rig, 5) == ["ex_1", "ex_2"]
    for expected in (["ex_1", "ex_3"], ["ex_1", "ex_4"], ["ex_1", "ex_5"], ["ex_1"]):
        newest = rig.attempt
        rig.streams(OPENING, said(" world."), ENDING)
        rig.closes(newest)
        assert running(rig, 5) == expected
    assert len(rig.attempts) == 5


@pytest.mark.usefixtures("two_at_once")
def test_what_cannot_be_picked_up_makes_room_for_the_next(rig: KeptRig) -> None:
    leave_unfinished(rig, 3)
    rig.start(rig.job(workload="must", model="both"))
    rig.die()
    rig.config = snapshot(YAML.replace("claude", "both"))
    pick_up(rig)
    assert running(rig, 4) == ["ex_4"]
    assert [rig.outcome(f"ex_{number}") for number in (1, 2, 3)] == ["", "", ""]


@pytest.mark.usefixtures("two_at_once")
def test_what_ends_badly_makes_room_for_the_next(rig: KeptRig) -> None:
    leave_unfinished(rig, 3)
    pick_up(rig)
    rig.run("ex_2").caller.cancel(CANCELLED)
    rig.settle()
    assert running(rig, 3) == ["ex_1", "ex_3"]


def test_what_brings_gateways_down_is_not_picked_up_for_ever(rig: KeptRig) -> None:
    leave_unfinished(rig, 1)
    for _ in range(PICK_UPS_MAX):
        pick_up(rig)
        assert running(rig, 1) == ["ex_1"]
        rig.die()
    pick_up(rig)
    assert (rig.attempts, rig.running) == ([], 0)
    assert rig.standing().state == "interrupted"
    rig.come_back()
    assert len(rig.attempts) == 1, "its caller may still go on with it"
