"""`/incidents` and everything beneath it: the list, one incident, what people do with it, its report."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.incidents.desk import Author, Terms
from mainstay.control.report.desk import Format, written
from mainstay.control.web.answers import redirect
from mainstay.control.web.asking import LONG_SECONDS, Unanswered
from mainstay.control.web.bench import Bench, person_of, sentence, store_down, unknown
from mainstay.control.web.choices import component_names
from mainstay.control.web.incident_forms import ROLES, BadFormError, event_of, key_of, opened_of, seen_of
from mainstay.control.web.visit import Visit, visit_of
from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.ops.incidents.cleaning import incident_id
from mainstay.ops.incidents.clocks import running
from mainstay.ops.incidents.state import IncidentState, Refused

PAGE: Final = 50
WHERE: Final = "The list of incidents shows all that there are."
_EMPTY: Final[Mapping[str, str]] = {}


class IncidentPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def page(self, request: Request) -> Response:
        """The list: open ones, then the others."""
        visit, desk = visit_of(request), self._bench.desks.incidents
        before, words = request.query_params.get("before", ""), request.query_params.get("search", "").strip()

        def ask() -> tuple[tuple[IncidentState, ...], tuple[IncidentState, ...]]:
            if words:
                found = desk.search(words, PAGE)
                return tuple(one for one in found if one.is_open), tuple(one for one in found if not one.is_open)
            opened = () if before else desk.current()
            return opened, tuple(one for one in desk.recent(PAGE, before) if before or not one.is_open)

        found = await self._bench.asker.ask(ask)
        trouble = found.words if isinstance(found, Unanswered) else ""
        opened, past = ((), ()) if isinstance(found, Unanswered) else found
        oldest = past[-1].id if len(past) + len(opened) >= PAGE and not words else ""
        values = {"open": opened, "past": past, "older": oldest, "trouble": trouble, "search": words, "before": before}
        return self._bench.page("incidents", visit, values)

    async def one(self, request: Request) -> Response:
        """One incident."""
        return await self._shown(visit_of(request), request.path_params["id"])

    async def act(self, request: Request) -> Response:
        """Something that a person does with it."""
        visit, name = visit_of(request), request.path_params["id"]
        person = person_of(visit)
        try:
            event = event_of(visit.form, person.name)
        except BadFormError as error:
            return await self._shown(visit, name, str(error), 400)
        terms = Terms(key_of(visit.form, person.name), seen=seen_of(visit.form))
        author = Author(person.name, person.origin.value)
        desk = self._bench.desks.incidents
        outcome = await self._bench.asker.ask(lambda: desk.add(name, event, author, terms), LONG_SECONDS)
        if isinstance(outcome, Unanswered):
            return await self._shown(visit, name, outcome.words, 503)
        if isinstance(outcome, Refused):
            return await self._shown(visit, name, outcome.words, 409)
        if form_id := incident_id(name):
            return redirect(f"/incidents/{form_id}")
        return redirect("/incidents")

    async def open(self, request: Request) -> Response:
        """The form for a new one, and what it sends."""
        visit = visit_of(request)
        if request.method != "POST":
            component = request.query_params.get("component", "")
            return self._form(visit, {"component": component, "key": f"{self._bench.wall():.3f}"})
        person = person_of(visit)
        try:
            opened = opened_of(visit.form, self._bench.wall())
        except BadFormError as error:
            return self._form(visit, visit.form, str(error))
        author = Author(person.name, person.origin.value)
        key = f"console {person.name} {visit.form.get('key', '')[:40]}"
        desk = self._bench.desks.incidents
        outcome = await self._bench.asker.ask(lambda: desk.open(opened, author, key), LONG_SECONDS)
        if isinstance(outcome, Unanswered | Refused):
            return self._form(visit, visit.form, outcome.words)
        return redirect(f"/incidents/{outcome.id}")

    async def report(self, request: Request) -> Response:
        """Its report as a file."""
        visit, name, word = visit_of(request), request.path_params["id"], request.path_params["form"]
        form = next((one for one in Format if one.value == word), None)
        if form is None:
            return self._bench.no(request.url.path, visit, unknown("such format", "There are md, html and pdf."))
        desk, kind = self._bench.desks.reports, form

        def make() -> bytes | None:
            made = desk.report(name)
            return None if made is None else written(made, kind)

        made = await self._bench.asker.ask(make, LONG_SECONDS)
        if isinstance(made, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(made))
        if made is None:
            return self._bench.no(request.url.path, visit, unknown(f"incident {name[:40]}", WHERE))
        headers = {"content-disposition": f'attachment; filename="{incident_id(name)}.{kind.value}"'}
        return Response(made, headers=headers, media_type=kind.media_type)

    async def _shown(self, visit: Visit, name: str, message: str = "", status: int = 200) -> Response:
        """Its page; with a message, the form that was sent is kept."""
        found = await self._bench.asker.ask(lambda: self._bench.desks.incidents.read(name))
        path = f"/incidents/{name}"
        if isinstance(found, Unanswered):
            return self._bench.no(path, visit, store_down(found))
        if found is None:
            return self._bench.no(path, visit, unknown(f"incident {name[:40]}", WHERE))
        person = person_of(visit)
        values: dict[str, object] = {
            "incident": found,
            "clocks": running(found, self._bench.desks.snapshot().incidents.clocks),
            "message": sentence(message),
            "form": visit.form if message else _EMPTY,
            "components": component_names(self._bench.desks),
            "statuses": [one.value for one in IncidentStatus],
            "impacts": [one.value for one in Impact],
            "component_statuses": [one.value for one in ComponentStatus],
            "roles": ROLES,
            "mine": {one.role for one in found.roles if one.person == person.name},
        }
        return self._bench.page("incident", visit, values, status)

    def _form(self, visit: Visit, form: Mapping[str, str], message: str = "") -> Response:
        values: dict[str, object] = {
            "form": form,
            "message": sentence(message),
            "components": component_names(self._bench.desks),
            "impacts": [one.value for one in Impact],
            "component_statuses": [one.value for one in ComponentStatus],
        }
        return self._bench.page("incident_open", visit, values, 400 if message else 200)
