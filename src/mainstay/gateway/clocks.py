"""Time of two kinds: the event loop's, which only goes on, and the wall clock, which is set and drifts."""

import asyncio
import time


class Clocks:
    """`runs.Clock` of a running loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Of this loop."""
        self.time = loop.time
        self.wall = time.time
