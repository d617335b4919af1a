"""The gateway's entrance under load, as a process of its own: `python -m bench.token_load FOLDER CALLERS REQUESTS`.

Each caller has a token of its own and sends an SDK's headers. What is timed is what a request with a token costs more
than one to an open gateway: finding the token among the headers, knowing it again, and whether it allows the model.
Prints CPU seconds as JSON.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bench.child import BenchError, tell
from bench.dialogue import PLAIN_MODEL, REQUEST_HEADERS
from mainstay.gateway.auth.gate import AuthGate
from mainstay.gateway.auth.registrar import Registrar, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.entrance import Entrance
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import read_text_file
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.trust.claims import AllowanceClaim
from mainstay.wire.trust.permission import permits

BATCH_REQUESTS: Final = 200
TENANT: Final = "bench"


class TokenCost(msgspec.Struct, frozen=True):
    """CPU seconds for so many requests whose tokens had been verified before, and for each one's first look (`first`,
    with its verification). `loop_cpu_seconds` is what the counting itself took."""

    requests: int
    cpu_seconds: float
    loop_cpu_seconds: float
    callers: int
    first_cpu_seconds: float

    @property
    def microseconds(self) -> float:
        """CPU time per request with a token that is known."""
        return (self.cpu_seconds - self.loop_cpu_seconds) / self.requests * 1e6

    @property
    def first_microseconds(self) -> float:
        """CPU time of the first request with a token."""
        return self.first_cpu_seconds / self.callers * 1e6


def minted(state: Path, count: int, allowance: AllowanceClaim | None = None) -> list[str]:
    """Tokens of this state folder, each bound to some models as an operator would."""
    registrar = Registrar(TrustFolder(state), time.time, os.urandom)
    wishes = (Wish(TENANT, f"caller-{number}", 30, None, ("bench-*",), allowance) for number in range(count))
    return [registrar.mint(wish)[0] for wish in wishes]


def fresh_headers(token: str) -> Headers:
    """An SDK's headers as the server hands them over when it reads a head for the first time: every text is new."""
    fields = REQUEST_HEADERS | {"authorization": f"Bearer {token}"}
    return tuple((name.encode().decode(), value.encode().decode()) for name, value in fields.items())


def cost_of(state: Path, callers: int, requests: int) -> TokenCost:
    """Measure in an event loop of its own. Raises `BenchError` where a good token is refused."""
    return asyncio.run(_cost(state, minted(state, callers), requests))


async def _cost(state: Path, tokens: list[str], requests: int) -> TokenCost:
    client = UpstreamClient()
    around = Surroundings(
        IdentityClient(client), asyncio.get_running_loop(), time.time, SeededDice("bench"), read_text_file
    )
    gate = AuthGate(state, around, tell, required=True)
    gate.start()
    entrance = Entrance(gate, None, time.time)
    try:
        first = _timed(lambda headers: _let_in(entrance, headers), _batches(tokens, len(tokens)))
        known = _timed(lambda headers: _let_in(entrance, headers), _batches(tokens, requests))
        loop = _timed(lambda _headers: None, _batches(tokens, requests))
    finally:
        gate.close()
        await client.close()
    return TokenCost(requests, known, loop, len(tokens), first)


def _let_in(entrance: Entrance, headers: Headers) -> None:
    identity = entrance.identify(headers)
    if isinstance(identity, Fault) or permits(identity, PLAIN_MODEL, "default") is not None:
        raise BenchError(f"a good token was refused: {identity}")


def _batches(tokens: list[str], requests: int) -> Iterator[list[Headers]]:
    """Requests of all callers in turn; made outside of what is timed."""
    for start in range(0, requests, BATCH_REQUESTS):
        numbers = range(start, min(start + BATCH_REQUESTS, requests))
        yield [fresh_headers(tokens[number % len(tokens)]) for number in numbers]


def _timed(served: Callable[[Headers], None], batches: Iterator[list[Headers]]) -> float:
    """CPU seconds of this thread for all of these requests."""
    total = 0.0
    for batch in batches:
        began = time.thread_time()
        for headers in batch:
            served(headers)
        total += time.thread_time() - began
    return total


if __name__ == "__main__":
    cost = cost_of(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(msgspec.json.encode(cost).decode())
