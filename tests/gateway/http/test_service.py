import asyncio

from mainstay.gateway.http.connection import Connection
from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.service import Service
from tests.gateway.http.conftest import Run, echo, refuse


def service(connections: int) -> Service:
    limits = ServerLimits(connections=connections)
    return Service(asyncio.get_running_loop(), echo, refuse, print, limits)


def test_one_connection_too_many_is_noticed(run: Run) -> None:
    async def play() -> None:
        one = service(connections=2)
        assert [one.joined(Connection(one)) for _ in range(3)] == [True, True, False]

    run(play())


def test_emptiness_matters_only_when_draining(run: Run) -> None:
    async def play() -> None:
        one = service(connections=2)
        first, second = Connection(one), Connection(one)
        one.joined(first)
        one.forget(first)
        assert not one.emptied.is_set()
        one.joined(first)
        one.joined(second)
        one.draining = True
        one.forget(first)
        assert not one.emptied.is_set()
        one.forget(second)
        assert one.emptied.is_set()

    run(play())


def test_who_shares_the_work_hears_of_each_connection_that_has_gone(run: Run) -> None:
    async def play() -> None:
        one = service(connections=2)
        counts: list[int] = []
        one.fewer = lambda: counts.append(len(one.connections))
        connection = Connection(one)
        one.joined(connection)
        one.forget(connection)
        assert counts == [0]

    run(play())
