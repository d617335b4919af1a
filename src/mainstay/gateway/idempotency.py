"""Idempotency keys: a request that is sent again is answered once more, and served once.

The key is claimed before anything is dispatched. Who comes second with it follows the first while that runs, and gets
its answer again when that was good. Where the first came to nothing, the claim moves to a new exchange.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from mainstay.gateway.asking import refused
from mainstay.gateway.drafts.claiming import Claimed
from mainstay.gateway.drafts.claims import Claim
from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.owner import read_owner
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.driver import Caller
from mainstay.gateway.finding import Found
from mainstay.gateway.kept_caller import CANCELLED, FAILED
from mainstay.gateway.repeating import ERRORS_FROM, MarkedCaller
from mainstay.gateway.repeats import End, record_of_repeat
from mainstay.gateway.responses import Responses
from mainstay.gateway.resumption import Resumption
from mainstay.gateway.runs import Job, Runs
from mainstay.gateway.standing import is_complete
from mainstay.gateway.visits import Answered, Visit, Visitor, not_now
from mainstay.model.fault import Fault

LOOK_AGAIN_SECONDS: Final = 0.25
LOOKS_MAX: Final = 40
"""So often we look for an exchange that was claimed and is not to be seen, while its process lives: ten seconds."""
LOOKS_WHILE_UNREADABLE_MAX: Final = 8
"""The same while it cannot be read: two seconds. The shared store may be slow for a moment."""
ATTACHED, REPLAYED, RESUMED = "attached", "replayed", "resumed"

Start = Callable[[Job, Caller, Answered], None]
"""Serves a job that was not served before."""


class _Asked(msgspec.Struct, frozen=True):
    """One request with a key."""

    job: Job
    visitor: Visitor
    start: Start
    name: str
    claim: Claim
    looks: int = LOOKS_MAX


class Idempotency:
    """One worker's."""

    def __init__(self, runs: Runs, resumption: Resumption, responses: Responses) -> None:
        """`responses` answers for what runs in the background."""
        self._runs = runs
        self._resumption = resumption
        self._responses = responses

    def serve(self, job: Job, key: str, caller: Caller, otherwise: Answered, start: Start) -> None:
        """Serve a job under a key: by `start` where it is the first, else as the first was."""
        drafts = self._runs.drafts
        if drafts is None:
            message = (
                "this gateway keeps no drafts (drafts: off), so it cannot tell repeated requests: leave the key out"
            )
            otherwise(refused(400, "idempotency_unavailable", message))
            return
        claims, path = drafts.claims, job.call.path.partition("?")[0]
        name = claims.name(job.identity.tenant, path, key)
        claim = claims.new(self._runs.around.next_id(), claims.digest(job.call.body))
        asked = _Asked(job, Visitor(caller, otherwise), start, name, claim)
        claims.claim(name, claim, partial(self._claimed, drafts, asked))

    def _claimed(self, drafts: DraftStore, asked: _Asked, claimed: Claimed) -> None:
        visitor, claim = asked.visitor, claimed.claim
        if visitor.has_left:
            if claimed.is_ours:
                drafts.claims.release(asked.name, claim)
        elif claimed.is_ours:
            self._start(drafts, asked, claimed)
        elif claim.digest != asked.claim.digest:
            message = "this idempotency key was sent before with another body: use a new key for a new request"
            fault = refused(409, "idempotency_key_reused", message)
            # Some SDKs try again on every 409.
            visitor.refuse(msgspec.structs.replace(fault, headers=(("x-should-retry", "false"),)))
        else:
            self._repeat(drafts, asked, claim)

    def _start(self, drafts: DraftStore, asked: _Asked, claimed: Claimed) -> None:
        visitor = asked.visitor
        caller = visitor.caller
        if claimed.alone:
            caller = MarkedCaller(caller, claimed.alone)

        def otherwise(fault: Fault) -> None:
            drafts.claims.release(asked.name, claimed.claim)
            visitor.refuse(fault)

        asked.start(msgspec.structs.replace(asked.job, exchange_id=claimed.claim.exchange_id), caller, otherwise)

    def _repeat(self, drafts: DraftStore, asked: _Asked, claim: Claim) -> None:
        """Somebody was first."""
        finding, identity = self._resumption.finding, asked.job.identity
        run = finding.run(claim.exchange_id, identity)
        if run is not None and not run.job.background:
            self._resumption.follow_for(self._visit(asked, claim, ATTACHED), run)
        else:
            finding.find(claim.exchange_id, identity, partial(self._found, drafts, asked, claim))

    def _found(self, drafts: DraftStore, asked: _Asked, claim: Claim, found: Found | Missing) -> None:
        if asked.visitor.has_left:
            return
        if isinstance(found, Missing):
            self._missing(drafts, asked, claim, found)
        elif self._runs.get(claim.exchange_id) is None and not found.is_written and _came_to_nothing(found.kept):
            self._take_claim(drafts, asked, claim)
        elif found.kept.opening.background:
            mark = REPLAYED if found.kept.ended is not None else ATTACHED
            self._responses.again(asked.job, found, self._visit(asked, claim, mark).visitor)
        else:
            self._resumption.give_all(self._visit(asked, claim, self._mark(found)))

    def _mark(self, found: Found) -> str:
        if is_complete(found.kept):
            return REPLAYED
        is_running = found.is_written or self._runs.get(found.kept.opening.exchange_id) is not None
        return ATTACHED if is_running else RESUMED

    def _missing(self, drafts: DraftStore, asked: _Asked, claim: Claim, missing: Missing) -> None:
        """The exchange that was claimed is not to be seen."""
        owner = read_owner(claim.owner)
        is_near = owner is not None and owner.machine == drafts.owner.machine
        if missing.reason is Reason.UNREADABLE and not (is_near and asked.looks):
            if asked.looks > LOOKS_MAX - LOOKS_WHILE_UNREADABLE_MAX:
                self._look_again(drafts, asked)
            else:
                asked.visitor.refuse(not_now("this request was sent before, and its answer cannot be read now"))
        elif missing.reason in {Reason.UNKNOWN, Reason.UNREADABLE} and owner is not None and asked.looks:
            # Perhaps it is about to begin, or on its way to this machine's disk.
            drafts.elsewhere.lives(owner, partial(self._lives, drafts, asked, claim))
        else:
            self._take_claim(drafts, asked, claim)

    def _lives(self, drafts: DraftStore, asked: _Asked, claim: Claim, lives: bool) -> None:  # noqa: FBT001 - a callback
        if not lives:
            self._take_claim(drafts, asked, claim)
        else:
            self._look_again(drafts, asked)

    def _look_again(self, drafts: DraftStore, asked: _Asked) -> None:
        again = msgspec.structs.replace(asked, looks=asked.looks - 1)
        told = partial(self._claimed, drafts, again)
        self._runs.later(LOOK_AGAIN_SECONDS, lambda: drafts.claims.claim(asked.name, asked.claim, told))

    def _take_claim(self, drafts: DraftStore, asked: _Asked, claim: Claim) -> None:
        """The first came to nothing: of those who come now one is served."""
        drafts.claims.claim(asked.name, asked.claim, partial(self._claimed, drafts, asked), claim)

    def _visit(self, asked: _Asked, claim: Claim, mark: str) -> Visit:
        visitor = asked.visitor
        around = self._runs.around
        began_at = around.clock.time()

        def over(outcome: str, status: int, sent: int) -> None:
            seconds = round(around.clock.time() - began_at, 6)
            around.journal.write(
                record_of_repeat(around, asked.job, claim.exchange_id, End(outcome, status, seconds, sent))
            )

        caller = MarkedCaller(visitor.caller, mark, over)
        return Visit(Visitor(caller, visitor.otherwise), claim.exchange_id, 0, asked.job.identity, verbatim=True)


def _came_to_nothing(kept: Kept) -> bool:
    """Whether a repeated request deserves an exchange of its own."""
    if kept.tail_lost:
        return True
    if kept.replied is not None:
        return kept.replied.status >= ERRORS_FROM
    return kept.ended is not None and kept.ended.outcome in {FAILED, CANCELLED}
