"""Visits: somebody comes back for an exchange, and waits for what the disk or another process has to say."""

from collections.abc import Callable

import msgspec

from mainstay.gateway.asking import refused
from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.driver import Caller
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.identity import Identity

STREAM_HEADERS: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))

Answered = Callable[[Fault], None]
"""Takes why a caller cannot be served; answers in the caller's dialect."""


class Visitor:
    """A caller who waits. One who leaves meanwhile is not to be answered."""

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


class Visit(msgspec.Struct, frozen=True):
    """Somebody wants everything of an exchange behind its first `after` events. `verbatim`: with all headers that the
    first caller was given."""

    visitor: Visitor
    identity: str
    after: int
    asker: Identity
    verbatim: bool = False

    def headers(self, begun: Headers) -> Headers:
        """The head of its stream; `begun` is the one that the first caller was given."""
        if self.verbatim and begun:
            return begun
        ours = tuple(field for field in begun if field[0].startswith("x-mainstay-") and field[0] != "x-mainstay-id")
        return (*STREAM_HEADERS, ("x-mainstay-id", self.identity), *ours)


def missing(kept: Missing) -> Fault:
    """Why there is nothing to be had."""
    match kept.reason:
        case Reason.UNKNOWN:
            message = "no exchange of this id is kept here: the id stands in x-mainstay-id of a streamed answer"
            return refused(404, "exchange_not_found", message)
        case Reason.TAIL_LOST:
            return gone_for_ever("more was delivered than was kept")
        case Reason.KEY:
            return gone_for_ever("what was kept of it was sealed with a key that this gateway does not have")
        case Reason.DAMAGED:
            return gone_for_ever("what was kept of it cannot be read any more")
        case _:
            return not_now("what was kept cannot be read now")


def beyond(after: int, events: int) -> Fault:
    """Somebody asks for what comes after more events than there are."""
    return refused(400, "after_beyond_end", f"after={after}: this stream has {events} events so far")


def gone_for_ever(why: str) -> Fault:
    """Nobody can go on with it."""
    return refused(410, "exchange_gone", f"this exchange cannot be resumed: {why}; send the request again")


def nothing_kept() -> Fault:
    """Drafts are off."""
    return refused(404, "exchange_not_found", "this gateway keeps no drafts (drafts: off), so nothing can be resumed")


def not_now(why: str) -> Fault:
    """Trouble of ours that may pass."""
    return Fault(FaultKind.INTERNAL, why, status=503, code="draft_unavailable")
