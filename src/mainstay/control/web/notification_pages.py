"""`/notifications`: who is told, what became of it, and tests; and the same for programs."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.notices.desk import TrialOutcome
from mainstay.control.web.answers import json_answer
from mainstay.control.web.asking import LONG_SECONDS, Unanswered
from mainstay.control.web.bench import Bench, bad_request, read_json, store_down, unknown
from mainstay.control.web.visit import Visit, visit_of

DOCS: Final = "docs/notifications.md says what can be sent."
WHERE: Final = "`notifications.targets` of the configuration names all that there are."


class TrialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which target is to be tested."""

    target: str


class NotificationPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def page(self, request: Request) -> Response:
        """All targets."""
        return self._page(visit_of(request))

    async def test(self, request: Request) -> Response:
        """Send a test, and show what became of it."""
        visit = visit_of(request)
        outcome = await self._tried(visit.form.get("target", ""))
        if outcome is None:
            return self._page(visit, message="There is no such target.", status=404)
        if isinstance(outcome, Unanswered):
            return self._page(visit, message=outcome.words, status=503)
        return self._page(visit, outcome)

    async def api(self, _request: Request) -> Response:
        """All targets, for programs."""
        status = self._bench.desks.notices.status()
        return json_answer({"targets": status.targets, "dropped": status.dropped, "trouble": status.trouble})

    async def test_api(self, request: Request) -> Response:
        """Send a test, and tell what became of it."""
        visit = visit_of(request)
        body = read_json(visit.body, TrialBody)
        if isinstance(body, str):
            return self._bench.no(request.url.path, visit, bad_request(body, DOCS))
        outcome = await self._tried(body.target)
        if outcome is None:
            return self._bench.no(request.url.path, visit, unknown(f"target {body.target[:100]!r}", WHERE))
        if isinstance(outcome, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(outcome))
        return json_answer(outcome)

    async def _tried(self, target: str) -> TrialOutcome | Unanswered | None:
        def test() -> TrialOutcome | None:
            try:
                return self._bench.desks.notices.test(target)
            except KeyError:
                return None

        return await self._bench.asker.ask(test, LONG_SECONDS)

    def _page(
        self, visit: Visit, outcome: TrialOutcome | None = None, message: str = "", status: int = 200
    ) -> Response:
        values: dict[str, object] = {
            "notices": self._bench.desks.notices.status(),
            "routes": self._bench.desks.snapshot().notifications.policy.routes,
            "outcome": outcome,
            "message": message,
        }
        return self._bench.page("notifications", visit, values, status)
