"""What a second worker brings: the whole system (load, upstream, gateway) on one core, then on two.

Only then is nobody helped by a core that the other case did not have.
"""

import http.client
import resource
import time
from collections import Counter
from pathlib import Path

import msgspec

from bench.child import BenchError, Child, connections_of
from bench.configuration import Extras
from bench.dialogue import PATH, PLAIN_MODEL, PROMPT_BYTES, REQUEST_HEADERS, request_body
from bench.figure import Figure, measured
from bench.machine import core_clock
from bench.measures.context import Context
from bench.stage import Proxy, Stage
from bench.wrk import Ask, Wrk

MUST_TIMES = 1.7
CONNECTIONS = 64
WORKERS = (1, 2)


class Run(msgspec.Struct, frozen=True):
    """One run of the whole system. `left_seconds` is the time that other programs left of all cores together."""

    requests: int
    seconds: float
    left_seconds: float
    gateway_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Requests by the clock."""
        return self.requests / self.seconds

    @property
    def per_left_second(self) -> float:
        """Requests per second that a core had for them."""
        return self.requests / self.left_seconds


def measure(context: Context) -> list[Figure]:
    """The figures."""
    runs: dict[int, list[Run]] = {workers: [] for workers in WORKERS}
    shares: list[float] = []
    for repeat in range(context.plan.repeats):
        for workers in WORKERS:
            folder = context.folder / f"workers-{repeat}-{workers}"
            folder.mkdir()
            run, share = _on_so_many_cores(context, folder, workers)
            runs[workers].append(run)
            context.say(f"workers: {workers} on as many cores, {run.per_second:,.0f} requests/s")
        # The last one is that of several.
        shares.append(share)
        context.say(f"workers: the fuller one has {share:.0%} of {CONNECTIONS} connections")
    return figures(runs, shares)


def figures(runs: dict[int, list[Run]], shares: list[float]) -> list[Figure]:
    """What runs with one worker and with two come to; `shares` are those of the fuller of two."""
    one, two = (runs[workers] for workers in WORKERS)
    pairs = list(zip(one, two, strict=True))
    # So much faster by the clock where nobody else is on the cores; this tells what it would be there.
    by_left = measured([2 * after.per_left_second / before.per_left_second for before, after in pairs])
    return [
        Figure(
            name="two workers on two cores against one on one, whole system",
            unit="times",
            value=measured([after.per_second / before.per_second for before, after in pairs]),
            must=MUST_TIMES,
            higher_is_better=True,
        ),
        Figure(name="  the same by the time that other programs left", unit="times", value=by_left),
        *(
            Figure(
                name=f"  {workers} alone", unit="requests/s", value=measured([run.per_second for run in runs[workers]])
            )
            for workers in WORKERS
        ),
        *(
            Figure(
                name=f"  {workers} alone, gateway",
                unit="us of CPU",
                value=measured([run.gateway_cpu_seconds / run.requests * 1e6 for run in runs[workers]]),
            )
            for workers in WORKERS
        ),
        Figure(
            name=f"  {CONNECTIONS} connections, share of the fuller of two workers",
            unit="%",
            value=measured([share * 100 for share in shares]),
        ),
    ]


def _on_so_many_cores(context: Context, folder: Path, workers: int) -> tuple[Run, float]:
    """A run, and the share of the connections that the fullest worker has."""
    cores = (context.stage.cores.proxy, context.stage.cores.upstream)[:workers]
    stage = Stage(context.stage.cores, folder, ",".join(str(core) for core in cores))
    body = request_body(PLAIN_MODEL, PROMPT_BYTES["1 KB"])
    wrk = Wrk(folder, "workers", stage.load_cores, Ask(PATH, REQUEST_HEADERS, body), connections=CONNECTIONS)
    with stage.upstreams() as upstreams, stage.gateway(Extras(workers=workers)) as gateway:
        wrk.run(gateway.plain_port, context.plan.warm_seconds)
        run = _run(wrk, gateway, upstreams, cores, context.plan.plain_seconds)
        return run, _greatest_share(gateway)


def _run(wrk: Wrk, gateway: Proxy, upstreams: tuple[Child, ...], cores: tuple[int, ...], seconds: float) -> Run:
    def ours() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + sum(one.cpu_seconds() for one in (gateway.child, *upstreams))

    def busy() -> float:
        return sum(core_clock(core).busy_seconds for core in cores)

    began_at, busy_before, ours_before, gateway_before = (
        time.perf_counter(),
        busy(),
        ours(),
        gateway.child.cpu_seconds(),
    )
    outcome = wrk.run(gateway.plain_port, seconds)
    gateway_cpu, ours_used, busy_used = (
        gateway.child.cpu_seconds() - gateway_before,
        ours() - ours_before,
        busy() - busy_before,
    )
    if outcome.errors:
        raise BenchError(f"{outcome.errors} of {outcome.requests} requests failed")
    others = max(0.0, busy_used - ours_used)
    left = (time.perf_counter() - began_at) * len(cores) - others
    return Run(outcome.requests, outcome.seconds, left, gateway_cpu)


def _greatest_share(gateway: Proxy) -> float:
    """Open connections one after the other, use each once, and see who has them."""
    opened = [http.client.HTTPConnection("127.0.0.1", gateway.plain_port) for _ in range(CONNECTIONS)]
    body = request_body(PLAIN_MODEL, PROMPT_BYTES["1 KB"])
    try:
        for one in opened:
            one.connect()
        for one in opened:
            one.request("POST", PATH, body, REQUEST_HEADERS)
            one.getresponse().read()
        counts = Counter({pid: connections_of(pid, gateway.plain_port) for pid in gateway.child.pids()})
    finally:
        for one in opened:
            one.close()
    if sum(counts.values()) != CONNECTIONS:
        raise BenchError(f"{CONNECTIONS} connections were opened, the workers have {dict(counts)}")
    return max(counts.values()) / CONNECTIONS
