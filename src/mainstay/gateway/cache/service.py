"""Caching: a request whose answer is known is answered at once, identical ones at the same time share one exchange."""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from mainstay.engine import faults
from mainstay.engine.caching.answer import COALESCED, MISS, CachedAnswer, is_fresh, may_stand_in
from mainstay.engine.caching.replay import replay
from mainstay.engine.progress import Ticket
from mainstay.gateway.cache.asked import Asked, digest_of, may_read, needs_no_fresh_one, objection, rule_for
from mainstay.gateway.cache.copying import Absentee, Copy, CopyingCaller
from mainstay.gateway.cache.flights import SAME_FOR_ALL, Flight, Flights, Passenger
from mainstay.gateway.cache.keeping import Slot
from mainstay.gateway.cache.shelf import Place, Shelf, ShelfStatus
from mainstay.gateway.driver import Caller, Driver
from mainstay.gateway.idempotency import Start
from mainstay.gateway.repeats import End, record_of_repeat
from mainstay.gateway.resumption import Resumption
from mainstay.gateway.runs import Job, Run, Runs
from mainstay.gateway.visits import Answered, Visit, Visitor
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Reply
from mainstay.model.identity import Identity
from mainstay.model.ports import Dialect

FOLLOWS_MAX: Final = 2
"""So many exchanges of others are followed in vain; then the last one's error is everybody's."""
SERVER_ERRORS_FROM: Final = 500
Admit = Callable[[Identity, Dialect], Fault | None]
"""Counts a request that no provider is asked for; says why it may not be served."""


class Caching:
    """One worker's."""

    def __init__(self, runs: Runs, resumption: Resumption, shelf: Shelf | None, admit: Admit) -> None:
        """Without `shelf` nothing is kept, and nothing is shared."""
        self._runs = runs
        self._resumption = resumption
        self._shelf = shelf
        self._admit = admit
        self._flights = Flights()

    def status(self) -> ShelfStatus | None:
        """For readiness; `None` where nothing is kept."""
        return None if self._shelf is None else self._shelf.status()

    def serve(self, job: Job, wish: str, caller: Caller, otherwise: Answered, start: Start, *, may_mark: bool) -> None:
        """Serve a job from what is known, else by `start`. `wish` is what its caller says in `x-mainstay-cache`, empty
        for nothing; `may_mark` is `Snapshot.may_mark` of its tenant."""
        shelf = self._shelf
        fault = objection(job, wish, may_mark=may_mark, is_kept=shelf is not None)
        if fault is not None:
            otherwise(fault)
            return
        rule = rule_for(job, wish, may_mark=may_mark)
        place = None if rule is None or shelf is None else _place(shelf, job)
        if rule is None or shelf is None or place is None:
            start(job, caller, otherwise)
            return
        seconds = job.deadline_seconds or job.menu.workload.deadline_seconds
        deadline = self._runs.around.clock.time() + seconds
        asked = Asked(job, Visitor(caller, otherwise), start, rule, place, deadline)
        if not may_read(wish) and needs_no_fresh_one(job) is None:
            self._lead(shelf, asked, None)
        elif shelf.may_have(place.name):
            shelf.read(place, partial(self._found, shelf, asked))
        else:
            self._missed(shelf, asked, None)

    def _found(self, shelf: Shelf, asked: Asked, answer: CachedAnswer | None) -> None:
        if asked.visitor.has_left:
            return
        if answer is None or not asked.owns(answer):
            self._missed(shelf, asked, None)
            return
        age = answer.age_seconds(self._runs.around.clock.wall())
        order = needs_no_fresh_one(asked.job)
        if is_fresh(asked.rule, age):
            self._give(asked, answer)
        elif order is not None:
            self._give(asked, answer, f"{order.words}: an answer of {int(age)} seconds ago")
        else:
            self._missed(shelf, asked, answer if may_stand_in(asked.rule, age) else None)

    def _give(self, asked: Asked, answer: CachedAnswer, degraded: str = "") -> None:
        """No provider is asked; `degraded` says why, where the answer is not fresh any more."""
        job, around = asked.job, self._runs.around
        fault = self._admit(job.identity, job.dialect)
        if fault is not None:
            asked.visitor.refuse(fault)
            return
        now = around.clock.time()
        ticket = Ticket(
            around.next_id(),
            now,
            around.clock.wall() - now,
            _no_dice,
            job.identity.tenant,
            simulated_notice=around.notice(),
            token=job.identity.token,
            trouble=around.trouble(),
        )
        around.begun()
        Driver(
            replay(ticket, job.call, job.menu.workload.name, answer, degraded),
            asked.visitor.caller,
            around.upstreams,
            around.journal,
            around.alarms,
            crashed=lambda error: around.crashed(ticket, job, error),
            ended=around.ended,
        ).start(now)

    def _missed(self, shelf: Shelf, asked: Asked, old: CachedAnswer | None) -> None:
        flight = self._flights.find((asked.place.name, asked.job.menu.workload.name), asked.deadline)
        if flight is None or flight.run is None:
            self._lead(shelf, asked, old)
            return
        fault = self._admit(asked.job.identity, asked.job.dialect)
        if fault is None:
            self._follow(shelf, asked, flight, flight.run)
        else:
            asked.visitor.refuse(fault)

    def _lead(self, shelf: Shelf, asked: Asked, old: CachedAnswer | None) -> None:
        """Ask a provider, and let others follow."""
        around, drafts, visitor = self._runs.around, self._runs.drafts, asked.visitor
        copy = Copy(around.clock.time)
        job = msgspec.structs.replace(asked.job, slot=Slot(asked, shelf, copy, old, around.clock.wall()))
        if drafts is None or drafts.trouble is not None:
            asked.start(job, CopyingCaller(visitor.caller, copy), partial(self._refused, asked, old))
            return
        exchange, absentee = around.next_id(), Absentee(copy)
        kept_job = msgspec.structs.replace(job, exchange_id=exchange)
        asked.start(kept_job, absentee, partial(self._refused, asked, old))
        run = self._runs.get(exchange)
        if run is not None:
            flight = Flight(exchange, asked.deadline, absentee)
            self._flights.add((asked.place.name, job.menu.workload.name), flight, run)
            self._follow(shelf, asked, flight, run, is_first=True)
        elif not visitor.has_left:
            # Over already, or refused, which its caller has been told.
            absentee.hand_to(visitor.caller)

    def _refused(self, asked: Asked, old: CachedAnswer | None, fault: Fault) -> None:
        """It may not begin. Whoever is only turned away because there is too much to do gets the old answer."""
        if fault.kind is FaultKind.SHED and old is not None and not asked.visitor.has_left:
            age = int(old.age_seconds(self._runs.around.clock.wall()))
            self._give(asked, old, f"turned away ({fault.code}): an answer of {age} seconds ago")
        else:
            asked.visitor.refuse(fault)

    def _follow(self, shelf: Shelf, asked: Asked, flight: Flight, run: Run, *, is_first: bool = False) -> None:
        visitor, around = asked.visitor, self._runs.around
        began_at = around.clock.time()

        def over(outcome: str, status: int, sent: int) -> None:
            if not is_first:
                seconds = round(around.clock.time() - began_at, 6)
                end = End(outcome, status, seconds, sent)
                around.journal.write(record_of_repeat(around, asked.job, flight.exchange, end, COALESCED))

        again = partial(self._again, shelf, asked, is_first)
        passenger = Passenger(visitor.caller, MISS if is_first else COALESCED, over, flight.board(), again)
        visit = Visit(Visitor(passenger, visitor.otherwise), flight.exchange, 0, asked.job.identity, verbatim=True)
        self._resumption.follow_for(visit, run)

    def _again(self, shelf: Shelf, asked: Asked, is_first: bool, reply: Reply | None) -> bool:  # noqa: FBT001 - a callback
        """An exchange came to nothing for somebody who followed it: whether he is served otherwise."""
        if reply is None:
            asked.visitor.refuse(faults.drained())
            return True
        if is_first or reply.status in SAME_FOR_ALL:
            return False
        follows = asked.follows + 1
        if follows >= FOLLOWS_MAX and reply.status >= SERVER_ERRORS_FROM:
            return False
        visitor = Visitor(asked.visitor.caller, asked.visitor.otherwise)
        once_more = msgspec.structs.replace(asked, visitor=visitor, follows=follows)
        # Not now: we are in the middle of the other exchange's last step.
        self._runs.later(0.0, partial(self._ask_again, shelf, once_more))
        return True

    def _ask_again(self, shelf: Shelf, asked: Asked) -> None:
        visitor = asked.visitor
        if visitor.has_left:
            return
        if asked.follows < FOLLOWS_MAX:
            self._missed(shelf, asked, None)
        else:
            visitor.caller.on_left = None
            asked.start(asked.job, visitor.caller, visitor.refuse)


def _place(shelf: Shelf, job: Job) -> Place | None:
    """Where the answer to a job is kept; `None` where it must be an answer of its own."""
    digest = digest_of(job)
    name = None if digest is None else shelf.name(digest)
    return None if name is None else Place(name, job.identity.tenant, job.call.model)


def _no_dice() -> float:
    """An answer that is given again leaves nothing to chance."""
    return 0.0
