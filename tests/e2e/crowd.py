"""A thousand callers at once on bare sockets, until somebody pulls the plug."""

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlsplit

import msgspec

from tests.e2e.callers import PATHS, Question
from tests.e2e.raw import request_bytes

LIMIT_BYTES = 4 * 1024 * 1024
PATIENCE_SECONDS = 60.0
WATCHERS, WATCHERS_MAX = 6, 60
BETWEEN_GLANCES_SECONDS = 0.01
END_OF_CHUNKS = b"0\r\n\r\n"
TERMINAL = {"anthropic": b"message_stop", "openai-chat": b"[DONE]"}


Enough = Callable[["Crowd"], bool]


class Answered(msgspec.Struct, frozen=True):
    """A whole and good answer. `at` is the instant of its last byte, on the monotonic clock."""

    exchange: str
    at: float
    durable: bool


class Glance(msgspec.Struct, frozen=True):
    """What a worker said of its journal when it was asked at `at`: of `due` records that it had been given since its
    start, `written` were on disk."""

    at: float
    chain: str
    written: int
    due: int
    sequence: int


class _Journal(msgspec.Struct):
    chain: str
    written: int
    pending: int
    sequence: int


class _Ready(msgspec.Struct):
    journal: _Journal


class Crowd:
    """Callers who ask one question after the other, each on a connection of its own, while somebody keeps looking at
    `/readyz`."""

    def __init__(self, url: str, questions: list[tuple[str, Question]], callers: int, workers: int = 1) -> None:
        """`questions` are asked in turn: a dialect and what is asked. Each of the `workers` is looked at."""
        address = urlsplit(url)
        self.answers: list[Answered] = []
        self.glances: list[Glance] = []
        self.refusals: list[int] = []
        self.most_at_once = 0
        self._host, self._port = address.hostname or "", address.port or 0
        self._questions = [
            (dialect, one, request_bytes(PATHS[dialect], one.body(dialect), one.headers)) for dialect, one in questions
        ]
        self._numbers: Iterator[int] = count()
        self._callers = callers
        self._workers = workers
        self._running = 0
        self._is_seen = asyncio.Event()
        self._is_enough = asyncio.Event()
        self._enough: Enough = lambda _: False

    def ask_until(self, enough: Enough, end: Callable[[], object]) -> float:
        """Let them ask until it is enough; then `end` whatever they ask at once. Gives the instant of that."""
        return asyncio.run(self._ask_until(enough, end))

    def acknowledged(self, ended_at: float) -> list[Answered]:
        """Those answers whose records were on disk for sure when all ended: that the worker itself had said so.

        A journal is written in the order in which it is given records. So when a worker had been given `due` records at
        some glance, and at a later one has written as many, everything is on disk that was answered before the first of
        the two. Which worker gave an answer cannot be seen, so every one of them must have said it.
        """
        seen: dict[str, list[Glance]] = {}
        for one in self.glances:
            if one.at < ended_at:
                seen.setdefault(one.chain, []).append(one)
        if len(seen) < self._workers:
            return []
        until = min(max((one.at for one in its if one.due <= its[-1].written), default=0.0) for its in seen.values())
        return [one for one in self.answers if one.at < until]

    def durable(self) -> list[Answered]:
        """Answers of durable exchanges."""
        return [one for one in self.answers if one.durable]

    def counted(self) -> dict[str, int]:
        """Of each chain the last record that was said to be on disk."""
        return {one.chain: one.sequence for one in self.glances}

    async def _ask_until(self, enough: Enough, end: Callable[[], object]) -> float:
        self._enough = enough
        watchers: list[asyncio.Task[None]] = []
        while len(watchers) < WATCHERS or len(self.counted()) < self._workers:
            assert len(watchers) < WATCHERS_MAX, f"{len(self.counted())} of {self._workers} workers answer"
            self._is_seen.clear()
            watchers.append(asyncio.create_task(self._watch()))
            await self._is_seen.wait()
        callers = [asyncio.create_task(self._call()) for _ in range(self._callers)]
        await asyncio.wait_for(self._is_enough.wait(), PATIENCE_SECONDS)
        ended_at = time.monotonic()
        end()
        for one in (*callers, *watchers):
            one.cancel()
        await asyncio.gather(*callers, *watchers, return_exceptions=True)
        return ended_at

    async def _call(self) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=LIMIT_BYTES)
        try:
            while True:
                dialect, question, request = self._questions[next(self._numbers) % len(self._questions)]
                writer.write(request)
                self._running += 1
                self.most_at_once = max(self.most_at_once, self._running)
                try:
                    await self._hear(reader, dialect, question)
                finally:
                    self._running -= 1
        except (OSError, EOFError):
            return
        finally:
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader, dialect: str, question: Question) -> None:
        fields, body = await _response(reader)
        status = int(fields[""])
        if status != 200:
            self.refusals.append(status)
        elif not question.stream or TERMINAL[dialect] in body:
            durable = question.workload == "durable"
            self.answers.append(Answered(fields["x-mainstay-id"], time.monotonic(), durable))
            if self._enough(self):
                self._is_enough.set()

    async def _watch(self) -> None:
        """On a connection that is kept, for new ones have to queue behind all others."""
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=LIMIT_BYTES)
        try:
            while True:
                at = time.monotonic()
                writer.write(b"GET /readyz HTTP/1.1\r\nhost: gateway\r\n\r\n")
                journal = msgspec.json.decode((await _response(reader))[1], type=_Ready).journal
                due = journal.written + journal.pending
                if journal.chain:
                    self.glances.append(Glance(at, journal.chain, journal.written, due, journal.sequence))
                    self._is_seen.set()
                await asyncio.sleep(BETWEEN_GLANCES_SECONDS)
        except (OSError, EOFError):
            return
        finally:
            writer.close()


async def _response(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    """Header fields, with the status under an empty name, and the body with its framing."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    first, *lines = head.rstrip().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines) | {"": first.split(" ")[1]}
    if "content-length" in fields:
        return fields, await reader.readexactly(int(fields["content-length"]))
    return fields, await reader.readuntil(END_OF_CHUNKS)
