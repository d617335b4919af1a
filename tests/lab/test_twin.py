"""The twin test: the same seeded traffic and faults through both drivers give the same outcome for every request."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
import uvloop

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.app import Gateway
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.server import Server
from mainstay.gateway.metrics import Metrics
from mainstay.lab.provider.fault import OK, FaultSpec, parse_fault_header
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.server import FakeProvider
from mainstay.lab.virtual.rehearsal import HashingJournal, Outcome, Rehearsal
from mainstay.lab.virtual.traffic import Arrival
from mainstay.lab.virtual.upstreams import Place
from mainstay.ledger.files import JournalFile
from mainstay.ledger.writing.journal import FileJournal
from mainstay.wire.registry import SPEECH

SEED = "twin"
REQUESTS = 120
CROSSINGS = 20
"""How many of them are for models whose standby speaks another dialect."""
NAMES = ("primary", "standby")
FAULTS = (
    "ok",
    "overloaded",
    "server-error",
    "unavailable",
    "bad-gateway",
    "refuse",
    "reset-before-headers",
    "throttle:retry_after=600",
    "auth",
    "insufficient-quota",
    "bad-request",
    "not-found",
    "cut:phase=headers",
    "cut:phase=preamble",
    "cut:after=1",
    "cut:after=60",
    "cut:after=200",
    "cut:phase=before-end",
    "inband-error:at=start",
    "inband-error:after=50",
    "empty",
    "html-200",
    "truncated-json",
    "malformed-event",
    "split:bytes=3",
    "crlf",
    "comments",
    "unknown-event",
    "refusal",
    "no-done",
)
SLOW_FAULTS = ("stall:phase=headers", "stall:phase=preamble", "stall:phase=content")
YAML = """
upstreams:
  primary: {{dialect: anthropic, base_url: "{primary}"}}
  standby: {{dialect: anthropic, base_url: "{standby}"}}
  primary-chat: {{dialect: openai-chat, base_url: "{primary}/v1"}}
  standby-chat: {{dialect: openai-chat, base_url: "{standby}/v1"}}
models:
  "*":
    candidates: [{{upstream: primary}}, {{upstream: standby}}, {{upstream: primary-chat}}, {{upstream: standby-chat}}]
{crossings}
timeouts: {{first_byte_seconds: 1, first_content_seconds: 1, silence_seconds: 1}}
"""


CROSSING = """
  "crossing-{number}": {{candidates: [{{upstream: primary}}, {{upstream: standby-chat}}]}}
"""


def traffic() -> list[Arrival]:
    """Requests of both dialects, streamed and plain, each with its own model, so that no breaker joins them, and with a
    fault for the primary and perhaps one for the standby (which no standby of another dialect is told of)."""
    dice = random.Random(SEED)  # noqa: S311 - traffic, no secret
    found = []
    for number in range(REQUESTS):
        slow = number % 40 == 7
        first = dice.choice(SLOW_FAULTS if slow else FAULTS)
        second = dice.choice(FAULTS) if dice.random() < 0.25 else "ok"
        is_crossing = number % (REQUESTS // CROSSINGS) == 0
        # Answers of OpenAI hold the time of day, which the two drivers do not share.
        is_chat, is_stream = dice.random() < 0.5 and not is_crossing, dice.random() < 0.7
        body = {
            "model": f"crossing-{number}" if is_crossing else f"m{number}",
            "max_tokens": 500,
            "stream": is_stream,
            "messages": [{"role": "user", "content": f"question {number}"}],
        }
        headers = (("content-type", "application/json"), ("x-lab-faults", f"primary={first}; standby={second}"))
        path = "/v1/chat/completions" if is_chat else "/v1/messages"
        found.append(Arrival(number, 0.0, path, headers, msgspec.json.encode(body)))
    return found


def provider_of(upstream: str) -> str:
    return upstream.removesuffix("-chat")


def header_weather(upstream: str, _now: float, request: ProviderRequest) -> FaultSpec:
    return parse_fault_header(request.header("x-lab-faults"), provider_of(upstream)) or OK


def snapshot(primary: str, standby: str, state: Path) -> Snapshot:
    crossings = "".join(CROSSING.format(number=number) for number in range(REQUESTS))
    text = YAML.format(primary=primary, standby=standby, crossings=crossings)
    loaded = load_text(text.encode(), state, {})
    assert loaded.snapshot is not None, loaded.mistakes
    return loaded.snapshot


def in_virtual_time(arrivals: list[Arrival], state: Path) -> list[Outcome]:
    places = {f"{name}{kind}": Place(Personality(name=name)) for name in NAMES for kind in ("", "-chat")}
    twin = Rehearsal(
        snapshot("http://primary", "http://standby", state), SPEECH, places, header_weather, SEED, HashingJournal()
    )
    outcomes: list[Outcome] = []
    twin.run_in_turn(arrivals, outcomes.append)
    return outcomes


async def in_real_time(arrivals: list[Arrival], state: Path) -> list[Outcome]:
    async with AsyncExitStack() as stack:
        urls = [(await stack.enter_async_context(FakeProvider(name))).url for name in NAMES]
        config = snapshot(urls[0], urls[1], state)
        journal = FileJournal(JournalFile(state / "journal-0.sqlite", lambda: 0.0), pytest.fail)
        journal.start()
        stack.callback(journal.close)
        client = UpstreamClient()
        stack.push_async_callback(client.close)
        ids = iter(f"ex_{SEED}_{number}" for number in range(len(arrivals)))
        next_id: Callable[[], str] = lambda: next(ids)  # noqa: E731 - a callback of one line
        gateway = Gateway(config, SPEECH, client, journal, Metrics(version="test"), report=pytest.fail, next_id=next_id)
        server = Server(gateway.handle, gateway.refusal, pytest.fail)
        server.start()
        stack.push_async_callback(server.drain, 1.0)
        return [await ask(server.port, arrival) for arrival in arrivals]


async def ask(port: int, arrival: Arrival) -> Outcome:
    """One request over a connection of its own; chunked bodies are put together."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [f"POST {arrival.path} HTTP/1.1", "host: x", "connection: close", f"content-length: {len(arrival.body)}"]
    head += [f"{name}: {value}" for name, value in arrival.headers]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + arrival.body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    top, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = top.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    is_chunked = headers.get("transfer-encoding") == "chunked"
    return Outcome(
        arrival.number,
        int(status.split(" ")[1]),
        headers.get("x-mainstay-upstream", ""),
        headers.get("x-mainstay-attempts", ""),
        headers.get("x-mainstay-degraded", ""),
        unchunked(body) if is_chunked else body,
        finished=not is_chunked or body.endswith(b"0\r\n\r\n"),
    )


def unchunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts)


def test_both_drivers_give_the_same_outcome_for_every_request(tmp_path: Path) -> None:
    arrivals = traffic()
    virtual = in_virtual_time(arrivals, tmp_path)
    real = uvloop.run(in_real_time(arrivals, tmp_path))
    assert len(virtual) == len(real) == REQUESTS
    for arrival, one, other in zip(arrivals, virtual, real, strict=True):
        assert one == other, dict(arrival.headers)["x-lab-faults"]
    assert {outcome.status for outcome in real} > {200}
    assert any(b"mainstay: begun by" in outcome.body for outcome in real)
    crossed = [outcome for outcome in real if b"continued by standby-chat" in outcome.body]
    crossed += [outcome for outcome in real if outcome.upstream == "standby-chat" and b"message_stop" in outcome.body]
    assert len(crossed) > 1
