"""Claiming an idempotency key, on this machine and among replicas.

The files of this machine come first, then the shared store, within its short time. Where one of them does not answer we
go on without it and say so (`Claimed.alone`): a repeated request may then be served twice.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec

from mainstay.gateway.drafts.claims import Claim, ClaimFiles, claim_text, keyed_hash, read_claim
from mainstay.gateway.drafts.errands import Errands
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.shared.port import Answer as SharedAnswer
from mainstay.gateway.shared.port import Shared, SharedTroubleError

PAUSE_SECONDS: Final = 0.01
TRIES: Final = 50
"""So often another process may have the files while it changes a claim."""
ALONE_HERE: Final = "not kept on disk"
ALONE_ON_MACHINE: Final = "this machine only"
Answer = TypeVar("Answer")
Other = TypeVar("Other")

_CLAIM: Final = """
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[3] then return known end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ''
"""
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0"
_CLAIMS: Final = "mainstay:claim:"


class Claimed(msgspec.Struct, frozen=True):
    """Who has a key now. `is_ours`: this very request. `alone` says what did not answer; empty when all is well."""

    claim: Claim
    is_ours: bool
    alone: str = ""


class SharedClaims:
    """Claims among replicas. Every method may raise `SharedTroubleError`."""

    def __init__(self, shared: Shared, keep_seconds: float) -> None:
        """Claims live for `keep_seconds`."""
        self._shared = shared
        self._keep_seconds = max(1, int(keep_seconds))

    async def claim(self, name: str, claim: Claim, before: Claim | None) -> Claim | None:
        """Claim a key that nobody has, or that `before` has; `None` where that succeeded, else who has it."""
        known = await self._run(_CLAIM, name, claim_text(claim), self._keep_seconds, claim_text(before or claim))
        return read_claim(known) if isinstance(known, bytes) and known else None

    async def release(self, name: str, claim: Claim) -> None:
        """Nothing came of it."""
        await self._run(_RELEASE, name, claim_text(claim))

    async def _run(self, script: str, name: str, *arguments: bytes | int) -> SharedAnswer:
        return await self._shared.call("EVAL", script, 1, _CLAIMS + name, *arguments)


class Hands(Protocol):
    """What the draft store does for us."""

    def ask(self, work: Callable[[], Answer], done: Callable[[Answer | Other], None], otherwise: Other) -> None:
        """Have the thread do something and tell what came of it."""

    def key(self) -> bytes:
        """What seals."""

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call after so many seconds."""


class Claims:
    """One event loop."""

    def __init__(
        self,
        hands: Hands,
        files: ClaimFiles,
        owner: Owner,
        *,
        wall: Callable[[], float],
        errands: Errands | None,
        shared: SharedClaims | None,
    ) -> None:
        """`wall` gives seconds since 1970. Without `errands` and `shared` there is this machine alone."""
        self.trouble: str | None = None
        """Why the last claim was not kept on disk; `None` while all is well."""
        self._hands = hands
        self._files = files
        self._owner = owner
        self._wall = wall
        self._errands = errands
        self._shared = shared

    def name(self, tenant: str, path: str, key: str) -> str:
        """What the claim of a key is called: keys are told apart by tenant and door."""
        return keyed_hash(self._hands.key(), tenant.encode(), path.encode(), key.encode())

    def digest(self, body: bytes) -> str:
        """By what bodies are compared."""
        return keyed_hash(self._hands.key(), body)

    def new(self, exchange_id: str, digest: str) -> Claim:
        """A claim of this process."""
        return Claim(exchange_id, digest, str(self._owner), self._wall())

    def claim(self, name: str, claim: Claim, done: Callable[[Claimed], None], before: Claim | None = None) -> None:
        """Claim a key: one that nobody has or, with `before`, one whose exchange came to nothing."""
        self._try(name, claim, before, done, TRIES)

    def release(self, name: str, claim: Claim) -> None:
        """Nothing came of it, and nobody must wait for it."""
        shared, errands = self._shared, self._errands
        self._hands.ask(partial(self._on_disk, partial(self._files.release, name, claim)), _nothing, None)
        if shared is not None and errands is not None:
            errands.ask(lambda: shared.release(name, claim), _nothing, None)

    def sweep(self) -> None:
        """Remove what is too old."""
        self._hands.ask(partial(self._on_disk, partial(self._files.sweep, self._wall())), self._swept, None)

    def _swept(self, found: OSError | None) -> None:
        self.trouble = None if found is None else _why(found)

    def _try(self, name: str, claim: Claim, before: Claim | None, done: Callable[[Claimed], None], tries: int) -> None:
        work = partial(self._files.claim, name, claim)
        if before is not None:
            work = partial(self._files.move, name, before, claim)
        told = partial(self._told, name, claim, before, done, tries)
        self._hands.ask(partial(self._on_disk, work), told, OSError("a defect of ours"))

    def _told(
        self,
        name: str,
        claim: Claim,
        before: Claim | None,
        done: Callable[[Claimed], None],
        tries: int,
        found: Claim | OSError | None,
    ) -> None:
        """What the files of this machine say."""
        shared, errands = self._shared, self._errands
        self.trouble = _why(found) if isinstance(found, OSError) else None
        if isinstance(found, BlockingIOError) and tries > 1:
            self._hands.later(PAUSE_SECONDS, partial(self._try, name, claim, before, done, tries - 1))
        elif isinstance(found, Claim):
            done(Claimed(found, is_ours=False))
        else:
            alone = "" if found is None else ALONE_HERE
            if shared is None or errands is None:
                done(Claimed(claim, is_ours=True, alone=alone))
            else:
                among = partial(self._among, name, claim, alone, done)
                errands.ask(lambda: shared.claim(name, claim, before), among, SharedTroubleError())

    def _among(
        self,
        name: str,
        claim: Claim,
        alone: str,
        done: Callable[[Claimed], None],
        found: Claim | SharedTroubleError | None,
    ) -> None:
        """What the replicas say."""
        if isinstance(found, Claim):
            # The other workers of this machine shall know it.
            moved = partial(self._files.move, name, claim, found)
            self._hands.ask(
                partial(self._on_disk, moved), lambda _: done(Claimed(found, is_ours=False)), otherwise=None
            )
        else:
            done(Claimed(claim, is_ours=True, alone=alone if found is None else alone or ALONE_ON_MACHINE))

    @staticmethod
    def _on_disk(work: Callable[[], Answer]) -> Answer | OSError:
        """A task of the thread."""
        try:
            return work()
        except OSError as error:
            return error


def _why(error: OSError) -> str | None:
    # Another process at the same claim is none, nor is a disk that nobody has asked.
    asked = error.errno is not None and not isinstance(error, BlockingIOError)
    return f"idempotency keys: {error.strerror}" if asked else None


def _nothing(_answer: object) -> None:
    """Nobody waits for this."""
