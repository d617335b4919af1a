"""Resumption: what was delivered is given again behind any event, and what is missing is gone on with."""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.gateway.asking import refused
from mainstay.gateway.drafts.entries import Beyond, Missing, Reason
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.driver import Caller
from mainstay.gateway.following import Following
from mainstay.gateway.kept_caller import ANSWERED, CANCELLED
from mainstay.gateway.runs import Job, Run, Runs, call_of
from mainstay.model.catalogue import Menu
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Dialect

STREAM_HEADERS: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
JSON_HEADERS: Headers = (("content-type", "application/json"), ("cache-control", "no-store"))
PICK_UPS_MAX = 3
"""How often gateways that start take up the same exchange: one that brings them down must not do so for ever."""
PICK_UPS_AT_ONCE = 100
LOADS_MAX = 10
"""How often a draft is read for one caller, where others go on with it meanwhile."""
STALE = "exchange_changed"

Answered = Callable[[Fault], None]
"""Takes why a caller cannot be served; answers in the caller's dialect."""


class Standing(msgspec.Struct, frozen=True):
    """Body of `GET /v1/mainstay/exchanges/{id}`. `state` is `running`, `complete`, `failed` (answered with
    an error), `interrupted` (can be gone on with), `lost` (its end was not kept) or `cancelled`. `events` counts whole
    server-sent events with data."""

    id: str
    state: str
    dialect: str
    model: str
    stream: bool
    durable: bool
    started_at: float
    events: int
    status: int | None
    times_resumed: int = 0


class Visitor:
    """A caller who waits for the disk. One who leaves meanwhile is not to be answered."""

    def __init__(self, caller: Caller, otherwise: Answered) -> None:
        """`otherwise` answers with a fault."""
        self.caller = caller
        self.otherwise = otherwise
        self.has_left = False
        caller.on_left = self._leave

    def reply(self, reply: Reply) -> None:
        """Answer, if anybody is there to hear it."""
        if not self.has_left:
            self.caller.reply(reply)

    def refuse(self, fault: Fault) -> None:
        """Say why not, if anybody is there to hear it."""
        if not self.has_left:
            self.otherwise(fault)

    def _leave(self) -> None:
        self.has_left = True


class Resumption:
    """Serves those who come back."""

    def __init__(self, runs: Runs, dialects: Mapping[str, Dialect], snapshot: Callable[[], Snapshot]) -> None:
        """`snapshot` gives the configuration of the moment."""
        self._runs = runs
        self._dialects = dialects
        self._snapshot = snapshot
        self._waiting: list[str] = []

    def stream(self, identity: str, after: int, caller: Caller, otherwise: Answered) -> None:
        """Give a caller everything behind the first `after` events."""
        run = self._runs.get(identity)
        if run is not None:
            self.follow(run, after, caller, otherwise)
        elif self._runs.drafts is None:
            otherwise(_nothing_kept())
        else:
            self._load(Visitor(caller, otherwise), identity, after)

    def _load(self, visitor: "Visitor", identity: str, after: int, tries: int = LOADS_MAX) -> None:
        if self._runs.drafts is not None:
            self._runs.drafts.load(identity, partial(self._loaded, visitor, identity, after, tries))

    def standing(self, identity: str, caller: Caller, otherwise: Answered) -> None:
        """Tell a caller where an exchange stands."""
        run = self._runs.get(identity)
        if run is not None:
            caller.reply(_reply(_of_run(run)))
        elif self._runs.drafts is None:
            otherwise(_nothing_kept())
        else:
            self._runs.drafts.load(identity, lambda kept: _tell(kept, caller, otherwise))

    def follow(self, run: Run, after: int, caller: Caller, otherwise: Answered) -> None:
        """Give a caller what a running exchange has delivered behind `after` events, and what it will."""
        kept = run.caller
        kept.listeners += 1
        following = Following(caller, partial(_gone, run))
        kept.when_told(partial(self._follow_told, run, after, following, caller, otherwise))

    def _follow_told(self, run: Run, after: int, following: Following, caller: Caller, otherwise: Answered) -> None:
        """The exchange has begun to answer, or is over."""
        kept = run.caller
        if following.is_over:
            return
        if kept.answer is not None:
            following.leave()
            caller.reply(kept.answer)
            return
        follower = run.draft.follow(after, following.pump)
        if isinstance(follower, Beyond):
            following.leave()
            otherwise(_beyond(after, follower.events))
            return
        headers = _headers(run.draft.id, kept.begun.headers if kept.begun else ())
        following.start(follower, 200, headers, lambda: kept.ending)

    def _loaded(self, visitor: "Visitor", identity: str, after: int, tries: int, kept: Kept | Missing) -> None:
        if visitor.has_left:
            return
        run, drafts = self._runs.get(identity), self._runs.drafts
        if run is not None:
            # Somebody else was faster.
            self.follow(run, after, visitor.caller, visitor.otherwise)
        elif tries > 1 and drafts is not None and drafts.running(identity) is not None:
            # It ended meanwhile, and its end is on the way to disk: what was read is older than that.
            self._load(visitor, identity, after, tries - 1)
        elif isinstance(kept, Missing):
            visitor.otherwise(missing(kept))
        elif kept.replied is not None:
            visitor.caller.reply(kept.replied)
        else:
            self._give(visitor, after, tries, kept)

    def _give(self, visitor: "Visitor", after: int, tries: int, kept: Kept) -> None:
        """Give what is kept of a stream, and go on with it where it is not whole."""
        rest, identity = kept.after(after), kept.opening.exchange_id
        if isinstance(rest, Beyond):
            visitor.otherwise(_beyond(after, rest.events))
        elif is_cancelled(kept):
            visitor.otherwise(_gone_for_ever("its caller took it back"))
        elif is_complete(kept):
            visitor.caller.begin(200, _headers(identity, kept.begun.headers if kept.begun else ()))
            visitor.caller.send(rest)
            visitor.caller.finish()
        else:
            revived = self.revive(kept)
            if isinstance(revived, Run):
                self.follow(revived, after, visitor.caller, visitor.otherwise)
            elif revived.code == STALE and tries > 1:
                # Somebody else went on with it since it was read, and is done or gone again.
                self._load(visitor, identity, after, tries - 1)
            else:
                visitor.otherwise(revived)

    def revive(self, kept: Kept) -> Run | Fault:
        """Go on with a kept exchange."""
        if kept.tail_lost:
            return _gone_for_ever("more was delivered than was kept, so nobody can go on from here")
        job = self.job_of(kept)
        if isinstance(job, Fault):
            return job
        try:
            return self._runs.revive(job, kept)
        except ValueError:
            fault = _gone_for_ever("it cannot be gone on with")
            return msgspec.structs.replace(fault, code=STALE)

    def job_of(self, kept: Kept) -> Job | Fault:
        """The job that a draft was opened for, under the configuration of today."""
        opening = kept.opening
        dialect = self._dialects.get(opening.dialect)
        menu: Menu | None = self._snapshot().menu(opening.model, opening.workload)
        if dialect is None or menu is None:
            return _gone_for_ever(f"the configuration no longer knows its model {opening.model!r}")
        call = call_of(dialect, opening)
        if isinstance(call, Fault):
            return call
        deadline_seconds = max(1.0, opening.deadline - opening.at)
        return Job(dialect, call, menu, deadline_seconds, opening.background, opening.remembered)

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
        is_left = isinstance(kept, Kept) and kept.ended is None and self._runs.get(kept.opening.exchange_id) is None
        run = self.revive(kept) if isinstance(kept, Kept) and is_left and len(kept.picked_up) < PICK_UPS_MAX else None
        if isinstance(run, Run):
            run.caller.when_over(self._pick_up_next)
        else:
            self._pick_up_next()


def read_after(query: str, name: str, otherwise: int = 0) -> int | Fault:
    """The number behind which a caller wants to go on; `otherwise` where it does not say."""
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if key == name:
            if value.isascii() and value.isdigit() and len(value) <= 12:  # noqa: PLR2004 - more than any stream has
                return int(value)
            return refused(400, "invalid_after", f"{name} must be a whole number: where to go on behind")
    return otherwise


def missing(kept: Missing) -> Fault:
    """Why there is nothing to be had."""
    match kept.reason:
        case Reason.UNKNOWN:
            message = "no exchange of this id is kept here: the id stands in x-mainstay-id of a streamed answer"
            return refused(404, "exchange_not_found", message)
        case Reason.TAIL_LOST:
            return _gone_for_ever("more was delivered than was kept")
        case Reason.DAMAGED | Reason.KEY:
            return _gone_for_ever("what was kept of it cannot be read any more")
        case _:
            message = "what was kept cannot be read now"
            return Fault(FaultKind.INTERNAL, message, status=503, code="draft_unavailable")


def is_complete(kept: Kept) -> bool:
    """Whether its caller had, or could have had, the whole answer."""
    return kept.ended is not None and kept.ended.outcome == ANSWERED and not kept.tail_lost


def is_cancelled(kept: Kept) -> bool:
    """Whether its caller took the request back."""
    return kept.ended is not None and kept.ended.outcome == CANCELLED


def _gone(run: Run) -> None:
    run.caller.listeners -= 1
    run.caller.unattended()


def _headers(identity: str, begun: Headers) -> Headers:
    disclosed = tuple(field for field in begun if field[0].startswith("x-mainstay-") and field[0] != "x-mainstay-id")
    return (*STREAM_HEADERS, ("x-mainstay-id", identity), *disclosed)


def _beyond(after: int, events: int) -> Fault:
    return refused(400, "after_beyond_end", f"after={after}: this stream has {events} events so far")


def _gone_for_ever(why: str) -> Fault:
    return refused(410, "exchange_gone", f"this exchange cannot be resumed: {why}; send the request again")


def _nothing_kept() -> Fault:
    return refused(404, "exchange_not_found", "this gateway keeps no drafts (drafts: off), so nothing can be resumed")


def _tell(kept: Kept | Missing, caller: Caller, otherwise: Answered) -> None:
    if isinstance(kept, Missing):
        otherwise(missing(kept))
    else:
        caller.reply(_reply(_of_kept(kept)))


def _of_run(run: Run) -> Standing:
    opening, caller = run.draft.opening, run.caller
    status = caller.answer.status if caller.answer else caller.begun.status if caller.begun else None
    return Standing(
        opening.exchange_id,
        "running",
        opening.dialect,
        opening.model,
        opening.stream,
        opening.durable,
        opening.at,
        run.draft.events,
        status,
        run.revivals,
    )


def _of_kept(kept: Kept) -> Standing:
    opening = kept.opening
    status = kept.replied.status if kept.replied else kept.begun.status if kept.begun else None
    has_failed = kept.replied is not None and kept.ended is not None and not is_complete(kept)
    state = "complete" if is_complete(kept) else "lost" if kept.tail_lost else "interrupted"
    return Standing(
        opening.exchange_id,
        "cancelled" if is_cancelled(kept) else "failed" if has_failed else state,
        opening.dialect,
        opening.model,
        opening.stream,
        opening.durable,
        opening.at,
        kept.events,
        status,
        len(kept.picked_up),
    )


def _reply(standing: Standing) -> Reply:
    return Reply(200, JSON_HEADERS, msgspec.json.encode(standing))
