"""The plan: who is tried next, and when. A synchronous function that decides; the exchange acts.

Every candidate with every credential is an option. Options are taken in this order:

    FRESH       a candidate of the asked model that was not tried yet and is ready
    REPEAT      the same candidate again, soon, where its fault was of the passing kind; before any substitute
    SUBSTITUTE  another model that is ready, where the workload allows it
    AGAIN       whoever may be tried a second time after a wait
    DRAINED     somebody who is ready, and to whom an order lets nothing new go while anybody else may serve
    BUSY        somebody who would be ready, but is full: wait for room (`mainstay.engine.queueing`)
    LATER       a gate (throttling) that opens soon
    LAST_RESORT an open breaker or a lenient gate: everything looks bad, the least bad one is tried (law 9)
    MUCH_LATER  a gate that opens within the deadline, but not soon

Of two last resorts the one that may start first is taken, then the one that is good again first. A last resort waits
for its own backoff, never for its breaker. A rest ends as soon as anybody's standing may have changed.

Retry budgets bind repetitions only: moving to another candidate is no storm, coming back to the same one is (law 8).
Another credential after account trouble is no repetition.
"""

from enum import IntEnum
from math import inf
from typing import NamedTuple

import msgspec

from mainstay.engine.board import CLEAR, Board, Standing
from mainstay.engine.capacity.hold import Hold
from mainstay.engine.demand import USUAL_DEMAND, Demand
from mainstay.engine.history import History
from mainstay.engine.key import Key
from mainstay.engine.routing.routed import Drained
from mainstay.model.catalogue import Candidate, Credential
from mainstay.model.dice import Dice
from mainstay.model.fault import Advice

ATTEMPTS_MAX = 16
"""Attempts per exchange, whatever the configuration says (law 12)."""
SOON_SECONDS = 2.0
"""A repetition that is due within this time goes before a substitute."""
PATIENCE_SECONDS = 10.0
"""A gate that opens within this time is waited for rather than trying a last resort."""
LOOK_SECONDS = 1.0
"""How soon to look again at a last resort that is full."""
OTHERS_WAIT = Hold(inf, "others wait for it")
MARGIN_SECONDS = 0.05
"""A wait that ends this close to the deadline is of no use."""


class Rank(IntEnum):
    """The order in which options are taken."""

    FRESH = 0
    REPEAT = 1
    SUBSTITUTE = 2
    AGAIN = 3
    DRAINED = 4
    BUSY = 5
    LATER = 6
    LAST_RESORT = 7
    MUCH_LATER = 8


class Try(msgspec.Struct, frozen=True):
    """Attempt this candidate now."""

    candidate: Candidate
    credential: Credential | None
    key: Key
    """What health is kept for."""
    chosen: str
    """Why this one, for the record."""
    repetition: bool
    holds_room: bool = False
    """Whether its room was taken already, by the queue that it waited in."""


class Wait(msgspec.Struct, frozen=True):
    """Everybody who would be ready is full: queue for these, and ask again at this instant."""

    tries: tuple[Try, ...]
    until: float
    reason: str


class Rest(msgspec.Struct, frozen=True):
    """Nobody is ready: ask again at this instant."""

    until: float
    reason: str


class Option(msgspec.Struct, frozen=True):
    """One way to go on."""

    rank: Rank
    ready_at: float
    """When it is good: its gate has opened, its breaker lets a probe through, its backoff is over."""
    start_at: float
    """When it may start at the earliest. A last resort waits for its backoff only."""
    position: int
    action: Try
    reason: str


class _Situation(NamedTuple):
    """What every option is judged by."""

    history: History
    board: Board
    now: float
    dice: Dice
    demand: Demand


def key_of(candidate: Candidate, credential: Credential | None) -> Key:
    """The health key of a candidate with a credential."""
    return Key(candidate.upstream.name, candidate.model, credential.name if credential else "")


def first_try(candidates: tuple[Candidate, ...], board: Board, now: float, demand: Demand = USUAL_DEMAND) -> Try | None:
    """The short way of `next_step` for the usual case: nothing tried yet, the first choice is healthy and has room."""
    candidate = candidates[0]
    credentials = candidate.upstream.credentials
    credential = credentials[0] if credentials else None
    key = key_of(candidate, credential)
    if board.room.size and board.room.awaits(key.upstream):
        return None
    if board.standing(key, now) is not CLEAR or board.capacity.hold(candidate, key, demand, now) is not None:
        return None
    if board.watch.is_suspect(key, demand.cohort, now):
        return None
    return Try(candidate, credential, key, "first choice", repetition=False)


def next_step(  # noqa: PLR0913 - everything that a plan is made of
    candidates: tuple[Candidate, ...],
    history: History,
    board: Board,
    now: float,
    deadline: float,
    dice: Dice,
    *,
    demand: Demand = USUAL_DEMAND,
) -> Try | Wait | Rest | None:
    """The next attempt, a wait for room, a rest until somebody is ready, or `None` when no attempt can help."""
    if history.attempts >= ATTEMPTS_MAX or now + MARGIN_SECONDS >= deadline:
        return None
    situation = _Situation(history, board, now, dice, demand)
    options = [
        option
        for position, candidate in enumerate(candidates)
        for credential in candidate.upstream.credentials or (None,)
        if (option := _option(position, candidate, credential, situation)) is not None
        and option.start_at + MARGIN_SECONDS < deadline
    ]
    if not options:
        return None
    best = min(options, key=lambda option: _order(option, now))
    if best.rank is Rank.BUSY:
        return _wait(options, now, deadline)
    if best.start_at <= now:
        return best.action
    changes = [option.ready_at for option in options if option.ready_at > now]
    return Rest(until=min(best.start_at, *changes), reason=best.reason)


def _wait(options: list[Option], now: float, deadline: float) -> Wait:
    """Queue for everybody who is full; something else may become possible meanwhile."""
    busy = [option for option in options if option.rank is Rank.BUSY]
    others = [option.ready_at for option in options if option.rank is not Rank.BUSY and option.ready_at > now]
    return Wait(tuple(option.action for option in busy), min([deadline, *others]), busy[0].reason)


def _order(option: Option, now: float) -> tuple[Rank, float, float, int]:
    start_at = max(option.start_at, now) if option.rank >= Rank.AGAIN else now
    ready_at = option.ready_at if option.rank is Rank.LAST_RESORT else 0.0
    return option.rank, start_at, ready_at, option.position


def _option(position: int, candidate: Candidate, credential: Credential | None, situation: _Situation) -> Option | None:
    history, board, now, _, _ = situation
    name = candidate.upstream.name
    if history.is_barred(candidate, credential.name if credential else ""):
        return None
    if history.tries_at_upstream(name) >= candidate.retries.attempts_per_upstream:
        return None
    repetition = history.tries_at(candidate) > 0 and not _has_failed_with(Advice.ROTATE, candidate, history)
    if repetition and not board.may_repeat(name, now):
        return None
    key = key_of(candidate, credential)
    standing = board.standing(key, now)
    rested_at = history.not_before(candidate) if repetition else 0.0
    ready_at = max(standing.ready_at, rested_at)
    rank = _rank(candidate, standing, rested_at, situation, repetition=repetition)
    if rank <= Rank.AGAIN and isinstance(candidate, Drained):
        rank = Rank.DRAINED
    if rank <= Rank.DRAINED and ready_at <= now:
        hold = _hold(candidate, key, situation)
        if hold is not None:
            why = _why(Rank.BUSY, position, history, standing)
            action = Try(candidate, credential, key, why, repetition=repetition)
            return Option(Rank.BUSY, max(hold.ready_at, now), now, position, action, hold.reason)
        if rank < Rank.AGAIN and board.watch.is_suspect(key, situation.demand.cohort, now):
            rank = Rank.AGAIN
    action = Try(candidate, credential, key, _why(rank, position, history, standing), repetition=repetition)
    start_at = rested_at if rank is Rank.LAST_RESORT else ready_at
    if rank is Rank.LAST_RESORT and start_at <= now:
        hold = board.capacity.hold(candidate, key, situation.demand, now)
        # Nobody queues for somebody who is ill; but nobody is given more than he may be given, either.
        start_at = start_at if hold is None else min(max(hold.ready_at, now + MARGIN_SECONDS), now + LOOK_SECONDS)
    return Option(rank, ready_at, start_at, position, action, standing.reason or "backoff")


def _hold(candidate: Candidate, key: Key, situation: _Situation) -> Hold | None:
    """Why an attempt must wait: there is no room, or others have waited longer for it."""
    board = situation.board
    hold = board.capacity.hold(candidate, key, situation.demand, situation.now)
    if hold is None and board.room.size and board.room.awaits(key.upstream):
        return OTHERS_WAIT
    return hold


def _has_failed_with(advice: Advice, candidate: Candidate, history: History) -> bool:
    fault = history.fault_of(candidate)
    return fault is not None and fault.advice is advice


def _rank(
    candidate: Candidate, standing: Standing, rested_at: float, situation: _Situation, *, repetition: bool
) -> Rank:
    history, _, now, dice, demand = situation
    if standing.ready_at > now:
        if standing.last_resort:
            return Rank.LAST_RESORT
        return Rank.LATER if standing.ready_at - now <= PATIENCE_SECONDS else Rank.MUCH_LATER
    if repetition:
        is_soon = rested_at - now <= SOON_SECONDS and not candidate.substitute
        return Rank.REPEAT if is_soon and _has_failed_with(Advice.SAME, candidate, history) else Rank.AGAIN
    if standing.share < 1.0 and (demand.share_point if demand.has_session else dice()) >= standing.share:
        return Rank.AGAIN
    return Rank.SUBSTITUTE if candidate.substitute else Rank.FRESH


def _why(rank: Rank, position: int, history: History, standing: Standing) -> str:
    if rank is Rank.LAST_RESORT:
        return f"last resort ({standing.reason})"
    if history.last_fault is not None:
        return f"after {history.last_fault.kind.value}"
    return "first choice" if position == 0 else "others not ready"
