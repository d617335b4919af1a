"""How long a cold gateway takes to its first answer, and so for others."""

import http.client
import time
from functools import partial

from bench.child import BenchError
from bench.configuration import EVERYTHING
from bench.dialogue import PROMPT_BYTES
from bench.figure import Bar, Figure, measured
from bench.measures.context import Context
from bench.measures.plain_run import plain_ask
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.stage import Proxy
from bench.wrk import Ask

MUST_SECONDS, AIM_SECONDS = 1.5, 0.7
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.005


def measure(context: Context) -> list[Figure]:
    """The figure."""
    seconds = []
    ask_of = partial(plain_ask, dialect=ANTHROPIC, prompt_bytes=PROMPT_BYTES["1 KB"])
    for _ in range(context.plan.repeats):
        with context.stage.gateway_starting(EVERYTHING) as gateway:
            # The token was minted beforehand, as an operator's would be; the process has just been made.
            seconds.append(seconds_to_first_answer(gateway, ask_of(gateway)))
        context.say(f"cold start to first answer: {seconds[-1]:.2f} s")
    name = "cold start to first answer, everything on"
    bar = Bar("start", "cold start", "gateway")
    return [Figure(name=name, unit="s", value=measured(seconds), must=MUST_SECONDS, aim=AIM_SECONDS, bar=bar)]


def seconds_to_first_answer(proxy: Proxy, ask: Ask) -> float:
    """From now on. Raises `BenchError` where none comes."""
    began_at = time.perf_counter()
    while not _answers(proxy, ask):
        proxy.child.raise_if_dead()
        if time.perf_counter() - began_at > PATIENCE_SECONDS:
            raise BenchError(f"{proxy.name} gave no answer after its start")
        time.sleep(PAUSE_SECONDS)
    return time.perf_counter() - began_at


def _answers(proxy: Proxy, ask: Ask) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", ask.path, ask.body, dict(ask.headers))
        return connection.getresponse().status == 200  # noqa: PLR2004 - HTTP's word for success
    except OSError:
        return False
    finally:
        connection.close()
