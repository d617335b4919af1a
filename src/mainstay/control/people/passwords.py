"""Passwords: argon2id, at most two at once and beside the event loop, so that a flood of logins stalls nothing else."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

AT_ONCE: Final = 2
WAITING_MAX: Final = 16
CHARACTERS_MIN: Final = 12
CHARACTERS_MAX: Final = 256

# OWASP's password storage cheat sheet asks for 46 MiB and one pass; with two a login still takes about 0.1 s.
MEMORY_KIBIBYTES: Final = 47_104
PASSES: Final = 2

Result = TypeVar("Result")


class BusyError(Exception):
    """More logins wait than are worth waiting for; the caller should try again in a moment."""


class Hasher(Protocol):
    """What is asked of argon2."""

    def hash(self, password: str) -> str:
        """The hash, with its parameters."""

    def verify(self, stored: str, password: str) -> bool:
        """Whether the hash is that of the password."""


class Argon2:
    """Argon2id with our parameters; a hash that was made with other ones is still understood."""

    def __init__(self, memory_kibibytes: int = MEMORY_KIBIBYTES, passes: int = PASSES) -> None:
        self._argon2 = PasswordHasher(
            time_cost=passes, memory_cost=memory_kibibytes, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )

    def hash(self, password: str) -> str:
        """The hash, with its parameters."""
        return self._argon2.hash(_bytes(password))

    def verify(self, stored: str, password: str) -> bool:
        """Whether the hash is that of the password; false for what is no hash."""
        try:
            return self._argon2.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


class Passwords:
    """Hashes and verifies in threads of its own."""

    def __init__(self, hasher: Hasher) -> None:
        """Takes as long as one hash does: the one that unknown names are compared with."""
        self._hasher = hasher
        self._nobody = hasher.hash("a password that nobody has, as nobody has an account of its name")
        self._pool = ThreadPoolExecutor(AT_ONCE, "password")
        self._waiting = 0

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; `None` for an unknown name takes as long and is never right.

        Raises `BusyError`.
        """
        is_right = await self._run(self._hasher.verify, stored or self._nobody, password[: CHARACTERS_MAX + 1])
        return is_right and stored is not None

    async def hash(self, password: str) -> str:
        """The hash of a new password. Raises `BusyError`."""
        return await self._run(self._hasher.hash, password)

    def close(self) -> None:
        """Take no more. What runs ends within a moment."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, job: Callable[..., Result], *arguments: str) -> Result:
        if self._waiting >= WAITING_MAX:
            raise BusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job, *arguments)
        finally:
            self._waiting -= 1


def password_problem(password: str, name: str) -> str | None:
    """Why this cannot be a password, as the end of a sentence that begins with it; `None` when it can."""
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        return f"must have {CHARACTERS_MIN} to {CHARACTERS_MAX} characters"
    if password.strip().lower() == name.strip().lower() or len(set(password)) == 1:
        return "must not be the name, nor one character over and over"
    return None


def _bytes(password: str) -> bytes:
    # The same letters may be typed as other code points on another keyboard.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
