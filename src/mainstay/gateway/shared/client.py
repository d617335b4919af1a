"""`Shared` over Valkey or Redis: every call ends in time, and a store in trouble is left alone."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec
from redis.exceptions import (
    AskError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from mainstay.gateway.shared.address import SharedAddress, read_shared_url
from mainstay.gateway.shared.circuit import Circuit
from mainstay.gateway.shared.connection import Connect, Connection, connector
from mainstay.gateway.shared.pool import Pool, PoolExhaustedError
from mainstay.gateway.shared.port import CALL_SECONDS_MAX, Answer, SharedTroubleError, Value

TROUBLE_CHARACTERS_MAX = 200
TROUBLE_CLASSES = (OutOfMemoryError, ReadOnlyError, ClusterDownError, AskError, TryAgainError)
TROUBLE_PREFIXES = ("MISCONF", "NOREPLICAS", "BUSY ")
"""Error answers that speak of the server. All others speak of the command, and the server is well."""


class Clock(Protocol):
    """The event loop's time."""

    def time(self) -> float:
        """Seconds that only go on."""


class SharedStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics. `trouble` is `None` while all is well."""

    address: str
    trouble: str | None
    calls: int
    troubles: int
    skipped: int
    """Calls that were not made, because the store is left alone."""


class RedisShared:
    """See `port.Shared`. Used by one event loop."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        report: Callable[[str], None],
        connect: Connect | None = None,
        call_seconds: float = CALL_SECONDS_MAX,
    ) -> None:
        """Nothing is opened yet; `report` takes one line when trouble begins and when it ends; `call_seconds` is the
        limit of a call. Raises `UnusableSharedUrlError`."""
        self.address: SharedAddress = read_shared_url(url)
        self.connect = connect or connector(self.address)
        """Makes connections for those who need one of their own (a subscription)."""
        self._clock = clock
        self._report = report
        self._call_seconds = call_seconds
        self._pool = Pool(self.connect)
        self._circuit = Circuit()
        self._trouble: str | None = None
        self._told = False
        self._calls = self._troubles = self._skipped = 0

    @property
    def trouble(self) -> str | None:
        """See `port.Shared`."""
        return self._trouble

    def status(self) -> SharedStatus:
        """How it is, now."""
        return SharedStatus(str(self.address), self._trouble, self._calls, self._troubles, self._skipped)

    async def call(self, *command: Value) -> Answer:
        """See `port.Shared`. Maps are answered as flat lists (RESP2), simple strings as bytes."""
        if not self._circuit.admits(self._clock.time()):
            self._skipped += 1
            raise SharedTroubleError(f"left alone for now: {self._trouble}")
        self._calls += 1
        was_asked = False
        try:
            async with asyncio.timeout(self._call_seconds):
                connection = await self._pool.take()
                was_asked = True
                answer = await self._ask(connection, command)
        except asyncio.CancelledError:
            self._circuit.unknown()
            raise
        except TimeoutError:
            if not was_asked and self._pool.is_busy:
                self._circuit.unknown()
                raise SharedTroubleError("too many calls at once") from None
            raise self._failed(f"no answer within {self._call_seconds * 1000:.0f} ms") from None
        except PoolExhaustedError as error:
            self._circuit.unknown()
            raise SharedTroubleError(str(error)) from None
        except ResponseError as error:
            if _speaks_of_server(error):
                raise self._failed(self.words(error)) from None
            self._went_well()
            raise SharedTroubleError(self.words(error)) from None
        except Exception as error:  # noqa: BLE001 - the port promises one kind of error, whatever a server sends
            raise self._failed(self.words(error)) from None
        self._went_well()
        return answer

    def seen_alive(self) -> None:
        """Somebody has seen the store answer: the next call need not wait for the end of the pause."""
        self._circuit.probe_soon(self._clock.time())

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    def words(self, error: BaseException) -> str:
        """What an error says, without secrets, on one bounded line."""
        text = str(error) if isinstance(error, RedisError | OSError) and str(error) else type(error).__name__
        if self.address.password:
            text = text.replace(self.address.password, "...")
        return "".join(one if one.isprintable() else " " for one in text)[:TROUBLE_CHARACTERS_MAX]

    async def _ask(self, connection: Connection, command: tuple[Value, ...]) -> Answer:
        try:
            await connection.send_command(*command)
            answer = await connection.read_response()
        except ResponseError:
            # A whole answer, though not a welcome one.
            self._pool.give(connection)
            raise
        except BaseException:
            await self._pool.drop(connection)
            raise
        self._pool.give(connection)
        return answer

    def _failed(self, why: str) -> SharedTroubleError:
        self._troubles += 1
        self._circuit.bad(self._clock.time())
        self._trouble = why
        if not self._circuit.is_closed and not self._told:
            self._told = True
            self._report(f"shared: {self.address} is in trouble, going on without it: {why}")
        return SharedTroubleError(why)

    def _went_well(self) -> None:
        self._circuit.good()
        self._trouble = None
        if self._told:
            self._told = False
            self._report(f"shared: {self.address} answers again")


def _speaks_of_server(error: ResponseError) -> bool:
    return isinstance(error, TROUBLE_CLASSES) or str(error).startswith(TROUBLE_PREFIXES)
