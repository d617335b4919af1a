"""The Responses door: conversations that are followed by id, answers in the background, answers asked for again.

The gateway keeps the transcript itself, so a conversation survives a change of provider. The provider that gave the
previous response is still asked in its own way (`Call.home`); everybody else gets the whole conversation.
"""

import re
from collections.abc import Callable
from functools import partial

import msgspec

from mainstay.gateway.asking import refused
from mainstay.gateway.doors import Door, DoorKind
from mainstay.gateway.drafts.entries import Missing, Opening, Reason
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.wishes import WishKind
from mainstay.gateway.driver import Caller
from mainstay.gateway.finding import Found
from mainstay.gateway.http.request import Request
from mainstay.gateway.kept_caller import CANCELLED
from mainstay.gateway.minding import Minding
from mainstay.gateway.resumption import JSON_HEADERS, Resumption, read_after
from mainstay.gateway.runs import RUNS_MAX, Job, Run, Runs, not_written
from mainstay.gateway.standing import is_cancelled, is_complete
from mainstay.gateway.visits import Answered, Visit, Visitor, missing, not_now
from mainstay.model.fault import Fault
from mainstay.model.http import Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.ports import Dialect
from mainstay.wire.openai_responses.expansion import expanded, response_object
from mainstay.wire.openai_responses.kept import (
    Asked,
    cancelled_object,
    events_through,
    failed_object,
    running_object,
)
from mainstay.wire.openai_responses.options import Options, as_foreground, read_options

PREVIOUS = "previous_response_id"
BEFORE_ALL = -1
"""Sequence numbers begin with 0."""
LOOK_AGAIN_SECONDS = 0.25
LOOKS_MAX = 20
"""So often we look whether another process has done what was wished."""
_MADE_BY_US = re.compile(r"resp_[0-9a-f]{25}")
"""The id of an exchange with another prefix."""


class _Asked(msgspec.Struct, frozen=True):
    """Somebody asks for a response by its id."""

    response: str
    visitor: Visitor
    asker: Identity


class _Deleted(msgspec.Struct, frozen=True):
    """Body of a deletion."""

    id: str
    object: str = "response"
    deleted: bool = True


class Responses:
    """Serves the doors below `/v1/responses`."""

    def __init__(self, runs: Runs, resumption: Resumption, dialect: Dialect) -> None:
        """`dialect` is `openai-responses`."""
        self._runs = runs
        self._resumption = resumption
        self._finding = resumption.finding
        self._dialect = dialect
        self._minding = Minding(runs, resumption.finding, resumption.revive)

    def serve(self, job: Job, caller: Caller, otherwise: Answered) -> None:
        """Serve `POST /v1/responses`."""
        options, visitor = read_options(job.call.body), Visitor(caller, otherwise)
        drafts = self._runs.drafts
        job = msgspec.structs.replace(job, remembered=options.is_stored)
        if options.background and drafts is None:
            message = "background: this gateway keeps no drafts (drafts: off), so nothing can run in the background"
            otherwise(refused(400, "background_unavailable", message))
        elif options.previous_response_id and drafts is not None:
            found = partial(self._found_previous, job, options, visitor)
            self._finding.find_response(options.previous_response_id, found)
        else:
            self._start(job, options, visitor)

    def come_back(
        self, found: Door, request: Request, caller: Caller, otherwise: Answered, identity: Identity = LOCAL
    ) -> None:
        """Serve `identity` at a door with a response's id in its path."""
        if self._runs.drafts is None:
            otherwise(_unknown(found.subject))
            return
        after = read_after(request.query, "starting_after", otherwise=BEFORE_ALL)
        if isinstance(after, Fault):
            otherwise(after)
            return
        is_stream = "stream=true" in request.query.split("&")
        asked = _Asked(found.subject, Visitor(caller, otherwise), identity)
        act = {
            DoorKind.CANCEL: partial(self._cancel, asked),
            DoorKind.RESPONSE: partial(self._get, asked, after if is_stream else None),
        }[found.kind]
        if request.method == "DELETE":
            act = partial(self._delete, asked)
        self._finding.find_response(found.subject, partial(self._found, asked, act))

    def again(self, job: Job, found: Found, visitor: Visitor) -> None:
        """Answer a repeated request for a response in the background as it was answered first."""
        options = read_options(job.call.body)
        if options.stream:
            self._resumption.give_all(Visit(visitor, found.kept.opening.exchange_id, 0, job.identity, verbatim=True))
        else:
            visitor.reply(_whole(found.kept.opening.response_id, found.kept))

    def _found(self, asked: _Asked, act: Callable[[Found | Run], None], exchange: str | Missing) -> None:
        """Act on the exchange that gave a response, wherever it is."""
        if isinstance(exchange, Missing):
            asked.visitor.refuse(_missing(exchange, asked.response))
            return
        run = self._finding.run(exchange, asked.asker)
        if run is not None:
            act(run)
        else:
            self._finding.find(exchange, asked.asker, partial(self._found_kept, asked, act))

    def _found_kept(self, asked: _Asked, act: Callable[[Found | Run], None], found: Found | Missing) -> None:
        if isinstance(found, Found):
            act(found)
        else:
            asked.visitor.refuse(_missing(found, asked.response))

    def _start(self, job: Job, options: Options, visitor: Visitor) -> None:
        if not options.background:
            if not visitor.has_left:
                self._runs.start(job, visitor.caller)
            return
        if self._runs.unattended >= RUNS_MAX:
            visitor.refuse(not_written())
            return
        call = self._dialect.read_call(job.call.path, "", job.call.headers, as_foreground(job.call.body))
        if isinstance(call, Fault):
            visitor.refuse(call)
            return
        home_body = as_foreground(job.call.home_body) if job.call.home else b""
        call = msgspec.structs.replace(call, home=job.call.home, home_body=home_body, bound=job.call.bound)
        job = msgspec.structs.replace(job, call=call, background=True, remembered=True)
        self._runs.start(job, None, partial(self._started, options, visitor))

    def _started(self, options: Options, visitor: Visitor, run: Run | Fault) -> None:
        """A background job is on disk: its caller may go."""
        if isinstance(run, Fault):
            visitor.refuse(run)
        elif options.stream and not visitor.has_left:
            self._resumption.follow(run, 0, visitor.caller, visitor.refuse)
        else:
            visitor.reply(_json(running_object(b"", _asked(run.job.call.answer_id, run.draft.opening)), run.draft.id))

    def _found_previous(self, job: Job, options: Options, visitor: Visitor, exchange: str | Missing) -> None:
        if isinstance(exchange, Missing):
            self._unknown_previous(job, options, visitor, exchange)
        else:
            self._finding.find(exchange, job.identity, partial(self._loaded_previous, job, options, visitor))

    def _unknown_previous(self, job: Job, options: Options, visitor: Visitor, why: Missing) -> None:
        """Perhaps its own provider knows it: the call stays bound to that one. But a provider does not know our
        tenants, so it would tell one what another had said. Nor does it know ids of ours, which another replica may
        have while it cannot be asked."""
        previous = options.previous_response_id or ""
        is_there = why.reason is not Reason.UNKNOWN and bool(_MADE_BY_US.fullmatch(previous))
        may_pass = job.identity.tenant == LOCAL.tenant and not is_there
        if may_pass and any(one.upstream.dialect == self._dialect.name for one in job.menu.candidates):
            self._start(job, options, visitor)
        else:
            visitor.refuse(_missing(why, previous))

    def _loaded_previous(self, job: Job, options: Options, visitor: Visitor, found: Found | Missing) -> None:
        if isinstance(found, Missing):
            visitor.refuse(_missing(found, options.previous_response_id or ""))
            return
        kept = found.kept
        answer = _answer(kept)
        if answer is None or not is_complete(kept):
            message = f"{PREVIOUS}: that response is not complete, so nothing can follow it yet"
            visitor.refuse(refused(400, "previous_response_incomplete", message))
            return
        body = expanded(job.call.body, ((kept.opening.body, answer),))
        call = body if isinstance(body, Fault) else self._dialect.read_call(job.call.path, "", job.call.headers, body)
        if isinstance(call, Fault):
            visitor.refuse(call)
            return
        home = _home(job, kept)
        call = msgspec.structs.replace(call, home=home, home_body=job.call.body if home else b"")
        self._start(msgspec.structs.replace(job, call=call), options, visitor)

    def _get(self, asked: _Asked, after: int | None, found: Found | Run) -> None:
        drafts = self._runs.drafts
        if isinstance(found, Found):
            self._give(asked, after, found)
        elif drafts is not None:
            # Its draft has what was delivered so far.
            drafts.load(found.draft.id, partial(self._loaded_running, asked, after, found))

    def _loaded_running(self, asked: _Asked, after: int | None, run: Run, kept: Kept | Missing) -> None:
        if isinstance(kept, Kept):
            self._give(asked, after, Found(kept))
        elif after is None:
            body = running_object(b"", _asked(asked.response, run.draft.opening))
            asked.visitor.reply(_json(body, run.draft.id))
        else:
            asked.visitor.refuse(missing(kept))

    def _give(self, asked: _Asked, after: int | None, found: Found) -> None:
        """Events are counted from their sequence numbers to how many of them there are."""
        kept, visitor = found.kept, asked.visitor
        if after is None:
            self._minding.mind(found, asked.asker)
            visitor.reply(_whole(asked.response, kept))
            return
        events = events_through(kept.data, after)
        if events is None:
            message = f"starting_after={after}: no event has this sequence number yet"
            visitor.refuse(refused(400, "after_beyond_end", message))
        elif not visitor.has_left:
            self._resumption.give_all(Visit(visitor, kept.opening.exchange_id, events, asked.asker))

    def _cancel(self, asked: _Asked, found: Found | Run) -> None:
        drafts, is_background = self._runs.drafts, _opening(found).background
        is_over = isinstance(found, Found) and not found.is_written
        if is_over and isinstance(found, Found):
            # What is over stays as it is; cancelling twice is no mistake.
            asked.visitor.reply(_whole(asked.response, found.kept))
        elif not is_background:
            message = "only a response with background: true can be cancelled"
            asked.visitor.refuse(refused(400, "invalid_request_error", message))
        elif isinstance(found, Found):
            self._wish(asked, found, WishKind.CANCEL)
        elif drafts is not None:
            found.caller.cancel(CANCELLED)
            drafts.load(found.draft.id, partial(self._tell_cancelled, asked))

    def _tell_cancelled(self, asked: _Asked, kept: Kept | Missing) -> None:
        if isinstance(kept, Missing):
            asked.visitor.refuse(missing(kept))
        else:
            asked.visitor.reply(_whole(asked.response, kept))

    def _delete(self, asked: _Asked, found: Found | Run) -> None:
        drafts, exchange = self._runs.drafts, _opening(found).exchange_id
        if drafts is None:
            return
        if isinstance(found, Run):
            found.caller.cancel(CANCELLED)
        if isinstance(found, Run) or found.seen is None:
            drafts.delete(exchange, lambda _: _tell_deleted(asked, exchange))
        elif found.is_written:
            self._wish(asked, found, WishKind.DELETE)
        else:
            drafts.elsewhere.remove(exchange, found.seen, partial(self._removed, asked, exchange))

    # -- what other processes are asked to do

    def _removed(self, asked: _Asked, exchange: str, is_removed: bool) -> None:  # noqa: FBT001 - a callback
        if is_removed:
            _tell_deleted(asked, exchange)
        else:
            asked.visitor.refuse(not_now("this response cannot be deleted now"))

    def _wish(self, asked: _Asked, found: Found, kind: WishKind) -> None:
        """Ask the process that runs it, and see that it is done."""
        drafts, exchange = self._runs.drafts, found.kept.opening.exchange_id
        if drafts is not None and found.seen is not None:
            heard = partial(self._wished, asked, kind, exchange, LOOKS_MAX)
            drafts.elsewhere.wish(kind, exchange, found.seen, heard)

    def _wished(self, asked: _Asked, kind: WishKind, exchange: str, looks: int, is_heard: bool) -> None:  # noqa: FBT001 - a callback, and what was known before it
        if is_heard and looks:
            look = partial(self._finding.find, exchange, asked.asker, partial(self._seen, asked, kind, exchange, looks))
            self._runs.later(LOOK_AGAIN_SECONDS, look)
        else:
            message = "another process runs this response and has not said that it stopped: ask again"
            asked.visitor.refuse(not_now(message))

    def _seen(self, asked: _Asked, kind: WishKind, exchange: str, looks: int, found: Found | Missing) -> None:
        is_gone = isinstance(found, Missing) and found.reason is Reason.UNKNOWN
        if kind is WishKind.DELETE and is_gone:
            _tell_deleted(asked, exchange)
        elif kind is WishKind.CANCEL and isinstance(found, Found) and not found.is_written:
            asked.visitor.reply(_whole(asked.response, found.kept))
        elif not asked.visitor.has_left:
            self._wished(asked, kind, exchange, looks - 1, is_heard=True)


def _whole(response: str, kept: Kept) -> Reply:
    """What asking for a response answers."""
    identity, asked = kept.opening.exchange_id, _asked(response, kept.opening)
    if kept.replied is not None and kept.replied.status != 200:  # noqa: PLR2004 - HTTP's word for success
        return kept.replied
    if is_cancelled(kept):
        return _json(cancelled_object(kept.data, asked), identity)
    if kept.ended is not None and not is_complete(kept):
        return _json(failed_object(kept.data, asked), identity)
    return _json(_answer(kept) or running_object(kept.data, asked), identity)


def _opening(found: Found | Run) -> Opening:
    return found.kept.opening if isinstance(found, Found) else found.draft.opening


def _tell_deleted(asked: _Asked, exchange: str) -> None:
    asked.visitor.reply(_json(msgspec.json.encode(_Deleted(asked.response)), exchange))


def _missing(kept: Missing, response: str) -> Fault:
    """Why there is nothing to be had of a response."""
    return _unknown(response) if kept.reason is Reason.UNKNOWN else missing(kept)


def _answer(kept: Kept) -> bytes | None:
    """The response object of a finished exchange."""
    if kept.replied is not None:
        return kept.replied.body
    return response_object(kept.data)


def _asked(response: str, opening: Opening) -> Asked:
    return Asked(response, opening.model, int(opening.at), opening.background)


def _home(job: Job, kept: Kept) -> str:
    """The upstream that gave the previous response under the id that the caller knows, and so knows it itself."""
    head = kept.begun or kept.replied
    if head is None or kept.opening.response_id:
        return ""
    name = dict(head.headers).get("x-mainstay-upstream", "")
    speaks = (one.upstream for one in job.menu.candidates if one.upstream.name == name)
    return name if any(one.dialect == job.dialect.name for one in speaks) else ""


def _unknown(response: str) -> Fault:
    message = f"no response {response[:100]!r} is kept here: it was not stored, or its time is over"
    return refused(404, "response_not_found", message)


def _json(body: bytes, identity: str) -> Reply:
    return Reply(200, (*JSON_HEADERS, ("x-mainstay-id", identity)), body)
