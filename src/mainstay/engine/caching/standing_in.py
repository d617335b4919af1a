"""Standing in: in an outage an expired answer is better than none, if the workload says so (`stale_if_error`).

It is given at once where nobody is ready, and instead of a fault that is not the caller's where all tries came to
nothing. Never after content of another answer.
"""

import msgspec

from mainstay.engine import faults
from mainstay.engine.caching.answer import HEADER, STALE, CachedAnswer
from mainstay.engine.caching.playback import Playback
from mainstay.engine.caching.replay import head
from mainstay.engine.caching.slot import CacheSlot
from mainstay.engine.closing import exchange_record
from mainstay.engine.plan import Rest, Try, Wait, key_of
from mainstay.engine.progress import Conversation, Progress
from mainstay.model.commands import Answer, Begin, Finish, Send, Write
from mainstay.model.fault import Blame, Fault
from mainstay.model.http import Headers, Reply


def should_stand_in(progress: Progress, slot: CacheSlot | None, step: Try | Wait | Rest) -> bool:
    """Whether to give the old answer rather than take this step: nobody has room, or nobody is well."""
    if slot is None or slot.stand_in is None or progress.committed:
        return False
    if not progress.history.attempts and not isinstance(step, Try):
        return True
    return _nobody_is_well(progress)


def may_replace(progress: Progress, slot: CacheSlot | None, fault: Fault) -> CachedAnswer | None:
    """The old answer to give instead of this fault."""
    if slot is None or progress.committed or fault.blame is Blame.CALLER or faults.is_parting(fault):
        return None
    return slot.stand_in


def stand_in(progress: Progress, answer: CachedAnswer, fault: Fault) -> Conversation:
    """Give the old answer and write the exchange's record. Ends with `None`, or with the fault of a caller who left."""
    age = int(answer.age_seconds(progress.wall(progress.now)))
    degraded = f"no provider answers ({fault.kind.value}): an answer of {age} seconds ago"
    progress.status = answer.status
    parting = None
    if answer.stream:
        parting = yield from _play(progress, answer, _head(progress, answer, degraded), age)
    else:
        body = b"".join(answer.parts)
        progress.bytes_sent += len(body)
        yield Answer(Reply(answer.status, _head(progress, answer, degraded), body))
    record = exchange_record(progress, parting)
    yield Write(
        msgspec.structs.replace(
            record,
            upstream=answer.upstream,
            model_served=answer.model,
            degraded=degraded,
            repeats=answer.exchange,
            cache=STALE,
        )
    )
    return parting


def _play(progress: Progress, answer: CachedAnswer, headers: Headers, age: int) -> Conversation:
    if progress.begun:
        # The head has gone out with a keep-alive, so a comment says what it would have said.
        words = progress.dialect.comment(f"{HEADER}: {STALE}; age: {age}")
        progress.bytes_sent += len(words)
        yield Send(words)
    else:
        progress.begun = True
        yield Begin(answer.status, headers)
    playback = Playback(answer, progress.now)
    parting = yield from playback.run()
    progress.now = playback.now
    progress.bytes_sent += playback.bytes_sent
    if parting is None:
        yield Finish()
    return parting


def _head(progress: Progress, answer: CachedAnswer, degraded: str) -> Headers:
    ticket = msgspec.structs.replace(progress.ticket, now=progress.now)
    return head(ticket, answer, STALE, attempts=progress.history.attempts, degraded=degraded)


def _nobody_is_well(progress: Progress) -> bool:
    """Whether every candidate with every credential is known to fail now."""
    board, now = progress.board, progress.now
    return all(
        board.standing(key_of(one, credential), now).ready_at > now
        for one in progress.candidates
        for credential in one.upstream.credentials or (None,)
    )
