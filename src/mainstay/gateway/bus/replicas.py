"""Bulletins between replicas: publish and subscribe in Valkey or Redis, and a heartbeat for each gateway.

Publishing goes through `Shared`, whose limits and breaker hold here too; what waits is bounded, and under trouble it is
thrown away, for old news is of no use. Listening has a connection of its own, which is opened again after a jittered
pause for as long as it takes.
"""

import asyncio
from collections import deque
from contextlib import suppress

from mainstay.gateway.bus.ports import Clock, Listener, TransportStatus
from mainstay.gateway.shared.client import RedisShared
from mainstay.gateway.shared.connection import CONNECT_SECONDS_MAX, Connection
from mainstay.gateway.shared.port import Answer, SharedTroubleError
from mainstay.model.dice import Dice

CHANNEL = "mainstay:news"
WAITING_MAX = 256
"""Bulletins that wait to be published: four seconds of news, or one whole account."""
HEARTBEAT_SECONDS = 1.0
HEARTBEAT_LIFE_SECONDS = 5.0
PING_SECONDS = 3.0
SILENCE_SECONDS_MAX = 8.0
"""A subscription on which not even our pings are answered for so long is opened again."""
PAUSE_SECONDS_MIN = 0.2
PAUSE_SECONDS_MAX = 5.0
MESSAGE_PARTS = 3


def heartbeat_key(gateway_id: str) -> str:
    """The key that exists for as long as a gateway lives, and `HEARTBEAT_LIFE_SECONDS` beyond. Its value is the instant
    (milliseconds since 1970) at which it was written."""
    return f"mainstay:gateway:{gateway_id}"


class Replicas:
    """See `Transport`. Used by one event loop."""

    def __init__(self, shared: RedisShared, gateway_id: str, clock: Clock, dice: Dice) -> None:
        """Nothing is opened yet."""
        self._shared = shared
        self._heartbeat = heartbeat_key(gateway_id)
        self._clock = clock
        self._dice = dice
        self._listener: Listener | None = None
        self._waiting: deque[bytes] = deque(maxlen=WAITING_MAX)
        self._wake = asyncio.Event()
        self._heartbeat_at = 0.0
        self._has_lost = False
        self._subscription_trouble: str | None = "not connected yet"
        self._tasks: list[asyncio.Task[None]] = []
        self._sent = self._lost = 0

    def start(self, listener: Listener) -> None:
        """See `Transport`."""
        self._listener = listener
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._publishing()), loop.create_task(self._subscribing())]

    def publish(self, data: bytes) -> None:
        """See `Transport`."""
        if len(self._waiting) == WAITING_MAX:
            self._lost += 1
            self._has_lost = True
        self._waiting.append(data)
        self._wake.set()

    def status(self) -> TransportStatus:
        """See `Transport`."""
        return TransportStatus("replicas", self._shared.trouble or self._subscription_trouble, self._sent, self._lost)

    async def close(self) -> None:
        """See `Transport`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _publishing(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._beat()
                await self._publish_waiting()
            except SharedTroubleError:
                self._lost += len(self._waiting)
                self._has_lost = True
                self._waiting.clear()

    async def _beat(self) -> None:
        now = self._clock.time()
        if now < self._heartbeat_at:
            return
        life = int(HEARTBEAT_LIFE_SECONDS * 1000)
        await self._shared.call("SET", self._heartbeat, int(self._clock.wall() * 1000), "PX", life)
        self._heartbeat_at = now + HEARTBEAT_SECONDS

    async def _publish_waiting(self) -> None:
        while self._waiting:
            await self._shared.call("PUBLISH", CHANNEL, self._waiting[0])
            self._sent += 1
            with suppress(IndexError):
                self._waiting.popleft()
            if self._has_lost and self._listener is not None:
                self._has_lost = False
                self._listener.others_missed()

    async def _subscribing(self) -> None:
        pause = PAUSE_SECONDS_MIN
        while True:
            connection = self._shared.connect()
            try:
                await self._subscribe(connection)
                pause = PAUSE_SECONDS_MIN
                await self._listen(connection)
            except Exception as error:  # noqa: BLE001 - whatever a server sends, we try again
                self._subscription_trouble = self._shared.words(error)
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(pause * (0.5 + 0.5 * self._dice()))
            pause = min(PAUSE_SECONDS_MAX, 2 * pause)

    async def _subscribe(self, connection: Connection) -> None:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            await connection.connect()
            await connection.send_command("SUBSCRIBE", CHANNEL)
            await connection.read_response()
        self._subscription_trouble = None
        self._shared.seen_alive()
        if self._listener is not None:
            self._listener.missed_others()

    async def _listen(self, connection: Connection) -> None:
        pinging = asyncio.get_running_loop().create_task(_ping(connection))
        try:
            while True:
                async with asyncio.timeout(SILENCE_SECONDS_MAX):
                    answer = await connection.read_response()
                data = _message(answer)
                if data is not None and self._listener is not None:
                    self._listener.heard(data)
        finally:
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)


async def _ping(connection: Connection) -> None:
    """So that a server which is gone without a word is noticed."""
    while True:
        await asyncio.sleep(PING_SECONDS)
        await connection.send_command("PING")


def _message(answer: Answer) -> bytes | None:
    """What was published, if this is a message."""
    if isinstance(answer, list) and len(answer) == MESSAGE_PARTS and answer[0] == b"message":
        data = answer[2]
        return data if isinstance(data, bytes) else None
    return None
