"""The Responses door: conversations that are followed by id, answers in the background, answers asked for again.

The gateway keeps the transcript itself, so a conversation survives a change of provider. The provider that gave the
previous response is still asked in its own way (`Call.home`); everybody else gets the whole conversation.
"""

from functools import partial

import msgspec

from mainstay.gateway.asking import refused
from mainstay.gateway.doors import Door, DoorKind
from mainstay.gateway.drafts.entries import Missing, Opening
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.driver import Caller
from mainstay.gateway.http.request import Request
from mainstay.gateway.kept_caller import CANCELLED
from mainstay.gateway.resumption import JSON_HEADERS, Answered, Resumption, Visitor, is_complete, missing, read_after
from mainstay.gateway.runs import RUNS_MAX, Job, Run, Runs, not_written
from mainstay.model.fault import Fault
from mainstay.model.http import Reply
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
        self._dialect = dialect

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
            drafts.find_response(options.previous_response_id, found)
        else:
            self._start(job, options, visitor)

    def come_back(self, found: Door, request: Request, caller: Caller, otherwise: Answered) -> None:
        """Serve a door with a response's id in its path."""
        drafts = self._runs.drafts
        if drafts is None:
            otherwise(_unknown(found.subject))
            return
        after = read_after(request.query, "starting_after", otherwise=BEFORE_ALL)
        if isinstance(after, Fault):
            otherwise(after)
            return
        is_stream = "stream=true" in request.query.split("&")
        visitor = Visitor(caller, otherwise)
        act = {
            DoorKind.CANCEL: partial(self._cancel, found.subject, visitor),
            DoorKind.RESPONSE: partial(self._get, found.subject, after if is_stream else None, visitor),
        }[found.kind]
        if request.method == "DELETE":
            act = partial(self._delete, found.subject, visitor)
        drafts.find_response(found.subject, act)

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

    def _found_previous(self, job: Job, options: Options, visitor: Visitor, exchange: str | None) -> None:
        drafts = self._runs.drafts
        if exchange is not None and drafts is not None:
            drafts.load(exchange, partial(self._loaded_previous, job, options, visitor))
        elif any(one.upstream.dialect == self._dialect.name for one in job.menu.candidates):
            # Perhaps its own provider knows it: the call stays bound to that one.
            self._start(job, options, visitor)
        else:
            visitor.refuse(_unknown(options.previous_response_id or ""))

    def _loaded_previous(self, job: Job, options: Options, visitor: Visitor, kept: Kept | Missing) -> None:
        if isinstance(kept, Missing):
            visitor.refuse(missing(kept))
            return
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

    def _get(self, response: str, after: int | None, visitor: Visitor, exchange: str | None) -> None:
        drafts = self._runs.drafts
        if exchange is None or drafts is None:
            visitor.refuse(_unknown(response))
            return
        run = self._runs.get(exchange)
        if run is not None and after is None:
            asked = _asked(response, run.draft.opening)
            drafts.load(exchange, lambda kept: visitor.reply(_json(_running(kept, asked), exchange)))
        elif after is not None:
            drafts.load(exchange, partial(self._stream, exchange, after, visitor))
        else:
            drafts.load(exchange, partial(self._whole, response, visitor))

    def _whole(self, response: str, visitor: Visitor, kept: Kept | Missing) -> None:
        if isinstance(kept, Missing):
            visitor.refuse(missing(kept))
            return
        identity = kept.opening.exchange_id
        if kept.replied is not None and kept.replied.status != 200:  # noqa: PLR2004 - HTTP's word for success
            visitor.reply(kept.replied)
        elif kept.ended is not None and kept.ended.outcome == CANCELLED:
            visitor.reply(_json(cancelled_object(kept.data, _asked(response, kept.opening)), identity))
        elif kept.ended is not None and not is_complete(kept):
            visitor.reply(_json(failed_object(kept.data, _asked(response, kept.opening)), identity))
        else:
            answer = _answer(kept) or running_object(kept.data, _asked(response, kept.opening))
            visitor.reply(_json(answer, identity))

    def _stream(self, exchange: str, after: int, visitor: Visitor, kept: Kept | Missing) -> None:
        """Events are counted from their sequence numbers to how many of them there are."""
        if isinstance(kept, Missing):
            visitor.refuse(missing(kept))
            return
        events = events_through(kept.data, after)
        if events is None:
            visitor.refuse(
                refused(400, "after_beyond_end", f"starting_after={after}: no event has this sequence number yet")
            )
            return
        if not visitor.has_left:
            self._resumption.stream(exchange, events, visitor.caller, visitor.refuse)

    def _cancel(self, response: str, visitor: Visitor, exchange: str | None) -> None:
        run = None if exchange is None else self._runs.get(exchange)
        drafts = self._runs.drafts
        if exchange is None or drafts is None:
            visitor.refuse(_unknown(response))
        elif run is not None and run.job.background:
            run.caller.cancel(CANCELLED)
            drafts.load(exchange, partial(self._whole, response, visitor))
        elif run is not None:
            visitor.refuse(
                refused(400, "invalid_request_error", "only a response with background: true can be cancelled")
            )
        else:
            # What is over stays as it is; cancelling twice is no mistake.
            drafts.load(exchange, partial(self._whole, response, visitor))

    def _delete(self, response: str, visitor: Visitor, exchange: str | None) -> None:
        drafts = self._runs.drafts
        if exchange is None or drafts is None:
            visitor.refuse(_unknown(response))
            return
        run = self._runs.get(exchange)
        if run is not None:
            run.caller.cancel(CANCELLED)
        drafts.delete(exchange, lambda _: visitor.reply(_json(msgspec.json.encode(_Deleted(response)), exchange)))


def _answer(kept: Kept) -> bytes | None:
    """The response object of a finished exchange."""
    if kept.replied is not None:
        return kept.replied.body
    return response_object(kept.data)


def _running(kept: Kept | Missing, asked: Asked) -> bytes:
    return running_object(kept.data if isinstance(kept, Kept) else b"", asked)


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
