"""Resumption: what was delivered is given again behind any event, and what is missing is gone on with.

An exchange that ran here is taken from here; one that runs or ran at another worker or replica is pursued there
(`pursuit`). Somebody of another tenant finds nothing, by the same way.
"""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.engine.purse import Purse
from mainstay.gateway.asking import refused
from mainstay.gateway.drafts.entries import Beyond, Missing
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.driver import Caller
from mainstay.gateway.finding import UNKNOWN, Finding, Found
from mainstay.gateway.following import Following
from mainstay.gateway.orders.guide import Guide
from mainstay.gateway.pursuit import PURSUITS_MAX, Obtained, Outdated, Pursuit
from mainstay.gateway.runs import Job, Run, Runs, call_of
from mainstay.gateway.standing import Standing, is_cancelled, is_complete, of_found, of_run
from mainstay.gateway.visits import Answered, Visit, Visitor, beyond, gone_for_ever, missing, not_now, nothing_kept
from mainstay.model.catalogue import Menu
from mainstay.model.fault import Fault
from mainstay.model.http import Headers, Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.ports import Dialect

JSON_HEADERS: Headers = (("content-type", "application/json"), ("cache-control", "no-store"))
PICK_UPS_MAX = 3
"""How often gateways that start take up the same exchange: one that brings them down must not do so for ever."""
PICK_UPS_AT_ONCE = 100
LOADS_MAX = 10
"""How often a draft is read for one caller, where others go on with it meanwhile."""
STALE = "exchange_changed"


class Resumption:
    """Serves those who come back."""

    def __init__(
        self,
        runs: Runs,
        dialects: Mapping[str, Dialect],
        snapshot: Callable[[], Snapshot],
        purse_of: Callable[[Identity], Purse | None] = lambda _: None,
        guide: Guide | None = None,
    ) -> None:
        """`snapshot` gives the configuration of the moment; `purse_of` what somebody's exchange may spend that was let
        in before (`None`: as it likes); `guide` what orders make of what is gone on with (`None`: nothing)."""
        self._purse_of = purse_of
        self._guide = guide
        self.finding = Finding(runs)
        self._runs = runs
        self._dialects = dialects
        self._snapshot = snapshot
        self._waiting: list[str] = []
        self._pursuits = 0

    @property
    def pursuits(self) -> int:
        """Callers behind exchanges that others run."""
        return self._pursuits

    def stream(self, subject: str, after: int, caller: Caller, otherwise: Answered, identity: Identity = LOCAL) -> None:
        """Give `identity` everything behind the first `after` events of an exchange."""
        self.give_all(Visit(Visitor(caller, otherwise), subject, after, identity))

    def give_all(self, visit: Visit) -> None:
        """Give what a visit asks for, wherever it is."""
        run = self.finding.run(visit.identity, visit.asker)
        if run is not None:
            self.follow_for(visit, run)
        elif self._runs.drafts is None:
            visit.visitor.refuse(nothing_kept())
        else:
            self.obtain(visit, partial(self._obtained, visit))

    def standing(self, subject: str, caller: Caller, otherwise: Answered, identity: Identity = LOCAL) -> None:
        """Tell `identity` where an exchange stands."""
        run = self.finding.run(subject, identity)
        if run is not None:
            caller.reply(_reply(of_run(run)))
        elif self._runs.drafts is None:
            otherwise(nothing_kept())
        else:
            self.finding.find(subject, identity, partial(_tell, Visitor(caller, otherwise)))

    def follow(self, run: Run, after: int, caller: Caller, otherwise: Answered) -> None:
        """Give a caller what a running exchange has delivered behind `after` events, and what it will."""
        self.follow_for(Visit(Visitor(caller, otherwise), run.draft.id, after, run.job.identity), run)

    # -- what a pursuit needs of us

    def later(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call after so many seconds."""
        self._runs.later(seconds, callback)

    def obtain(self, visit: Visit, done: Callable[[Obtained], None]) -> None:
        """What is here of an exchange: its run, gone on with where it had been interrupted; its draft, where that is
        over."""
        self._obtain(visit, LOADS_MAX, done)

    def follow_for(self, visit: Visit, run: Run) -> None:
        """Let a visit follow a run."""
        following = Following(visit.visitor.caller, self.attend(run))
        run.caller.when_told(partial(self._follow_told, visit, run, following))

    def give(self, visit: Visit, kept: Kept) -> None:
        """Give what is kept here; go on with it where it is not whole, whatever others say."""
        if kept.replied is not None or is_complete(kept):
            _give_whole(visit, kept)
        else:
            self._obtained(visit, self.revive(kept))

    def attend(self, run: Run) -> Callable[[], None]:
        """One more listens to a run; call what is given when not any more."""
        run.caller.listeners += 1
        return partial(_gone, run)

    # -- what is here

    def _follow_told(self, visit: Visit, run: Run, following: Following) -> None:
        """The exchange has begun to answer, or is over."""
        kept, visitor = run.caller, visit.visitor
        if following.is_over:
            return
        if kept.answer is not None:
            following.leave()
            visitor.caller.reply(kept.answer)
            return
        follower = run.draft.follow(visit.after, following.pump)
        if isinstance(follower, Beyond):
            following.leave()
            visitor.otherwise(beyond(visit.after, follower.events))
            return
        headers = visit.headers(kept.begun.headers if kept.begun else ())
        following.start(follower, 200, headers, lambda: kept.ending)

    def _obtain(self, visit: Visit, tries: int, done: Callable[[Obtained], None]) -> None:
        self.finding.here(visit.identity, visit.asker, partial(self._loaded, visit, tries, done))

    def _loaded(self, visit: Visit, tries: int, done: Callable[[Obtained], None], kept: Kept | Missing) -> None:
        drafts, run = self._runs.drafts, self.finding.run(visit.identity, visit.asker)
        if visit.visitor.has_left or drafts is None:
            done(UNKNOWN)
        elif run is not None or isinstance(kept, Missing):
            # Somebody else was faster, or there is nothing.
            done(run or kept)
        elif tries > 1 and drafts.running(visit.identity) is not None:
            # It ended meanwhile, and its end is on the way to disk: what was read is older than that.
            self._obtain(visit, tries - 1, done)
        elif kept.replied is not None:
            done(kept)
        elif isinstance(rest := kept.after(visit.after), Beyond):
            done(beyond(visit.after, rest.events))
        elif is_cancelled(kept):
            done(gone_for_ever("its caller took it back"))
        elif is_complete(kept):
            done(kept)
        else:
            drafts.elsewhere.keep(visit.identity, partial(self._may_go_on, visit, tries, kept, done))

    def _may_go_on(
        self,
        visit: Visit,
        tries: int,
        kept: Kept,
        done: Callable[[Obtained], None],
        is_ours: bool,  # noqa: FBT001 - a callback
    ) -> None:
        run = self.finding.run(visit.identity, visit.asker)
        if visit.visitor.has_left:
            done(UNKNOWN)
        elif run is not None:
            done(run)
        elif not is_ours:
            done(Outdated(kept))
        else:
            revived = self.revive(kept)
            if isinstance(revived, Fault) and revived.code == STALE and tries > 1:
                # Somebody else went on with it since it was read, and is done or gone again.
                self._obtain(visit, tries - 1, done)
            else:
                done(revived)

    def _obtained(self, visit: Visit, here: Obtained) -> None:
        visitor = visit.visitor
        if visitor.has_left:
            return
        if isinstance(here, Run):
            self.follow_for(visit, here)
        elif isinstance(here, Kept):
            self.give(visit, here)
        elif isinstance(here, Fault):
            visitor.refuse(here)
        elif isinstance(here, Outdated):
            self._pursue(visit, here.kept)
        elif here == UNKNOWN:
            self._pursue(visit, None)
        else:
            visitor.refuse(missing(here))

    def _pursue(self, visit: Visit, fallback: Kept | None) -> None:
        drafts = self._runs.drafts
        if drafts is None or self._pursuits >= PURSUITS_MAX:
            visit.visitor.refuse(not_now(f"{PURSUITS_MAX} callers already follow what other processes run"))
            return
        self._pursuits += 1
        Pursuit(visit, self, drafts.elsewhere, self._pursued, fallback).start()

    def _pursued(self) -> None:
        self._pursuits -= 1

    # -- going on

    def revive(self, kept: Kept) -> Run | Fault:
        """Go on with a kept exchange."""
        if kept.tail_lost:
            return gone_for_ever("more was delivered than was kept, so nobody can go on from here")
        job = self.job_of(kept)
        if isinstance(job, Fault):
            return job
        try:
            return self._runs.revive(job, kept)
        except ValueError:
            fault = gone_for_ever("it cannot be gone on with")
            return msgspec.structs.replace(fault, code=STALE)

    def job_of(self, kept: Kept) -> Job | Fault:
        """The job that a draft was opened for, under the configuration of today, for whom it was opened."""
        opening = kept.opening
        dialect = self._dialects.get(opening.dialect)
        menu: Menu | None = self._snapshot().menu(opening.model, opening.workload)
        if dialect is None or menu is None:
            return gone_for_ever(f"the configuration no longer knows its model {opening.model!r}")
        call = call_of(dialect, opening)
        if isinstance(call, Fault):
            return call
        if self._guide is not None:
            menu = self._guide.route(menu, opening.tenant, call.session)
            if (unasked := self._guide.unasked(menu)) is not None:
                return unasked
        deadline_seconds = max(1.0, opening.deadline - opening.at)
        identity = Identity(opening.tenant, token=opening.token)
        return Job(
            dialect,
            call,
            menu,
            deadline_seconds,
            opening.background,
            opening.remembered,
            identity,
            purse=self._purse_of(identity),
        )

    def pick_up(self) -> None:
        """Take up the durable exchanges that an earlier process left unfinished."""
        if self._runs.drafts is not None:
            self._runs.drafts.unfinished(self._found)

    def _found(self, identities: tuple[str, ...]) -> None:
        self._waiting = list(identities)
        for _ in range(min(PICK_UPS_AT_ONCE, len(self._waiting))):
            self._pick_up_next()

    def _pick_up_next(self) -> None:
        drafts = self._runs.drafts
        if self._waiting and drafts is not None:
            drafts.load(self._waiting.pop(0), self._pick_up_one)

    def _pick_up_one(self, kept: Kept | Missing) -> None:
        drafts = self._runs.drafts
        if drafts is not None and isinstance(kept, Kept) and self._is_left(kept):
            drafts.elsewhere.keep(kept.opening.exchange_id, partial(self._pick_up_ours, kept))
        else:
            self._pick_up_next()

    def _pick_up_ours(self, kept: Kept, is_ours: bool) -> None:  # noqa: FBT001 - a callback
        run = self.revive(kept) if is_ours and self._is_left(kept) else None
        if isinstance(run, Run):
            run.caller.when_over(self._pick_up_next)
        else:
            self._pick_up_next()

    def _is_left(self, kept: Kept) -> bool:
        is_open = kept.ended is None and self._runs.get(kept.opening.exchange_id) is None
        return is_open and len(kept.picked_up) < PICK_UPS_MAX


def read_after(query: str, name: str, otherwise: int = 0) -> int | Fault:
    """The number behind which a caller wants to go on; `otherwise` where it does not say."""
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if key == name:
            if value.isascii() and value.isdigit() and len(value) <= 12:  # noqa: PLR2004 - more than any stream has
                return int(value)
            return refused(400, "invalid_after", f"{name} must be a whole number: where to go on behind")
    return otherwise


def _gone(run: Run) -> None:
    run.caller.listeners -= 1
    run.caller.unattended()


def _give_whole(visit: Visit, kept: Kept) -> None:
    """Give what is over."""
    caller = visit.visitor.caller
    if kept.replied is not None:
        caller.reply(kept.replied)
        return
    rest = kept.after(visit.after)
    if isinstance(rest, Beyond):
        visit.visitor.otherwise(beyond(visit.after, rest.events))
        return
    caller.begin(200, visit.headers(kept.begun.headers if kept.begun else ()))
    caller.send(rest)
    caller.finish()


def _tell(visitor: Visitor, found: Found | Missing) -> None:
    if isinstance(found, Missing):
        visitor.refuse(missing(found))
    else:
        visitor.reply(_reply(of_found(found)))


def _reply(standing: Standing) -> Reply:
    return Reply(200, JSON_HEADERS, msgspec.json.encode(standing))
