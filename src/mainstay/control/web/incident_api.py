"""Incidents for programs: `/api/incidents`, `/api/incidents/{id}` and `/api/incidents/{id}/events`."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.incidents.desk import Author, IncidentDesk, Terms
from mainstay.control.web.answers import Answers, Problem, json_answer
from mainstay.control.web.visit import Visit, visit_of
from mainstay.ledger.errors import LedgerError
from mainstay.model.incident import Affected, Impact, IncidentEvent, Opened
from mainstay.ops.incidents.cleaning import incident_id
from mainstay.ops.incidents.rules import is_for_people
from mainstay.ops.incidents.state import IncidentState, Refused
from mainstay.ops.incidents.summary import summary

LIMIT_MAX: Final = 200
LIMIT_USUAL: Final = 50
KEY_CHARACTERS_MAX: Final = 200
REASON_CHARACTERS_MAX: Final = 300

T = TypeVar("T")

_STORE_DOWN: Final = Problem(
    503, "store_down", "The store does not answer", "The gateway is not touched by it. Try again.", {"retry-after": "5"}
)


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens an incident. With `key` it is opened once, however often this is sent. `started_at`: when the trouble
    began, in seconds since 1970, where that was before now."""

    title: str
    impact: Impact = Impact.MINOR
    affected: tuple[Affected, ...] = ()
    text: str = ""
    is_private: bool = False
    started_at: float | None = None
    key: str = ""


class Happening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to an incident; see `Terms`."""

    event: IncidentEvent
    key: str = ""
    at: float | None = None
    seen: int | None = None


class IncidentApi:
    """Endpoints, behind the guard."""

    def __init__(self, desk: IncidentDesk, answers: Answers, wall: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970."""
        self._desk = desk
        self._answers = answers
        self._wall = wall

    async def incidents(self, request: Request) -> Response:
        """GET: those that are open, with `all=1` all (`limit`, `before`: an id; `search`: words). POST opens one."""
        if request.method == "POST":
            return await self._opened(request)
        found = _limit(request.query_params.get("limit", ""))
        if found is None:
            return self._refused(request, f"a limit is a whole number from 1 to {LIMIT_MAX}")
        words, before = request.query_params.get("search", ""), request.query_params.get("before", "")
        is_all = request.query_params.get("all", "") not in {"", "0"}

        def ask() -> tuple[IncidentState, ...]:
            if words:
                return self._desk.search(words, found)
            return self._desk.recent(found, before) if is_all or before else self._desk.current()[:found]

        answer = await self._asked(request, ask)
        if isinstance(answer, Response):
            return answer
        return json_answer({"incidents": [summary(state) for state in answer]})

    async def incident(self, request: Request) -> Response:
        """One incident with its whole timeline."""
        found = await self._asked(request, lambda: self._desk.read(request.path_params["id"]))
        if isinstance(found, Response):
            return found
        return self._unknown(request) if found is None else json_answer(found)

    async def events(self, request: Request) -> Response:
        """POST: something happens to it; the answer is the incident after it."""
        visit, name = visit_of(request), request.path_params["id"]
        happening = _read(visit.body, Happening)
        if isinstance(happening, str):
            return self._refused(request, happening)
        if not is_for_people(happening.event):
            return self._refused(request, "events of this type are written by Mainstay itself")
        terms = Terms(happening.key[:KEY_CHARACTERS_MAX], happening.at, happening.seen)

        def write() -> IncidentState | Refused | None:
            if self._desk.read(name) is None:
                return None
            return self._desk.add(name, happening.event, _author(visit), terms)

        written = await self._asked(request, write)
        return self._unknown(request) if written is None else self._written(request, written)

    async def _opened(self, request: Request) -> Response:
        visit = visit_of(request)
        body = _read(visit.body, Opening)
        if isinstance(body, str):
            return self._refused(request, body)
        started_at = self._wall() if body.started_at is None else body.started_at
        more = (body.affected, body.text)
        opened = Opened(body.title, body.impact, "hand", started_at, *more, is_private=body.is_private)
        key = f"{_author(visit).by} {body.key[:KEY_CHARACTERS_MAX]}" if body.key else ""
        written = await self._asked(request, lambda: self._desk.open(opened, _author(visit), key))
        return self._written(request, written, 201)

    async def _asked(self, request: Request, question: Callable[[], T]) -> T | Response:
        try:
            return await asyncio.to_thread(question)
        except LedgerError:
            return self._answers.problem(request.url.path, _STORE_DOWN)

    def _written(self, request: Request, written: IncidentState | Refused | Response, status: int = 200) -> Response:
        if isinstance(written, Refused):
            advice = f"{written.advice[:1].upper()}{written.advice[1:]}." if written.advice else ""
            return self._answers.problem(request.url.path, Problem(409, "refused", _capital(written.reason), advice))
        return written if isinstance(written, Response) else json_answer(written, status)

    def _refused(self, request: Request, reason: str) -> Response:
        problem = Problem(400, "bad_request", _capital(reason), "docs/incidents.md says what can be sent.")
        return self._answers.problem(request.url.path, problem)

    def _unknown(self, request: Request) -> Response:
        name = incident_id(request.path_params["id"]) or "of this id"
        problem = Problem(404, "not_found", f"There is no incident {name}", "GET /api/incidents?all=1 lists them.")
        return self._answers.problem(request.url.path, problem)


def _author(visit: Visit) -> Author:
    if visit.person is None:
        raise TypeError("an incident was written by nobody")
    return Author(visit.person.name, visit.person.origin.value)


def _read(body: bytes, kind: type[T]) -> T | str:
    """What was sent, or what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"this is not what can be sent here: {str(error)[:REASON_CHARACTERS_MAX]}"


def _limit(text: str) -> int | None:
    if not text:
        return LIMIT_USUAL
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LIMIT_MAX))
    return int(text) if is_number and 1 <= int(text) <= LIMIT_MAX else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
