"""What a store tells others: a copy of what it writes, and which files are its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.links import link_name
from mainstay.gateway.drafts.lock import holder
from mainstay.gateway.drafts.seal import FRAMES_AT, STATE_AT
from mainstay.gateway.drafts.siblings import drafts_folder
from mainstay.gateway.drafts.wishes import WISHES_FOLDER, Wish, WishKind
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, World, event, events, opening


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def world(tmp_path: Path, cloud: Cloud) -> Iterator[World]:
    made = World(tmp_path / "state", cloud=cloud)
    made.store.start()
    yield made
    made.store.close(PATIENCE_SECONDS)


def passes(world: World) -> None:
    world.loop.pass_seconds(0.25)
    world.settle()
    world.loop.pass_seconds(0.25)


def copy(cloud: Cloud) -> bytes | None:
    return cloud.strings.get(b"mainstay:draft:ex_1")


def test_the_copy_is_the_file(world: World, cloud: Cloud) -> None:
    draft = world.store.open(opening())
    for number in range(5):
        draft.delivered(event(number))
        passes(world)
        assert copy(cloud) == world.files()[0].read_bytes()
    draft.ended("answered", 1.0)
    passes(world)
    file, made = world.files()[0].read_bytes(), copy(cloud)
    assert made is not None
    assert made[FRAMES_AT:] == file[FRAMES_AT:]
    assert made[:STATE_AT] == file[:STATE_AT]


def test_it_is_off_the_way_of_the_exchange(world: World, cloud: Cloud) -> None:
    cloud.paused = True
    draft = world.store.open(opening(durable=True))
    told: list[bool] = []
    draft.delivered(event(1), written=told.append)
    world.settle()
    assert (told, cloud.calls) == ([True], ["EVAL"]), "but for the heartbeat at the start"


def test_what_is_taken_up_again_is_copied_anew(world: World, cloud: Cloud) -> None:
    draft = world.store.open(opening())
    draft.delivered(events(0, 3))
    draft.ended("left", 1.0)
    world.settle()
    cloud.strings.clear()
    again = world.store.resume(world.kept(), 2.0)
    again.delivered(event(3))
    passes(world)
    assert copy(cloud) == world.files()[0].read_bytes()


def test_a_deleted_draft_and_a_lost_one_have_no_copy(world: World, cloud: Cloud) -> None:
    draft = world.store.open(opening())
    draft.delivered(event(1))
    passes(world)
    world.delete()
    passes(world)
    assert copy(cloud) is None
    other = world.store.open(opening("ex_2"))
    passes(world)
    assert b"mainstay:draft:ex_2" in cloud.strings
    other.lose()
    passes(world)
    passes(world)
    assert b"mainstay:draft:ex_2" not in cloud.strings


def test_responses_are_found_by_others(world: World, cloud: Cloud) -> None:
    draft = world.store.open(opening())
    world.store.link("resp_1", draft)
    passes(world)
    assert cloud.strings[f"mainstay:response:{link_name('resp_1')}".encode()] == b"ex_1"


def test_the_folder_says_whose_it_is(world: World) -> None:
    assert holder(world.folder) == world.store.owner.token
    before = world.store.owner
    world.restart()
    assert world.store.owner.node == before.node
    assert world.store.owner.token != before.token


def test_wishes_are_heard_while_something_runs(world: World) -> None:
    heard: list[Wish] = []
    world.store.on_wish = heard.append
    world.store.open(opening())
    (world.folder / WISHES_FOLDER).mkdir()
    (world.folder / WISHES_FOLDER / "ex_1.cancel").touch()
    passes(world)
    assert heard == [Wish(WishKind.CANCEL, "ex_1")]


def test_a_draft_that_was_moved_away_is_not_counted(world: World) -> None:
    draft = world.store.open(opening())
    draft.ended("left", 1.0)
    world.settle()
    world.files()[0].rename(world.state / "elsewhere")
    assert world.load() == Missing(Reason.UNKNOWN)
    assert world.store.status().kept == 0


def test_what_comes_from_elsewhere_is_counted_and_can_be_gone_on_with(world: World) -> None:
    draft = world.store.open(opening())
    draft.delivered(events(0, 3))
    draft.ended("left", 1.0)
    world.settle()
    data = world.files()[0].read_bytes()
    other = World(world.state, worker=1)
    other.store._key = world.store.key()
    other.store.start()
    other.store.ask(lambda: other.store.bring("ex_1", data), lambda _: None, None)
    assert other.kept().data == events(0, 3)
    assert (other.store.status().kept, other.store.status().bytes_kept) == (1, len(data))
    assert other.files()[0].parent.parent == drafts_folder(world.state, 1)
    again = other.store.resume(other.kept(), 2.0)
    again.delivered(event(3))
    again.ended("answered", 3.0)
    other.settle()
    assert other.kept().data == events(0, 4)
    assert other.store.close(PATIENCE_SECONDS)


def test_the_status_tells_of_copies(world: World) -> None:
    world.store.open(opening())
    passes(world)
    status = world.store.status().mirror
    assert status is not None
    assert (status.copies, status.bytes_copied > 0) == (1, True)
