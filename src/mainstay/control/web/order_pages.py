"""`/orders`: what is in force and what was, how one is previewed, given and ended; and the same for programs."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.incidents.desk import Author
from mainstay.control.orders.preview import Preview
from mainstay.control.orders.refusal import Refusal
from mainstay.control.web.answers import Problem, json_answer, redirect
from mainstay.control.web.asking import LONG_SECONDS, Unanswered
from mainstay.control.web.bench import (
    Bench,
    bad_request,
    person_of,
    read_json,
    refused,
    sentence,
    store_down,
    unknown,
    via_of,
)
from mainstay.control.web.order_forms import FIELDS, BadOrderError, OrderBody, draft_of_body, draft_of_form
from mainstay.control.web.visit import Visit, visit_of
from mainstay.model.incident import Linked
from mainstay.model.orders import SAFE_MODES, Draft, Order, OrderKind

WHERE: Final = "The list of orders shows those in force, and those of the last day."
DOCS: Final = "docs/orders.md says what can be sent."
KIND_WORDS: Final[Mapping[OrderKind, str]] = {
    OrderKind.PIN: "only this upstream serves",
    OrderKind.PREFER: "this upstream is tried first",
    OrderKind.SHIFT: "a share of sessions tries this upstream first",
    OrderKind.DRAIN: "nothing new goes there while anybody else may serve",
    OrderKind.FORBID: "nothing goes there",
    OrderKind.CRITICAL_ONLY: "only critical workloads are served",
    OrderKind.CACHE_FIRST: "a kept answer is given before a provider is asked",
    OrderKind.NO_SUBSTITUTES: "nobody is answered by another model",
    OrderKind.READ_ONLY: "no provider is asked",
}


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an order is ended."""

    why: str = ""


class PreviewAnswer(msgspec.Struct, frozen=True):
    """A preview for programs, and the same in sentences."""

    preview: Preview
    lines: tuple[str, ...]


class OrderPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def page(self, request: Request) -> Response:
        """Those in force, and those that were."""
        return await self._list(visit_of(request))

    async def new(self, request: Request) -> Response:
        """The form, and the preview that it asks for."""
        visit = visit_of(request)
        if request.method != "POST":
            return self._form(visit, {name: request.query_params.get(name, "") for name in FIELDS})
        draft = self._draft(visit)
        if isinstance(draft, str):
            return self._form(visit, visit.form, draft)
        preview = await self._bench.asker.ask(lambda: self._bench.desks.orders.preview(draft))
        if isinstance(preview, Unanswered):
            return self._form(visit, visit.form, preview.words, 503)
        if preview.refusal is not None and not preview.refusal.force_helps:
            return self._form(visit, visit.form, preview.refusal.text, 409)
        values: dict[str, object] = {"preview": preview, "form": visit.form, "fields": FIELDS, "kind_words": KIND_WORDS}
        return self._bench.page("order_preview", visit, values)

    async def give(self, request: Request) -> Response:
        """Give what was previewed."""
        visit = visit_of(request)
        draft = self._draft(visit)
        if isinstance(draft, str):
            return self._form(visit, visit.form, draft)
        is_forced = visit.form.get("force") == "yes"
        given = await self._bench.asker.ask(lambda: self._bench.desks.orders.give(draft, force=is_forced), LONG_SECONDS)
        if isinstance(given, Unanswered):
            return self._form(visit, visit.form, given.words, 503)
        if isinstance(given, Refusal):
            return self._form(visit, visit.form, given.text, 409)
        await self._link(visit, given)
        return redirect("/orders")

    async def end(self, request: Request) -> Response:
        """Undo one."""
        visit = visit_of(request)
        ended = await self._ended(request, visit, visit.form.get("why", ""))
        if isinstance(ended, Order):
            return redirect("/orders")
        return await self._list(visit, ended.words if isinstance(ended, Unanswered) else ended.text)

    async def api(self, request: Request) -> Response:
        """GET: all; POST: give one."""
        visit = visit_of(request)
        if request.method == "POST":
            return await self._given(request, visit)
        found = await self._bench.asker.ask(self._bench.desks.orders.recent)
        if isinstance(found, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(found))
        wall = self._bench.wall()
        return json_answer({"orders": [{"order": one, "is_in_force": one.is_in_force(wall)} for one in found]})

    async def one_api(self, request: Request) -> Response:
        """One of them."""
        visit, identity = visit_of(request), request.path_params["id"]
        found = await self._bench.asker.ask(lambda: self._bench.desks.orders.find(identity))
        if isinstance(found, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(found))
        if found is None:
            return self._bench.no(request.url.path, visit, unknown(f"order {identity[:40]}", WHERE))
        return json_answer({"order": found, "is_in_force": found.is_in_force(self._bench.wall())})

    async def preview_api(self, request: Request) -> Response:
        """What one would do."""
        visit = visit_of(request)
        body = self._body(visit)
        if isinstance(body, str):
            return self._bench.no(request.url.path, visit, bad_request(body, DOCS))
        draft, _ = body
        preview = await self._bench.asker.ask(lambda: self._bench.desks.orders.preview(draft))
        if isinstance(preview, Unanswered):
            return self._bench.no(request.url.path, visit, store_down(preview))
        return json_answer(PreviewAnswer(preview, preview.lines))

    async def end_api(self, request: Request) -> Response:
        """End one; the answer is the order after it."""
        visit = visit_of(request)
        body = read_json(visit.body or b"{}", Ending)
        if isinstance(body, str):
            return self._bench.no(request.url.path, visit, bad_request(body, DOCS))
        ended = await self._ended(request, visit, body.why)
        if isinstance(ended, Order):
            return json_answer({"order": ended, "is_in_force": False})
        problem = store_down(ended) if isinstance(ended, Unanswered) else refused(ended.text)
        return self._bench.no(request.url.path, visit, problem)

    async def _given(self, request: Request, visit: Visit) -> Response:
        body = self._body(visit)
        if isinstance(body, str):
            return self._bench.no(request.url.path, visit, bad_request(body, DOCS))
        draft, is_forced = body
        given = await self._bench.asker.ask(lambda: self._bench.desks.orders.give(draft, force=is_forced), LONG_SECONDS)
        if isinstance(given, Order):
            await self._link(visit, given)
            return json_answer({"order": given, "is_in_force": given.is_in_force(self._bench.wall())}, 201)
        problem = store_down(given) if isinstance(given, Unanswered) else _refusal(given)
        return self._bench.no(request.url.path, visit, problem)

    async def _link(self, visit: Visit, order: Order) -> None:
        """Write down in its incident that an order belongs to it. The order counts all the same where that fails."""
        if order.incident:
            person, desk = person_of(visit), self._bench.desks.incidents
            author, link = Author(person.name, person.origin.value), Linked("order", order.id, order.target)
            await self._bench.asker.ask(lambda: desk.add(order.incident, link, author), LONG_SECONDS)

    async def _ended(self, request: Request, visit: Visit, why: str) -> Order | Refusal | Unanswered:
        identity, by = request.path_params["id"], person_of(visit).name
        return await self._bench.asker.ask(lambda: self._bench.desks.orders.end(identity, by, why[:500]), LONG_SECONDS)

    def _draft(self, visit: Visit) -> Draft | str:
        try:
            return draft_of_form(visit.form, person_of(visit).name, via_of(visit))
        except BadOrderError as error:
            return str(error)

    def _body(self, visit: Visit) -> tuple[Draft, bool] | str:
        """What a program wants, and whether it insists."""
        body = read_json(visit.body, OrderBody)
        if isinstance(body, str):
            return body
        try:
            return draft_of_body(body, person_of(visit).name), body.force
        except BadOrderError as error:
            return str(error)

    async def _list(self, visit: Visit, message: str = "") -> Response:
        found = await self._bench.asker.ask(self._bench.desks.orders.recent)
        wall = self._bench.wall()
        orders = () if isinstance(found, Unanswered) else found
        values: dict[str, object] = {
            "in_force": [one for one in orders if one.is_open(wall)],
            "past": [one for one in orders if not one.is_open(wall)],
            "trouble": found.words if isinstance(found, Unanswered) else "",
            "message": sentence(message),
            "kind_words": KIND_WORDS,
        }
        return self._bench.page("orders", visit, values, 409 if message else 200)

    def _form(self, visit: Visit, form: Mapping[str, str], message: str = "", status: int = 400) -> Response:
        snapshot = self._bench.desks.snapshot()
        values: dict[str, object] = {
            "form": form,
            "message": sentence(message),
            "kinds": [one.value for one in OrderKind],
            "kind_words": {kind.value: words for kind, words in KIND_WORDS.items()},
            "safe_modes": {one.value for one in SAFE_MODES},
            "upstreams": [one.name for one in snapshot.upstreams],
            "models": snapshot.model_names,
            "workloads": tuple(snapshot.workloads),
        }
        return self._bench.page("order_new", visit, values, status if message else 200)


def _refusal(refusal: Refusal) -> Problem:
    advice = "Send it with `force`: true if it must be." if refusal.force_helps else ""
    return refused(refusal.text, advice)
