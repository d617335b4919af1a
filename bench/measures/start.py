"""How long a cold gateway takes to its first answer."""

import http.client
import time

from bench.child import BenchError
from bench.dialogue import PATH, PLAIN_MODEL, PROMPT_BYTES, REQUEST_HEADERS, request_body
from bench.figure import Figure, measured
from bench.measures.context import Context

PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 0.005


def measure(context: Context) -> list[Figure]:
    """The figure."""
    seconds = []
    for _ in range(context.plan.repeats):
        began_at = time.perf_counter()
        with context.stage.gateway_starting() as gateway:
            until = began_at + PATIENCE_SECONDS
            while not _answers(gateway.plain_port):
                gateway.child.raise_if_dead()
                if time.perf_counter() > until:
                    raise BenchError("the gateway gave no answer after its start")
                time.sleep(PAUSE_SECONDS)
            seconds.append(time.perf_counter() - began_at)
        context.say(f"cold start to first answer: {seconds[-1]:.2f} s")
    return [Figure(name="cold start to first answer", unit="s", value=measured(seconds))]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", PATH, request_body(PLAIN_MODEL, PROMPT_BYTES["1 KB"]), REQUEST_HEADERS)
        return connection.getresponse().status == 200  # noqa: PLR2004 - HTTP's word for success
    except OSError:
        return False
    finally:
        connection.close()
