import asyncio
import time

import pytest

from mainstay.gateway.clocks import Clocks


def test_one_clock_is_the_loops_and_the_other_is_the_walls() -> None:
    async def read() -> tuple[Clocks, asyncio.AbstractEventLoop]:
        loop = asyncio.get_running_loop()
        return Clocks(loop), loop

    with asyncio.Runner() as runner:
        clocks, loop = runner.run(read())
        before, now, after = loop.time(), clocks.time(), loop.time()
        assert before <= now <= after
        assert clocks.wall() == pytest.approx(time.time(), abs=60)
