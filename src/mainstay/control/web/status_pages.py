"""`/status-page`: what the public sees now, what it would read of a draft, who subscribes, how many report trouble."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.web.answers import json_answer
from mainstay.control.web.asking import Unanswered
from mainstay.control.web.bench import Bench
from mainstay.control.web.visit import visit_of
from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.status.view import ComponentView, StatusView
from mainstay.ops.trouble.reports import Level

TEXT_CHARACTERS_MAX: Final = 5_000
OLD_SECONDS: Final = 300.0


class Subscriptions(msgspec.Struct, frozen=True):
    """How many receivers are told, and how much is still to be sent to them."""

    subscribers: int
    failing: int
    waiting: int


class StatusAnswer(msgspec.Struct, frozen=True):
    """All of it, for programs. `page` is `None` before the page was made for the first time."""

    page: StatusView | None
    is_public: bool
    is_publishing: bool
    subscriptions: Subscriptions | None
    levels: tuple[Level, ...]


class StatusPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def page(self, request: Request) -> Response:
        """What the public sees, and a draft beside it."""
        bench, desks, asked = self._bench, self._bench.desks, request.query_params
        found = await bench.asker.ask(desks.incidents.current)
        subscriptions = await self._subscriptions()
        view, settings = desks.status_view(), desks.snapshot().status_page
        opened: tuple[IncidentState, ...] = () if isinstance(found, Unanswered) else found
        public = [one for one in opened if not one.is_private]
        draft = next((one for one in public if one.id == asked.get("incident", "")), None)
        values: dict[str, object] = {
            "view": view,
            "is_old": view is not None and bench.wall() - view.generated_at > OLD_SECONDS,
            "settings": settings,
            "is_acting": desks.is_acting(),
            "subscriptions": None if isinstance(subscriptions, Unanswered) else subscriptions,
            "troubles": [one.words for one in (found, subscriptions) if isinstance(one, Unanswered)],
            "levels": desks.levels(),
            "public": public,
            "hidden": len(opened) - len(public),
            "draft": draft,
            "statuses": [one.value for one in IncidentStatus],
            "draft_status": _status(asked.get("status", ""), draft),
            "draft_text": asked.get("text", "")[:TEXT_CHARACTERS_MAX],
            "bad_days": {} if view is None else {one.id: bad_days(one) for one in view.components},
        }
        return bench.page("status_page", visit_of(request), values)

    async def api(self, _request: Request) -> Response:
        """The same, for programs."""
        desks = self._bench.desks
        found = await self._subscriptions()
        answer = StatusAnswer(
            desks.status_view(),
            desks.snapshot().status_page.public,
            desks.is_acting(),
            None if isinstance(found, Unanswered) else found,
            desks.levels(),
        )
        return json_answer(answer)

    async def levels(self, _request: Request) -> Response:
        """How many people report trouble now."""
        return json_answer({"levels": self._bench.desks.levels()})

    async def _subscriptions(self) -> Subscriptions | Unanswered:
        book = await self._bench.asker.ask(self._bench.desks.subscribers.read)
        if isinstance(book, Unanswered):
            return book
        failing = sum(one.failing_since > 0 for one in book.subscribers)
        return Subscriptions(len(book.subscribers), failing, len(book.waiting))


def bad_days(component: ComponentView) -> int:
    """On how many of its days not all was well."""
    return sum(day.status not in (None, ComponentStatus.OPERATIONAL) for day in component.days)


def _status(word: str, draft: IncidentState | None) -> str:
    known = {one.value for one in IncidentStatus}
    return word if word in known else "" if draft is None else draft.status.value
