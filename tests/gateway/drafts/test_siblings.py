import errno
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.far_reading import FarReading
from mainstay.gateway.drafts.siblings import Siblings, Sighting, drafts_folder
from mainstay.gateway.drafts.wishes import Wish, WishKind, take_wishes
from tests.gateway.drafts.conftest import KEY, PATIENCE_SECONDS, FussyDisk, World, events, opening

UNKNOWN = Missing(Reason.UNKNOWN)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Worker 0."""
    made = World(tmp_path)
    made.store.start()
    yield made
    made.store.close(PATIENCE_SECONDS)


@pytest.fixture
def siblings(world: World) -> Siblings:
    """As worker 2 sees them."""
    return Siblings(drafts_folder(world.state, 2), Disk())


def written(world: World, *, ends: bool = False, exchange_id: str = "ex_1") -> None:
    draft = world.store.open(msgspec.structs.replace(opening(exchange_id), owner=world.store.owner.token))
    draft.delivered(events(1, 4))
    if ends:
        draft.ended("left", 1.0)
    draft.flush()
    world.settle()


def reading(world: World, exchange_id: str = "ex_1") -> FarReading:
    return FarReading(exchange_id, world.store.key())


def seen(siblings: Siblings, world: World) -> Sighting:
    found = siblings.look(reading(world))
    assert isinstance(found, Sighting)
    return found


def test_each_worker_has_a_folder_beside_the_others(tmp_path: Path) -> None:
    assert [drafts_folder(tmp_path, worker).name for worker in (0, 1, 12)] == ["drafts", "drafts-1", "drafts-12"]


def test_what_another_worker_writes_is_seen_and_read_on(world: World, siblings: Siblings) -> None:
    written(world)
    one = reading(world)
    found = siblings.look(one)
    assert isinstance(found, Sighting)
    assert (found.is_written, one.take_delivered()) == (True, events(1, 4))
    draft = world.store.running("ex_1")
    assert draft is not None
    draft.delivered(events(4, 6))
    draft.flush()
    world.settle()
    assert isinstance(siblings.look(one), Sighting)
    assert one.take_delivered() == events(4, 6)


def test_what_has_ended_or_whose_process_is_gone_is_written_by_nobody(world: World, siblings: Siblings) -> None:
    written(world)
    world.die()
    assert not seen(siblings, world).is_written
    world.be_born()
    assert not seen(siblings, world).is_written, "another life of the same worker"


def test_what_nobody_has_is_unknown(world: World, siblings: Siblings) -> None:
    written(world, exchange_id="ex_other")
    assert siblings.look(reading(world)) == UNKNOWN
    assert Siblings(world.state / "nowhere" / "drafts", Disk()).look(reading(world)) == UNKNOWN


def test_other_folders_are_not_looked_into(world: World, siblings: Siblings) -> None:
    written(world)
    world.folder.rename(world.state / "drafts-old")
    assert siblings.look(reading(world)) == UNKNOWN
    (world.state / "drafts-old").rename(world.folder)


def test_a_disk_that_does_not_give_it_is_no_reason_to_call_it_unknown(world: World) -> None:
    written(world)
    disk = FussyDisk()
    disk.refuses_to_read = errno.EIO
    assert Siblings(drafts_folder(world.state, 2), disk).look(reading(world)) == Missing(Reason.UNREADABLE)


def test_what_nobody_writes_is_moved_once(world: World, siblings: Siblings) -> None:
    written(world, ends=True)
    found, key = seen(siblings, world), world.store.key()
    path = siblings.take("ex_1", found, key)
    assert path is not None
    assert (path.exists(), found.path.exists()) == (True, False)
    assert siblings.take("ex_1", found, key) is None
    assert siblings.look(reading(world)) == UNKNOWN


def test_what_somebody_writes_is_not_moved(world: World, siblings: Siblings) -> None:
    written(world)
    found, key = seen(siblings, world), world.store.key()
    assert siblings.take("ex_1", found, key) is None
    assert not siblings.remove("ex_1", found, key)
    assert found.path.exists()


def test_what_nobody_writes_is_removed(world: World, siblings: Siblings) -> None:
    written(world, ends=True)
    assert siblings.remove("ex_1", seen(siblings, world), world.store.key())
    assert world.files() == []
    assert world.load() == UNKNOWN
    assert world.store.status().kept == 0


def test_a_response_is_found_by_its_link(world: World, siblings: Siblings) -> None:
    written(world)
    draft = world.store.running("ex_1")
    assert draft is not None
    world.store.link("resp_1", draft)
    world.settle()
    assert siblings.find_response("resp_1") == "ex_1"
    assert siblings.find_response("resp_2") is None


def test_a_link_that_leads_out_of_the_folder_leads_nowhere(world: World, siblings: Siblings) -> None:
    written(world)
    draft = world.store.running("ex_1")
    assert draft is not None
    world.store.link("resp_1", draft)
    world.settle()
    (link,) = (world.folder / "responses").iterdir()
    link.write_text("../../etc/passwd")
    assert siblings.find_response("resp_1") is None


def test_a_wish_reaches_its_worker_once(world: World, siblings: Siblings) -> None:
    written(world)
    for _ in range(2):
        siblings.wish(WishKind.CANCEL, "ex_1", seen(siblings, world))
    assert take_wishes(world.folder, Disk()) == (Wish(WishKind.CANCEL, "ex_1"),)
    assert take_wishes(world.folder, Disk()) == ()


def test_who_lives_is_known(world: World, siblings: Siblings) -> None:
    token = world.store.owner.token
    assert (siblings.lives(token), siblings.lives("another")) == (True, False)
    world.die()
    assert not siblings.lives(token)
    assert siblings.look(FarReading("ex_1", KEY)) == UNKNOWN
    world.be_born()
