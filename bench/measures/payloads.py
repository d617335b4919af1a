"""Plain requests of several sizes in several dialects, translated and not, against nginx: for information."""

import msgspec

from bench.configuration import EVERYTHING, plain_model_at
from bench.dialogue import PROMPT_BYTES
from bench.figure import Figure
from bench.measures.context import Context
from bench.measures.plain_run import costs, interleaved, plain_ask, ratio
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.openai_chat import DIALECT as CHAT
from bench.spoken.openai_responses import DIALECT as RESPONSES
from bench.stage import Proxy


class Crossing(msgspec.Struct, frozen=True):
    """A request in the caller's dialect, answered by an upstream that speaks another (or the same)."""

    caller: str
    upstream: str
    sizes: tuple[str, ...] = tuple(PROMPT_BYTES)

    @property
    def name(self) -> str:
        """As it stands in the table."""
        return self.caller if self.caller == self.upstream else f"{self.caller} from {self.upstream}"


CROSSINGS = (
    Crossing(ANTHROPIC, ANTHROPIC),
    Crossing(CHAT, CHAT),
    Crossing(RESPONSES, RESPONSES, ("1 KB",)),
    Crossing(ANTHROPIC, CHAT, ("1 KB", "200 KB")),
    Crossing(CHAT, ANTHROPIC, ("1 KB", "200 KB")),
)


def measure(context: Context) -> list[Figure]:
    """The figures."""
    figures: list[Figure] = []
    with context.stage.nginx() as nginx, context.stage.gateway(EVERYTHING) as gateway:
        for crossing in CROSSINGS:
            for size in crossing.sizes:
                figures += _of(context, crossing, size, (nginx, gateway))
    return figures


def _of(context: Context, crossing: Crossing, size: str, proxies: tuple[Proxy, Proxy]) -> list[Figure]:
    nginx, gateway = proxies
    prompt_bytes, model = PROMPT_BYTES[size], plain_model_at(crossing.upstream)
    # nginx translates nothing: what is compared with is the caller's own dialect.
    asked = [(proxy, plain_ask(proxy, crossing.caller, prompt_bytes, model)) for proxy in proxies]
    what = f"{crossing.name}, {size}"
    runs = interleaved(context, what, asked, context.plan.payload_seconds)
    plot = "payloads"
    return [
        ratio(f"plain requests per core, {what} prompt", runs, gateway.name, nginx.name, None),
        *costs({gateway.name: runs[gateway.name]}, plot, f"{size} prompt: {crossing.name}"),
        *(costs({nginx.name: runs[nginx.name]}, plot, f"{size} prompt: {crossing.name}")),
    ]
