"""The gateway as the control plane sees it: asked with a short limit, and shown with its age where that is old."""

import asyncio
from collections.abc import Callable
from typing import Final

import httpx
import msgspec

from mainstay.config.address import Address

ANSWER_SECONDS: Final = 1.0
FRESH_SECONDS: Final = 1.0
"""However many people look at the overview, the gateway is asked once in so long."""
ANSWER_BYTES_MAX: Final = 1_000_000
UPSTREAMS_SHOWN_MAX: Final = 100
WORDS_MAX: Final = 200

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


class GatewayState(msgspec.Struct, frozen=True):
    """What is shown of the body of the gateway's `/readyz`; other keys may be there."""

    status: str = ""
    version: str = ""
    upstreams: dict[str, str] = {}


class Glance(msgspec.Struct, frozen=True):
    """What is known of the gateway. `state` is the last answer, `age_seconds` old; `None` if it never answered.

    `trouble` says why there is no answer now."""

    address: str
    state: GatewayState | None = None
    age_seconds: float = 0.0
    trouble: str | None = None


class GatewayGlance:
    """Asks the gateway, and remembers its last answer."""

    def __init__(self, address: Address, client: httpx.AsyncClient, clock: Callable[[], float]) -> None:
        """`clock` is a monotonic one."""
        self._address = address
        self._url = f"http://{Address(_EVERY_ADDRESS.get(address.host, address.host), address.port)}/readyz"
        self._client = client
        self._clock = clock
        self._state: GatewayState | None = None
        self._answered_at = 0.0
        self._asked_at: float | None = None
        self._trouble: str | None = None
        self._asking = asyncio.Lock()

    async def __call__(self) -> Glance:
        """What is known now. Takes at most `ANSWER_SECONDS`; raises nothing."""
        async with self._asking:
            if self._asked_at is None or self._clock() - self._asked_at >= FRESH_SECONDS:
                await self._ask()
                self._asked_at = self._clock()
        age = self._clock() - self._answered_at if self._state is not None else 0.0
        return Glance(str(self._address), self._state, age, self._trouble)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._client.stream("GET", self._url) as response:
                content = bytearray()
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > ANSWER_BYTES_MAX:
                        break
            self._state = _bounded(msgspec.json.decode(bytes(content), type=GatewayState))
        except (httpx.HTTPError, TimeoutError) as error:
            self._trouble = f"does not answer ({type(error).__name__})"
        except (ValueError, RecursionError):
            self._trouble = "answers something that no gateway says"
        else:
            self._answered_at = self._clock()
            self._trouble = None


def _bounded(state: GatewayState) -> GatewayState:
    """Another program may listen there: its words are shown, so they are cut."""
    upstreams = {name[:WORDS_MAX]: word[:WORDS_MAX] for name, word in list(state.upstreams.items())}
    shown = dict(sorted(upstreams.items())[:UPSTREAMS_SHOWN_MAX])
    return GatewayState(state.status[:WORDS_MAX], state.version[:WORDS_MAX], shown)
