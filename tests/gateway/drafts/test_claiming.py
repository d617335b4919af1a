import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway.drafts import claiming as module
from mainstay.gateway.drafts.claiming import ALONE_HERE, ALONE_ON_MACHINE, Claimed, SharedClaims
from mainstay.gateway.drafts.claims import Claim, ClaimFiles
from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.shared.client import RedisShared
from mainstay.gateway.shared.port import Shared
from tests.gateway.drafts.cloud import Cloud
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, World
from tests.services.redis import RedisServer

BODY = b'{"model":"claude"}'


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def here(tmp_path: Path, cloud: Cloud) -> Iterator[World]:
    yield from living(World(tmp_path / "here", cloud=cloud))


@pytest.fixture
def there(tmp_path: Path, cloud: Cloud) -> Iterator[World]:
    yield from living(World(tmp_path / "there", gateway="there", cloud=cloud))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """No replicas."""
    yield from living(World(tmp_path / "alone"))


def living(world: World) -> Iterator[World]:
    world.store.start()
    yield world
    world.store.close(PATIENCE_SECONDS)


def claim(world: World, exchange_id: str = "ex_1", key: str = "key", before: Claim | None = None) -> Claimed:
    claims = world.store.claims
    told: list[Claimed] = []
    wanted = claims.new(exchange_id, claims.digest(BODY))
    claims.claim(claims.name("acme", "/v1/messages", key), wanted, told.append, before)
    for _ in range(module.TRIES * 2):
        world.settle()
        world.loop.pass_seconds(module.PAUSE_SECONDS)
    (found,) = told
    return found


def test_the_first_has_it_and_the_second_is_told_who(alone: World) -> None:
    first = claim(alone)
    assert (first.is_ours, first.alone) == (True, "")
    assert first.claim == Claim("ex_1", alone.store.claims.digest(BODY), str(alone.store.owner), alone.now)
    assert claim(alone, "ex_2") == Claimed(first.claim, is_ours=False)


def test_names_tell_tenants_doors_and_keys_apart(alone: World) -> None:
    name = alone.store.claims.name
    names = {name("a", "/v1", "k"), name("b", "/v1", "k"), name("a", "/v2", "k"), name("a", "/v1", "l")}
    assert len(names) == 4


def test_it_moves_once(alone: World) -> None:
    first = claim(alone)
    moved = claim(alone, "ex_2", before=first.claim)
    assert moved.is_ours
    assert claim(alone, "ex_3", before=first.claim) == Claimed(moved.claim, is_ours=False)


def test_a_disk_that_refuses_is_said_to(alone: World) -> None:
    alone.disk.refuses = errno.ENOSPC
    found = claim(alone)
    assert (found.is_ours, found.alone) == (True, ALONE_HERE)


def test_files_that_others_are_at_are_waited_for_and_not_for_ever(alone: World) -> None:
    first = claim(alone)
    with ClaimFiles(alone.state / "claims", Disk(), 1.0)._guard():
        assert claim(alone, "ex_2", before=first.claim).alone == ALONE_HERE
    assert claim(alone, "ex_2", before=first.claim).alone == ""


def test_they_are_waited_for(alone: World) -> None:
    first, claims = claim(alone), alone.store.claims
    told: list[Claimed] = []
    with ClaimFiles(alone.state / "claims", Disk(), 1.0)._guard():
        wanted = claims.new("ex_2", claims.digest(BODY))
        claims.claim(claims.name("acme", "/v1/messages", "key"), wanted, told.append, first.claim)
        alone.settle()
        alone.loop.pass_seconds(module.PAUSE_SECONDS)
        alone.settle()
        assert told == []
    alone.loop.pass_seconds(module.PAUSE_SECONDS)
    alone.settle()
    assert told == [Claimed(wanted, is_ours=True)]


def test_one_replica_has_it(here: World, there: World) -> None:
    first = claim(here)
    assert first.is_ours
    assert claim(there, "ex_2") == Claimed(first.claim, is_ours=False)
    assert claim(there, "ex_3") == Claimed(first.claim, is_ours=False)


def test_and_its_workers_know_it_from_their_disk(here: World, there: World, cloud: Cloud) -> None:
    first = claim(here)
    claim(there, "ex_2")
    cloud.paused = True
    assert claim(there, "ex_3") == Claimed(first.claim, is_ours=False)


def test_a_claim_that_moved_is_known_to_the_others(here: World, there: World) -> None:
    first = claim(here)
    claim(there, "ex_2")
    moved = claim(here, "ex_3", before=first.claim)
    assert moved.is_ours
    assert claim(there, "ex_4", before=first.claim) == Claimed(moved.claim, is_ours=False)


def test_while_the_shared_store_hangs_each_machine_is_on_its_own(here: World, there: World, cloud: Cloud) -> None:
    cloud.paused = True
    for world in (here, there):
        found = claim(world)
        assert (found.is_ours, found.alone) == (True, ALONE_ON_MACHINE)
        assert not claim(world, "ex_2").is_ours


def test_what_is_released_is_free_everywhere(here: World, there: World) -> None:
    found = claim(here)
    here.store.claims.release(here.store.claims.name("acme", "/v1/messages", "key"), found.claim)
    here.settle()
    assert claim(there, "ex_2").is_ours


def test_sweeping_never_fails(alone: World) -> None:
    claim(alone)
    alone.disk.refuses_to_remove = errno.EIO
    alone.now += 1_000_000.0
    for _ in range(16):
        alone.store.claims.sweep()
        alone.settle()
    assert alone.told == []


@pytest.mark.parametrize("where", ["memory", "server"])
def test_memory_and_a_real_server_do_the_same(where: str) -> None:
    first, second = Claim("ex_1", "d", "here/0 a", 1.0), Claim("ex_2", "d", "there/0 b", 2.0)

    async def story(shared: Shared) -> None:
        claims = SharedClaims(shared, 60.0)
        assert await claims.claim("n", first, None) is None
        assert await claims.claim("n", first, None) is None, "the answer may have been lost"
        assert await claims.claim("n", second, None) == first
        assert await claims.claim("n", second, first) is None
        assert await claims.claim("n", first, first) == second
        await claims.release("n", first)
        assert await claims.claim("n", first, None) == second
        await claims.release("n", second)
        assert await claims.claim("n", first, None) is None

    async def on_server(server: RedisServer) -> None:
        shared = RedisShared(server.url, asyncio.get_running_loop(), print, call_seconds=20.0)
        await story(shared)
        await shared.close()

    if where == "memory":
        asyncio.run(story(Cloud()))
    else:
        with RedisServer() as server:
            asyncio.run(on_server(server))


def test_what_is_wrong_with_the_disk_is_said_until_it_takes_a_claim_or_is_swept(alone: World) -> None:
    alone.disk.refuses = errno.ENOSPC
    claim(alone)
    assert (alone.store.claims.trouble or "").startswith("idempotency keys: ")
    alone.disk.refuses = 0
    claim(alone)
    assert alone.store.claims.trouble is None
    assert_swept_in_trouble_and_well(alone)


def assert_swept_in_trouble_and_well(alone: World) -> None:
    (alone.state / "claims").rename(alone.state / "elsewhere")
    (alone.state / "claims").write_text("in the way")
    alone.store.claims.sweep()
    alone.settle()
    assert alone.store.claims.trouble == "idempotency keys: Not a directory"
    (alone.state / "claims").unlink()
    alone.store.claims.sweep()
    alone.settle()
    assert alone.store.claims.trouble is None


def test_a_store_that_has_not_begun_says_so_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    told: list[Claimed] = []
    claims = world.store.claims
    claims.claim(claims.name("acme", "/v1/messages", "key"), claims.new("ex_1", ""), told.append)
    world.settle()
    assert [one.alone for one in told] == [ALONE_HERE]
    assert claims.trouble is None
