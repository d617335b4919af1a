import errno
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.entries import Ended, Missing, Reason
from mainstay.gateway.drafts.follower import Follower
from mainstay.gateway.drafts.limits import USUAL_LIMITS, DraftLimits
from mainstay.gateway.drafts.tail import CHUNK_BYTES_MAX
from mainstay.ledger.errors import StateInUseError
from mainstay.model.http import Reply
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, SMALL, World, event, events, opening


def told_by(world: World, *, durable: bool) -> list[bool]:
    told: list[bool] = []
    world.store.open(opening(durable=durable), written=told.append)
    world.loop.until(lambda: bool(told))
    return told


def test_a_usual_exchange_is_kept_whole(world: World) -> None:
    draft = world.store.open(opening())
    draft.begun(200, (("content-type", "text/event-stream"),))
    draft.delivered(events(0, 3))
    assert world.store.running("ex_1") is draft
    draft.delivered(event(3))
    draft.ended("answered", 2_001.0)
    kept = world.kept()
    assert (kept.data, kept.events, kept.ended) == (events(0, 4), 4, Ended("answered", 2_001.0))
    assert (kept.opening, kept.complete) == (opening(), True)
    assert world.store.running("ex_1") is None
    status = world.store.status()
    assert (status.running, status.kept, status.dropped, status.trouble) == (0, 1, 0, None)
    assert (status.bytes_pending, status.bytes_held) == (0, 0)
    assert status.bytes_kept == world.files()[0].stat().st_size


def test_a_plain_answer_is_kept(world: World) -> None:
    draft = world.store.open(opening())
    reply = Reply(200, (("content-type", "application/json"),), b"{}")
    draft.replied(reply)
    draft.ended("answered", 2_001.0)
    kept = world.kept()
    assert (kept.replied, kept.complete) == (reply, True)


def test_what_is_loaded_includes_all_that_was_delivered_before(world: World) -> None:
    draft = world.store.open(opening())
    draft.delivered(event(0))
    kept = world.kept()
    assert (kept.data, kept.complete, kept.ended) == (event(0), False, None)


def test_what_lingers_goes_to_disk_by_itself(world: World) -> None:
    draft = world.store.open(opening())
    draft.delivered(event(0))
    world.loop.turn()
    assert world.files() == []
    world.loop.pass_seconds(USUAL_LIMITS.linger_seconds)
    world.settle()
    assert len(world.files()) == 1


def test_no_timer_but_the_sweep_runs_while_there_is_nothing_to_do(world: World) -> None:
    assert world.loop.timers == 1
    draft = world.store.open(opening())
    draft.ended("answered", 2_001.0)
    world.settle()
    world.loop.pass_seconds(1.0)
    assert world.loop.timers == 1
    assert world.store.running("ex_1") is None


def test_a_durable_opening_is_on_disk_with_its_folder_when_it_is_called_written(world: World) -> None:
    assert told_by(world, durable=True) == [True]
    (file,) = world.files()
    assert world.disk.synced == [file, file.parent]


def test_what_durable_work_delivers_is_in_its_file_when_called_written_and_synced_soon(world: World) -> None:
    told_by(world, durable=True)
    draft = world.store.running("ex_1")
    assert draft is not None
    told: list[bool] = []
    draft.delivered(event(0), written=told.append)
    world.loop.until(lambda: bool(told))
    size = world.files()[0].stat().st_size
    assert (told, draft.file.stream_bytes, draft.file.size) == ([True], len(event(0)), size)
    synced = len(world.disk.synced)
    for _ in range(4):
        world.loop.pass_seconds(USUAL_LIMITS.linger_seconds)
    world.settle()
    assert world.disk.synced[synced:] == [world.files()[0]]


@pytest.mark.parametrize("exchange_id", ["", "../ex_1", "ex_running"])
def test_a_draft_needs_an_id_of_its_own(world: World, exchange_id: str) -> None:
    world.store.open(opening("ex_running"))
    with pytest.raises(ValueError, match="no id for a new draft"):
        world.store.open(opening(exchange_id))


def test_a_full_disk_refuses_durable_work_and_drops_the_usual(world: World) -> None:
    world.disk.refuses = errno.ENOSPC
    assert told_by(world, durable=True) == [False]
    assert world.store.trouble is not None
    assert "No space left" in world.store.trouble
    draft = world.store.open(opening("ex_2"))
    draft.delivered(event(0))
    draft.ended("answered", 2_001.0)
    world.settle()
    assert draft.tail_lost
    assert world.load("ex_2") == Missing(Reason.UNKNOWN)
    assert world.store.status().dropped == 2
    world.disk.refuses = 0
    world.store.open(opening("ex_3"))
    assert world.kept("ex_3").opening == opening("ex_3")
    assert world.store.trouble is None


def test_a_disk_that_fails_in_the_middle_tells_who_waits_and_nobody_may_resume(world: World) -> None:
    told_by(world, durable=True)
    draft = world.store.running("ex_1")
    assert draft is not None
    world.disk.refuses = errno.ENOSPC
    told: list[bool] = []
    draft.delivered(event(0), written=told.append)
    world.loop.until(lambda: bool(told))
    assert (told, draft.tail_lost) == ([False], True)
    draft.delivered(event(1), written=told.append)
    world.loop.until(lambda: len(told) == 2)
    draft.ended("answered", 2_001.0)
    world.loop.turn()
    assert (told, world.store.running("ex_1")) == ([False, False], None)
    kept = world.kept()
    assert kept.tail_lost
    with pytest.raises(ValueError, match="cannot be resumed"):
        world.store.resume(kept, 3_000.0)


def test_what_waits_for_a_hanging_disk_is_bounded(small: World) -> None:
    with small.disk_hanging():
        first = small.store.open(opening())
        small.loop.pass_seconds(1.0)
        assert small.disk.entered.wait(PATIENCE_SECONDS)
        others = [small.store.open(opening(f"ex_more{number}", body=b"x" * 150_000)) for number in range(4)]
        small.loop.pass_seconds(1.0)
        assert [draft.tail_lost for draft in (first, *others)] == [False, False, False, True, True]
        assert 300_000 < small.store.status().bytes_pending <= SMALL.pending_bytes_max
    small.settle()
    assert small.store.status().bytes_pending == 0
    assert small.store.status().dropped == 2


def test_too_long_an_exchange_is_not_resumable(small: World) -> None:
    draft = small.store.open(opening())
    for _ in range(5):
        draft.delivered(event(0) * 1_500)
        small.settle()
    draft.ended("answered", 2_001.0)
    kept = small.kept()
    assert kept.tail_lost
    assert not kept.complete
    assert len(kept.data) <= SMALL.exchange_bytes_max
    assert small.store.running("ex_1") is None


def test_a_durable_draft_is_picked_up_by_the_next_process(world: World) -> None:
    for name, at in (("ex_b", 1_000.0), ("ex_a", 1_500.0)):
        draft = world.store.open(opening(name, durable=True, at=at))
        draft.begun(200, ())
        draft.delivered(events(0, 3))
    world.store.open(opening("ex_usual")).delivered(event(0))
    world.store.open(opening("ex_done", durable=True)).ended("answered", 2_000.0)
    world.restart()
    assert world.unfinished() == ("ex_b", "ex_a")
    kept = world.kept("ex_b")
    told: list[bool] = []
    draft = world.store.resume(kept, 3_000.0, written=told.append)
    with pytest.raises(ValueError, match="cannot be resumed"):
        world.store.resume(kept, 3_000.0)
    assert draft.events == 3
    follower = draft.follow(1, lambda: None)
    assert isinstance(follower, Follower)
    assert follower.pull(1_000_000) == events(1, 3)
    draft.delivered(event(3))
    draft.ended("answered", 3_001.0)
    world.loop.until(lambda: bool(told))
    after = world.kept("ex_b")
    assert (told, after.data, after.picked_up, after.complete) == ([True], events(0, 4), (3_000.0,), True)
    assert world.unfinished() == ("ex_a",)


def test_what_is_picked_up_is_not_all_held_in_memory(small: World) -> None:
    small.store.open(opening(durable=True)).delivered(events(0, 5_000))
    small.restart()
    kept = small.kept()
    draft = small.store.resume(kept, 3_000.0)
    assert small.store.status().bytes_held == draft.tail.size <= SMALL.memory_bytes_max + CHUNK_BYTES_MAX
    assert len(kept.data) > 2 * CHUNK_BYTES_MAX
    assert draft.events == 5_000


def test_a_draft_that_ended_too_early_is_gone_on_with_and_survives_a_crash_again(world: World) -> None:
    draft = world.store.open(opening(durable=True))
    draft.delivered(event(0))
    draft.ended("failed", 2_001.0)
    draft = world.store.resume(world.kept(), 3_000.0)
    draft.delivered(event(1))
    kept = world.kept()
    assert (kept.data, kept.ended, kept.complete, kept.picked_up) == (events(0, 2), None, False, (3_000.0,))
    world.restart()
    assert world.unfinished() == ("ex_1",)
    draft = world.store.resume(world.kept(), 4_000.0)
    draft.ended("answered", 4_001.0)
    kept = world.kept()
    assert (kept.ended, kept.picked_up) == (Ended("answered", 4_001.0), (3_000.0, 4_000.0))
    world.restart()
    assert world.unfinished() == ()


def test_a_draft_is_gone_on_with_once_at_a_time(world: World) -> None:
    world.store.open(opening()).ended("left", 2_001.0)
    kept, same = world.kept(), world.kept()
    told: list[bool] = []
    first = world.store.resume(kept, 3_000.0, written=told.append)
    with pytest.raises(ValueError, match="cannot be resumed"):
        world.store.resume(same, 3_000.0)
    world.loop.until(lambda: bool(told))
    assert (told, first.tail_lost) == ([True], False)


def test_a_draft_that_vanished_cannot_be_resumed(world: World) -> None:
    world.store.open(opening(durable=True))
    world.restart()
    kept = world.kept()
    assert world.delete("ex_1")
    told: list[bool] = []
    draft = world.store.resume(kept, 3_000.0, written=told.append)
    world.loop.until(lambda: bool(told))
    assert (told, draft.tail_lost) == ([False], True)


def test_a_response_is_found_by_its_id_also_after_a_restart(world: World) -> None:
    draft = world.store.open(opening())
    world.store.link("resp_1", draft)
    assert world.find_response("resp_1") == "ex_1"
    world.restart()
    assert world.find_response("resp_1") == "ex_1"
    assert world.find_response("resp_2") is None
    assert world.delete("ex_1")
    assert not world.delete("ex_1")
    assert world.find_response("resp_1") is None


def test_a_response_that_the_opening_names_is_linked_when_that_is_written(world: World) -> None:
    told: list[bool] = []
    named = msgspec.structs.replace(opening(durable=True), response_id="resp_1")
    world.store.open(named, written=told.append)
    world.loop.until(lambda: bool(told))
    assert [path.read_bytes() for path in (world.folder / "responses").iterdir()] == [b"ex_1"]
    assert world.find_response("resp_1") == "ex_1"


def test_a_hanging_disk_is_told(tmp_path: Path) -> None:
    world = World(tmp_path / "state", DraftLimits(disk_patience_seconds=0.0))
    world.store.start()
    with world.disk_hanging():
        world.store.open(opening(durable=True))
        world.loop.turn()
        assert world.disk.entered.wait(PATIENCE_SECONDS)
        assert "the disk has not answered for" in (world.store.trouble or "")
    world.settle()
    assert world.store.close(PATIENCE_SECONDS)


def test_a_follower_with_a_defect_keeps_nobody_else_from_being_kept(world: World) -> None:
    def broken() -> None:
        raise LookupError("oh")

    draft = world.store.open(opening())
    follower = draft.follow(0, broken)
    assert isinstance(follower, Follower)
    assert follower.pull(10) is None
    draft.delivered(event(0))
    other = world.store.open(opening("ex_2", durable=True))
    other.delivered(event(0))
    world.loop.turn()
    assert world.told == ["drafts: a defect of ours: LookupError: oh"]
    assert world.kept("ex_2").events == 1


def test_a_deleted_draft_is_not_kept_any_more_while_it_runs_on(world: World) -> None:
    draft = world.store.open(opening())
    assert world.delete("ex_1")
    draft.delivered(event(0))
    draft.ended("answered", 2_001.0)
    world.settle()
    assert (world.load(), world.store.running("ex_1"), world.files()) == (Missing(Reason.UNKNOWN), None, [])


def test_old_drafts_are_swept_every_minute(world: World) -> None:
    world.store.open(opening()).ended("answered", 2_001.0)
    world.settle()
    world.now += USUAL_LIMITS.keep_seconds
    world.loop.pass_seconds(USUAL_LIMITS.sweep_seconds)
    assert world.kept().complete
    world.now += 1.0
    world.loop.pass_seconds(USUAL_LIMITS.sweep_seconds)
    assert world.load() == Missing(Reason.UNKNOWN)


def test_two_processes_do_not_share_drafts(world: World) -> None:
    with pytest.raises(StateInUseError):
        world.new_store().start()
    assert world.store.close()
    world.store = world.new_store()
    world.store.start()


def test_an_unusable_key_keeps_the_store_from_starting_and_leaves_the_lock(world: World) -> None:
    assert world.store.close()
    key = world.state / "keys" / "drafts.key"
    content = key.read_bytes()
    key.write_bytes(b"short")
    with pytest.raises(OSError, match="not a key"):
        world.new_store().start()
    key.write_bytes(content)
    world.store = world.new_store()
    world.store.start()


def test_a_lost_key_makes_old_drafts_unreadable_and_is_told_once(world: World) -> None:
    world.store.open(opening()).ended("answered", 2_001.0)
    world.settle()
    assert world.store.close()
    (world.state / "keys" / "drafts.key").unlink()
    world.store = world.new_store()
    world.store.start()
    assert world.load() == Missing(Reason.KEY)
    assert world.store.status().unreadable == 1
    assert [line for line in world.told if "key has changed" in line] == world.told


def test_after_closing_everything_is_answered_and_nothing_is_kept(world: World) -> None:
    draft = world.store.open(opening())
    assert world.store.close()
    assert world.store.close()
    told: list[bool] = []
    draft.delivered(event(0), written=told.append)
    world.loop.turn()
    assert told == [False]
    assert world.load() == Missing(Reason.UNREADABLE)
    assert world.unfinished() == ()


def test_nothing_of_a_request_or_an_answer_stands_in_the_files(world: World) -> None:
    draft = world.store.open(opening(body=b'{"secret":"of the caller"}'))
    draft.delivered(b'data: {"secret":"of the model"}\n\n')
    world.store.link("resp_1", draft)
    draft.ended("answered", 2_001.0)
    world.settle()
    written = b"".join([path.read_bytes() for path in world.folder.rglob("*") if path.is_file()])
    assert b"secret" not in written
    assert b"resp_1" not in written
    assert world.files()[0].stat().st_mode & 0o077 == 0
    assert world.folder.stat().st_mode & 0o077 == 0
