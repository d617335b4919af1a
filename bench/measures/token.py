"""What a token costs: to know it again, and, end to end, what a plain request costs where callers need one."""

import sys

import msgspec

from bench.child import BenchError
from bench.configuration import Extras
from bench.dialogue import PATH, PLAIN_MODEL, PROMPT_BYTES, REQUEST_HEADERS, request_body
from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.stage import Proxy
from bench.stopwatch import Stopwatch
from bench.token_load import TokenCost
from bench.wrk import Ask, Wrk

MUST_MICROSECONDS = 5.0
CALLERS = {"one caller": 1, "100 callers": 100}
"""One is known by its whole head; of many, each head is new to somebody."""
PROMPT = "1 KB"


def measure(context: Context) -> list[Figure]:
    """The figures."""
    return [*_verification(context), *_end_to_end(context)]


def _verification(context: Context) -> list[Figure]:
    runs: dict[str, list[TokenCost]] = {name: [] for name in CALLERS}
    for _ in range(context.plan.repeats):
        for name, callers in CALLERS.items():
            cost = _run(context, callers)
            runs[name].append(cost)
            context.say(f"token, {name}: {cost.microseconds:.2f} us, at first {cost.first_microseconds:.0f} us")
    first = measured([run.first_microseconds for several in runs.values() for run in several])
    figures = [
        Figure(
            name=f"token known again, CPU per request, {name}",
            unit="us",
            value=measured([run.microseconds for run in several]),
            must=MUST_MICROSECONDS,
        )
        for name, several in runs.items()
    ]
    return [*figures, Figure(name="  its first request, signature included", unit="us", value=first)]


def _run(context: Context, callers: int) -> TokenCost:
    with context.stage.fresh_folder() as folder:
        words = [sys.executable, "-m", "bench.token_load", str(folder), str(callers), str(context.plan.token_requests)]
        return msgspec.json.decode(context.stage.result_of(words), type=TokenCost)


def _end_to_end(context: Context) -> list[Figure]:
    """Both gateways share the proxy's core and take turns; the ratio is made of neighbours in time."""
    ratios: list[float] = []
    body = request_body(PLAIN_MODEL, PROMPT_BYTES[PROMPT])
    plan, core = context.plan, context.stage.load_cores
    with context.stage.gateway() as usual, context.stage.gateway(Extras(with_token=True)) as guarded:
        loads = {
            name: (proxy, Wrk(context.folder, name, core, _ask(proxy, body), connections=plan.connections))
            for name, proxy in (("open", usual), ("with a token", guarded))
        }
        for _ in range(plan.repeats):
            costs = {name: _microseconds(context, proxy, wrk) for name, (proxy, wrk) in loads.items()}
            ratios.append(costs["with a token"] / costs["open"])
            shown = ", ".join(f"{name} {cost:.1f} us" for name, cost in costs.items())
            context.say(f"plain {PROMPT}: {shown} of CPU each")
    return [
        Figure(name="plain request with a token, CPU against an open gateway", unit="times", value=measured(ratios))
    ]


def _ask(proxy: Proxy, body: bytes) -> Ask:
    return Ask(PATH, proxy.headers(REQUEST_HEADERS), body)


def _microseconds(context: Context, proxy: Proxy, wrk: Wrk) -> float:
    """The proxy's CPU time per request."""
    wrk.run(proxy.plain_port, context.plan.warm_seconds)
    stopwatch = Stopwatch(proxy.child, context.stage.cores.proxy)
    outcome = wrk.run(proxy.plain_port, context.plan.plain_seconds)
    use = stopwatch.stop()
    if outcome.errors:
        raise BenchError(f"{outcome.errors} of {outcome.requests} requests failed")
    return use.cpu_seconds / outcome.requests * 1e6
