"""What the gateway asks of a shared Valkey or Redis."""

from typing import Protocol

Value = bytes | str | int | float
Answer = bytes | int | list["Answer"] | dict[bytes, "Answer"] | None


class SharedTroubleError(Exception):
    """The shared store did not answer in time, refused, or is being left alone for now. Go on without it."""


class Shared(Protocol):
    """One shared store. Each call ends within `CALL_SECONDS_MAX`, at once while the store is being left alone."""

    @property
    def trouble(self) -> str | None:
        """Why calls fail now, in words for an operator; `None` while all is well."""

    async def call(self, *command: Value) -> Answer:
        """Perform one command (`call("HSET", key, field, value)`). Raises `SharedTroubleError` and nothing else."""


CALL_SECONDS_MAX = 0.05
