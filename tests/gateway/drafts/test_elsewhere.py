import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from mainstay.gateway.drafts.elsewhere import UNKNOWN, UNREADABLE, Copied, Elsewhere, Far, Seen
from mainstay.gateway.drafts.entries import Missing
from mainstay.gateway.drafts.mirror_store import ALIVE_SECONDS
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.siblings import Sighting
from mainstay.gateway.drafts.wishes import Wish, WishKind
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, World, events, opening

Told = TypeVar("Told")


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def living(world: World) -> Iterator[World]:
    world.store.start()
    yield world
    world.store.close(PATIENCE_SECONDS)


@pytest.fixture
def first(tmp_path: Path, cloud: Cloud) -> Iterator[World]:
    yield from living(World(tmp_path / "here", cloud=cloud))


@pytest.fixture
def second(tmp_path: Path, cloud: Cloud) -> Iterator[World]:
    """Another worker of the same gateway."""
    yield from living(World(tmp_path / "here", worker=1, cloud=cloud))


@pytest.fixture
def third(tmp_path: Path, cloud: Cloud) -> Iterator[World]:
    """Another gateway."""
    yield from living(World(tmp_path / "there", gateway="there", cloud=cloud))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """A gateway without replicas."""
    yield from living(World(tmp_path / "alone"))


def written(world: World, *, ends: str = "") -> None:
    draft = world.store.open(msgspec.structs.replace(opening(), owner=world.store.owner.token))
    draft.delivered(events(1, 4))
    if ends:
        draft.ended(ends, 1.0)
    draft.flush()
    world.settle()
    world.loop.pass_seconds(1.25)


def told(world: World, ask: Callable[[Elsewhere, Callable[[Told], None]], None]) -> Told:
    answers: list[Told] = []
    ask(world.store.elsewhere, answers.append)
    for _ in range(6):
        world.settle()
        world.loop.turn()
    (answer,) = answers
    return answer


def look(world: World) -> Seen | Missing:
    def ask(elsewhere: Elsewhere, done: Callable[[Seen | Missing], None]) -> None:
        elsewhere.look(elsewhere.new_reading("ex_1"), done)

    return told(world, ask)


def load(world: World) -> Far | Missing:
    def ask(elsewhere: Elsewhere, done: Callable[[Far | Missing], None]) -> None:
        elsewhere.load("ex_1", done)

    return told(world, ask)


def take(world: World, seen: Seen) -> bool:
    def ask(elsewhere: Elsewhere, done: Callable[[bool], None]) -> None:
        elsewhere.take("ex_1", seen, done)

    return told(world, ask)


def keep(world: World) -> bool:
    def ask(elsewhere: Elsewhere, done: Callable[[bool], None]) -> None:
        elsewhere.keep("ex_1", done)

    return told(world, ask)


def lives(world: World, owner: Owner) -> bool:
    def ask(elsewhere: Elsewhere, done: Callable[[bool], None]) -> None:
        elsewhere.lives(owner, done)

    return told(world, ask)


def wish(world: World, seen: Seen) -> bool:
    def ask(elsewhere: Elsewhere, done: Callable[[bool], None]) -> None:
        elsewhere.wish(WishKind.CANCEL, "ex_1", seen, done)

    return told(world, ask)


def remove(world: World, seen: Seen) -> bool:
    def ask(elsewhere: Elsewhere, done: Callable[[bool], None]) -> None:
        elsewhere.remove("ex_1", seen, done)

    return told(world, ask)


def found(world: World) -> Seen:
    seen = look(world)
    assert not isinstance(seen, Missing), seen
    return seen


def test_the_disk_of_this_machine_comes_first(first: World, second: World, third: World) -> None:
    written(first)
    assert isinstance(found(second), Sighting)
    assert isinstance(found(third), Copied)
    assert (found(second).is_written, found(third).is_written) == (True, True)


def test_what_nobody_has_is_unknown_while_all_can_be_asked(first: World, alone: World, cloud: Cloud) -> None:
    assert (look(first), look(alone)) == (UNKNOWN, UNKNOWN)
    cloud.paused = True
    assert (look(first), look(alone)) == (UNREADABLE, UNKNOWN)


@pytest.mark.parametrize("near", [True, False])
def test_all_of_a_draft_is_loaded(first: World, second: World, third: World, *, near: bool) -> None:
    written(first, ends="answered")
    far = load(second if near else third)
    assert isinstance(far, Far)
    assert (far.kept.data, far.kept.events, far.seen.is_written) == (events(1, 4), 3, False)


@pytest.mark.parametrize("near", [True, False])
def test_what_has_ended_is_taken_by_one(first: World, second: World, third: World, *, near: bool) -> None:
    written(first, ends="left")
    one = second if near else third
    seen = found(one)
    assert take(one, seen)
    assert one.kept().data == events(1, 4)
    assert not take(one, seen)


def test_what_is_written_is_not_taken(first: World, second: World, third: World) -> None:
    written(first)
    assert not take(second, found(second))
    assert not take(third, found(third))
    assert first.kept().data == events(1, 4)


def test_a_copy_of_who_is_gone_is_taken(first: World, third: World, cloud: Cloud) -> None:
    written(first)
    first.die()
    assert not take(third, found(third))
    cloud.now += ALIVE_SECONDS + 1
    assert take(third, found(third))
    first.be_born()
    assert not keep(first), "its own draft is not the newest any more"


@pytest.mark.parametrize("where", ["rename", "create"])
def test_a_disk_that_refuses_takes_nothing(first: World, second: World, third: World, where: str) -> None:
    written(first, ends="left")
    one = second if where == "rename" else third
    one.disk.refuses, one.disk.refuses_to_rename = errno.EIO, errno.EIO
    assert not take(one, found(one))


def test_alone_everything_is_ours(alone: World, first: World, cloud: Cloud) -> None:
    assert keep(alone)
    cloud.paused = True
    assert keep(first), "nobody can be asked"


def test_who_lives(first: World, second: World, third: World, cloud: Cloud) -> None:
    for world in (first, second, third):
        world.loop.pass_seconds(0.25)
    owners = [world.store.owner for world in (first, second, third)]
    assert [lives(first, owner) for owner in owners] == [True, True, True]
    assert not lives(first, Owner("there/0", "former life"))
    second.die()
    assert not lives(first, owners[1])
    second.be_born()
    cloud.paused = True
    assert not lives(first, owners[2]), "as far as can be told"


@pytest.mark.parametrize("near", [True, False])
def test_wishes_reach_who_writes(first: World, second: World, third: World, *, near: bool) -> None:
    written(first)
    heard: list[Wish] = []
    first.store.on_wish = heard.append
    one = second if near else third
    assert wish(one, found(one))
    first.loop.pass_seconds(1.25)
    first.settle()
    assert heard == [Wish(WishKind.CANCEL, "ex_1")]


def test_wishes_that_cannot_be_told_are_not_said_to_be(first: World, third: World, cloud: Cloud) -> None:
    written(first)
    seen = found(third)
    cloud.paused = True
    assert not wish(third, seen)


def test_what_is_removed_is_gone_everywhere(first: World, second: World, third: World) -> None:
    written(first, ends="answered")
    assert remove(second, found(second))
    second.loop.pass_seconds(1.25)
    assert (look(third), first.load()) == (UNKNOWN, UNKNOWN)


def test_a_copy_that_is_removed_goes_where_it_came_from_too(first: World, third: World) -> None:
    written(first, ends="answered")
    heard: list[Wish] = []
    first.store.on_wish = heard.append
    assert remove(third, found(third))
    third.loop.pass_seconds(1.25)
    first.loop.pass_seconds(1.25)
    assert look(third) == UNKNOWN
    assert heard == [Wish(WishKind.DELETE, "ex_1")]


def test_a_response_is_found_near_and_far(
    first: World, second: World, third: World, alone: World, cloud: Cloud
) -> None:
    written(first)
    draft = first.store.running("ex_1")
    assert draft is not None
    first.store.link("resp_1", draft)
    first.settle()
    first.loop.pass_seconds(0.25)

    def ask(elsewhere: Elsewhere, done: Callable[[str | Missing], None]) -> None:
        elsewhere.find_response("resp_1", done)

    assert [told(world, ask) for world in (second, third, alone)] == ["ex_1", "ex_1", UNKNOWN]
    cloud.paused = True
    assert [told(world, ask) for world in (second, third, alone)] == ["ex_1", UNREADABLE, UNKNOWN]


def test_a_copy_of_our_own_that_we_have_lost_is_written_by_nobody(first: World) -> None:
    written(first)
    first.files()[0].unlink()
    seen = found(first)
    assert isinstance(seen, Copied)
    assert not seen.is_written
