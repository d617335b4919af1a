"""The providers of the demonstration."""

import asyncio
import signal
from contextlib import AsyncExitStack

import uvloop

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.server import FakeProvider

DEMO_PORTS = (8491, 8492, 8493, 8494)
"""Simulated providers: Claude's primary and standby, GPT's primary and standby."""
DEMO_NAMES = ("claude-primary", "claude-standby", "gpt-primary", "gpt-standby")
DEMO_PERSONALITY = Personality(words_per_event=1, chars_per_second=250.0)


def run_simulated_providers(ports: tuple[int, int, int, int]) -> None:
    """Run the demonstration's four providers until told to stop. Raises `OSError` for a port that is taken."""

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with AsyncExitStack() as stack:
            for name, port in zip(DEMO_NAMES, ports, strict=True):
                await stack.enter_async_context(FakeProvider(name, port=port, personality=DEMO_PERSONALITY))
            await stop.wait()

    uvloop.run(work())
