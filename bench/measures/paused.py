"""What callers notice when everything that the gateway talks to is paused at once: PostgreSQL, Redis, control plane.

Steady load of plain requests, half of them with an idempotency key, for which other gateways are asked. In the middle
of it all three are stopped (SIGSTOP): their connections stay open and nothing answers. The same is done without
stopping anything, for on two cores the slowest request is somebody else's noise as well.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from bench.child import BenchError
from bench.configuration import Extras
from bench.dialogue import PATH, PLAIN_MODEL, PROMPT_BYTES, REQUEST_HEADERS, request_body, request_bytes
from bench.figure import Figure, measured, percentile
from bench.measures.context import Context
from bench.open_loop import Arrival, send_timetable
from bench.stage import Proxy, has_program
from tests.services.postgres import PostgresServer, binaries
from tests.services.redis import BINARIES as REDIS
from tests.services.redis import RedisServer

SLOWEST_MUST_MILLISECONDS = 60.0
THEN_MUST_TIMES = 1.25
"""Two measurements of the same p99 differ by a tenth or two."""
SETTLING_SECONDS = 1.0
WARM, BEFORE, AT_ONCE, THEN = "warm", "before", "at once", "then"
QUIET_MILLISECONDS = 30.0
"""A request that was slower before anything was paused says that others were busy on the machine."""


class Windows(msgspec.Struct, frozen=True):
    """Latencies in milliseconds: before the instant in question, in the second after it, and from then on."""

    before: list[float]
    at_once: list[float]
    then: list[float]

    @property
    def slowest_more(self) -> float:
        """How much slower the slowest request after the instant is than the one before it."""
        return max(*self.at_once, *self.then) - max(self.before)

    @property
    def then_times(self) -> float:
        """The p99 from the second after on, against that before."""
        return percentile(self.then, 99) / percentile(self.before, 99)


def what_is_missing() -> str:
    """What this machine lacks for it, and what to do; empty where it can be measured."""
    if any(has_program(name) for name in REDIS) and binaries() is not None:
        return ""
    return "needs PostgreSQL and Redis or Valkey; scripts/install-services installs them on Debian"


def measure(context: Context) -> list[Figure]:
    """The figures."""
    runs: dict[bool, list[Windows]] = {True: [], False: []}
    for _ in range(context.plan.repeats):
        for is_paused in (False, True):
            windows = _run(context, is_paused=is_paused)
            runs[is_paused].append(windows)
            what = "everything paused" if is_paused else "nothing paused"
            context.say(
                f"{what}: slowest {windows.slowest_more:+.1f} ms (before {max(windows.before):.1f}), then p99 "
                f"{windows.then_times:.2f} times what it was"
            )
    slowest = {paused: measured([run.slowest_more for run in several]) for paused, several in runs.items()}
    then = {paused: measured([run.then_times for run in several]) for paused, several in runs.items()}
    name = "all dependencies paused at once"
    before = max(max(run.before) for several in runs.values() for run in several)
    remarks = (f"a request took {before:.0f} ms before anything was paused: not a quiet machine",)
    return [
        Figure(
            name=f"{name}, slowest request more",
            unit="ms",
            value=slowest[True],
            must=SLOWEST_MUST_MILLISECONDS,
            remarks=remarks if before > QUIET_MILLISECONDS else (),
        ),
        Figure(name="  the same with nothing paused", unit="ms", value=slowest[False]),
        Figure(name=f"{name}, p99 a second later", unit="times before", value=then[True], must=THEN_MUST_TIMES),
        Figure(name="  the same with nothing paused", unit="times before", value=then[False]),
    ]


def _run(context: Context, *, is_paused: bool) -> Windows:
    plan = context.plan
    programs = binaries()
    assert programs is not None, "looked for above"  # noqa: S101 - told apart by `measure`
    with PostgresServer(programs) as postgres, RedisServer() as redis:
        extras = Extras(with_token=True, services=(postgres.dsn(), redis.url))
        with context.stage.gateway(extras) as gateway, _stoppable(gateway, postgres, redis) as stop:
            at_seconds = plan.warm_seconds + plan.steady_seconds
            actions = [(at_seconds, stop)] if is_paused else []
            outcome = send_timetable(gateway.plain_port, _timetable(context, gateway), actions)
    bad = [sample for sample in outcome.samples if sample.status != 200]  # noqa: PLR2004 - HTTP's word for success
    if bad or outcome.unanswered:
        raise BenchError(f"{len(bad)} answers without success, {outcome.unanswered} requests without an answer")
    found: dict[str, list[float]] = {WARM: [], BEFORE: [], AT_ONCE: [], THEN: []}
    for sample in outcome.samples:
        found[sample.label].append(sample.latency_seconds * 1e3)
    return Windows(found[BEFORE], found[AT_ONCE], found[THEN])


@contextmanager
def _stoppable(gateway: Proxy, postgres: PostgresServer, redis: RedisServer) -> Iterator[Callable[[], None]]:
    """What pauses them all; afterwards they go on, so that they can end."""
    assert gateway.control is not None, "it has services"  # noqa: S101 - asked for above
    planes = list(gateway.control.pids())
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        redis.pause()
        for pid in planes:
            os.kill(pid, signal.SIGSTOP)
        postgres.pause()

    try:
        yield stop
    finally:
        if stopped:
            postgres.resume()
            for pid in planes:
                os.kill(pid, signal.SIGCONT)
            redis.resume()


def _timetable(context: Context, gateway: Proxy) -> list[Arrival]:
    """An even pace; every other request has an idempotency key of its own."""
    plan, port = context.plan, gateway.plain_port
    body = request_body(PLAIN_MODEL, PROMPT_BYTES["1 KB"])
    fields = REQUEST_HEADERS | {"authorization": f"Bearer {gateway.token}"}
    changes_at = plan.warm_seconds + plan.steady_seconds
    labels = {
        0.0: WARM,
        plan.warm_seconds: BEFORE,
        changes_at: AT_ONCE,
        changes_at + SETTLING_SECONDS: THEN,
    }
    arrivals: list[Arrival] = []
    for number in range(round(plan.steady_rate * (changes_at + SETTLING_SECONDS + plan.steady_seconds))):
        at = number / plan.steady_rate
        keyed = {"idempotency-key": f"bench-{number}"} if number % 2 else {}
        label = next(labels[since] for since in reversed(labels) if at >= since)
        arrivals.append(Arrival(at, request_bytes(port, body, PATH, fields | keyed), label))
    return arrivals
