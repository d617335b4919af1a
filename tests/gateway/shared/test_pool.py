"""The pool: bounded, and never left with a connection on which an answer is still due."""

import asyncio

import pytest

from mainstay.gateway.shared.pool import CONNECTIONS_MAX, WAITING_MAX, Pool, PoolExhaustedError
from tests.gateway.shared.fakes import FakeServer, settle


def test_a_connection_that_was_given_back_is_used_again() -> None:
    async def story() -> None:
        server = FakeServer()
        pool = Pool(server.connect)
        first = await pool.take()
        pool.give(first)
        assert await pool.take() is first
        assert len(server.connections) == 1
        await pool.drop(first)

    asyncio.run(story())


def test_a_connection_on_which_something_unexpected_came_is_dropped() -> None:
    async def story() -> None:
        server = FakeServer()
        pool = Pool(server.connect)
        first = await pool.take()
        pool.give(first)
        server.connections[0].has_more = True
        second = await pool.take()
        assert second is not first
        assert not first.is_connected
        await pool.drop(second)

    asyncio.run(story())


def test_connections_are_bounded_and_the_next_in_line_gets_what_comes_back() -> None:
    async def story() -> None:
        server = FakeServer()
        pool = Pool(server.connect)
        taken = [await pool.take() for _ in range(CONNECTIONS_MAX)]
        waiting = [asyncio.ensure_future(pool.take()) for _ in range(2)]
        await settle()
        assert len(server.connections) == CONNECTIONS_MAX
        assert pool.is_busy
        pool.give(taken[0])
        assert await waiting[0] is taken[0]
        assert not waiting[1].done()
        await pool.drop(taken[1])
        assert (await waiting[1]).is_connected
        assert server.standing == CONNECTIONS_MAX

    asyncio.run(story())


def test_who_waits_is_bounded_too() -> None:
    async def story() -> None:
        server = FakeServer()
        server.connecting.clear()
        pool = Pool(server.connect)
        waiting = [asyncio.ensure_future(pool.take()) for _ in range(WAITING_MAX)]
        await settle()
        with pytest.raises(PoolExhaustedError):
            await pool.take()
        assert len(server.connections) == CONNECTIONS_MAX
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await pool.close()

    asyncio.run(story())


def test_who_gives_up_leaves_the_connection_that_was_being_opened_to_the_next() -> None:
    async def story() -> None:
        server = FakeServer()
        server.connecting.clear()
        pool = Pool(server.connect)
        impatient = asyncio.ensure_future(pool.take())
        await settle()
        impatient.cancel()
        server.connecting.set()
        await settle()
        assert (await pool.take()) is server.connections[0]
        assert len(server.connections) == 1

    asyncio.run(story())


def test_a_connection_that_was_handed_to_somebody_who_gave_up_is_not_lost() -> None:
    async def story() -> None:
        server = FakeServer()
        pool = Pool(server.connect)
        taken = [await pool.take() for _ in range(CONNECTIONS_MAX)]
        impatient = asyncio.ensure_future(pool.take())
        await settle()
        pool.give(taken[0])
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        assert await pool.take() is taken[0]

    asyncio.run(story())


def test_all_who_wait_are_told_when_no_connection_can_be_had() -> None:
    async def story() -> None:
        server = FakeServer()
        server.refusal = ConnectionRefusedError("nobody there")
        pool = Pool(server.connect)
        outcomes = await asyncio.gather(*(pool.take() for _ in range(50)), return_exceptions=True)
        assert {type(one) for one in outcomes} == {ConnectionRefusedError}
        server.refusal = None
        assert (await pool.take()).is_connected

    asyncio.run(story())


def test_where_others_are_in_use_a_refusal_lets_those_who_wait_have_them() -> None:
    async def story() -> None:
        server = FakeServer()
        pool = Pool(server.connect)
        first = await pool.take()
        server.refusal = ConnectionRefusedError("too many clients")
        waiting = asyncio.ensure_future(pool.take())
        await settle()
        assert not waiting.done()
        pool.give(first)
        assert await waiting is first

    asyncio.run(story())


def test_closing_ends_what_is_idle_what_is_being_opened_and_later_what_was_in_use() -> None:
    async def story() -> None:
        server = FakeServer()
        pool = Pool(server.connect)
        idle, used = await pool.take(), await pool.take()
        pool.give(idle)
        server.connecting.clear()
        await pool.take()
        waiting = asyncio.ensure_future(pool.take())
        await settle()
        await pool.close()
        waiting.cancel()
        pool.give(used)
        await settle()
        assert [one.is_connected for one in server.connections] == [True, False, False]
        with pytest.raises(PoolExhaustedError):
            await pool.take()

    asyncio.run(story())
