"""Plain requests per second on one core with everything switched on, as a share of nginx's; beside it the gateway with
nothing bound, for information."""

import msgspec

from bench.configuration import EVERYTHING
from bench.dialogue import PROMPT_BYTES
from bench.figure import Figure
from bench.measures.context import BARE, Context
from bench.measures.plain_run import costs, interleaved, plain_ask, rates, ratio
from bench.spoken.anthropic import DIALECT as ANTHROPIC

MUST, AIM = 0.25, 0.35
PROMPT = "1 KB"


def measure(context: Context) -> list[Figure]:
    """The figures."""
    stage = context.stage
    with stage.nginx() as nginx, stage.gateway(EVERYTHING) as gateway, stage.gateway() as unbound:
        bare = msgspec.structs.replace(unbound, name=BARE)
        asked = [(proxy, plain_ask(proxy, ANTHROPIC, PROMPT_BYTES[PROMPT])) for proxy in (nginx, gateway, bare)]
        runs = interleaved(context, PROMPT, asked, context.plan.plain_seconds)
        journal = context.journal_of(gateway)
    title = f"plain requests per core against nginx, everything on, {PROMPT} prompt"
    judged = ratio(title, runs, gateway.name, nginx.name, (MUST, AIM))
    return [
        msgspec.structs.replace(judged, remarks=(*judged.remarks, journal)),
        ratio("  the same with nothing bound", runs, bare.name, nginx.name, None),
        *costs(runs, "plain", PROMPT),
        *rates(runs, "throughput", PROMPT),
    ]
