"""One run of many paced streams through a proxy: what each forwarded event cost it."""

import asyncio

import msgspec

from bench.child import BenchError
from bench.measures.context import Context
from bench.spoken.registry import Pace
from bench.spoken.shape import Caller
from bench.stage import Proxy
from bench.stopwatch import Stopwatch, Use
from bench.streams import StreamLoad

MARGIN_SECONDS = 1.0
"""At the end of the streams that is not measured: the first ones end while the last ones still run."""
PATIENCE_SECONDS = 15.0
PACE_TOLERANCE = 0.98


class LateStartError(BenchError):
    """The streams took so long to begin that hardly any time was left to measure."""


class Offered(msgspec.Struct, frozen=True):
    """So many streams at once, each at this pace."""

    streams: int
    pace: Pace

    @property
    def per_second(self) -> float:
        """Events that are sent."""
        return float(self.streams * self.pace.rate)


class StreamRun(msgspec.Struct, frozen=True):
    """What came while all streams ran, and what the proxy used meanwhile."""

    events: int
    use: Use

    @property
    def per_second(self) -> float:
        """Events that reached the callers."""
        return self.events / self.use.seconds

    @property
    def cpu_microseconds(self) -> float:
        """The proxy's CPU time per forwarded event."""
        return self.use.cpu_seconds / self.events * 1e6


async def run_streams(context: Context, proxy: Proxy, request: bytes, caller: Caller, offered: Offered) -> StreamRun:
    """Run so many streams, each asked for with `request`. Raises `BenchError` unless all are whole, and
    `LateStartError` (a `BenchError`) where nothing was measured."""
    streams, pace, loop = offered.streams, offered.pace, asyncio.get_running_loop()
    load = StreamLoad(proxy.stream_port, request, streams, pace.words, caller)
    opening_at = loop.time()
    await load.open(PATIENCE_SECONDS)
    opening_seconds = loop.time() - opening_at
    measured_seconds = pace.words / pace.rate - opening_seconds - MARGIN_SECONDS
    if measured_seconds < MARGIN_SECONDS:
        load.abandon()
        raise LateStartError(f"{streams} streams through {proxy.name} took {opening_seconds:.1f} s to begin")
    before = load.content
    stopwatch = Stopwatch(proxy.child, context.stage.cores.proxy)
    await asyncio.sleep(measured_seconds)
    use = stopwatch.stop()
    run = StreamRun(load.content - before, use)
    outcome = await load.finish(PATIENCE_SECONDS)
    if outcome.broken:
        raise BenchError(f"{outcome.broken} of {streams} streams through {proxy.name}: {outcome.troubles}")
    return run


def pace_remarks(runs: list[StreamRun], offered_per_second: float) -> set[str]:
    """That fewer events came than were sent, if it was so."""
    slowest = min(run.per_second for run in runs)
    if slowest >= offered_per_second * PACE_TOLERANCE:
        return set()
    return {f"only {slowest:,.0f} of {offered_per_second:,.0f} events/s came"}
