"""`/playbooks` and `/runs`: what there is, what a run would do, one run step by step, and people's word on it; and the
same for programs."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.playbooks.desk import PlaybookError
from mainstay.control.playbooks.desk import Request as RunRequest
from mainstay.control.playbooks.writing import Author
from mainstay.control.web.answers import Problem, json_answer, redirect
from mainstay.control.web.asking import LONG_SECONDS, Unanswered
from mainstay.control.web.bench import Bench, bad_request, person_of, read_json, refused, sentence, store_down, unknown
from mainstay.control.web.choices import component_names
from mainstay.control.web.runs import run_view
from mainstay.control.web.static_files import Endpoint
from mainstay.control.web.visit import Visit, visit_of
from mainstay.ops.playbooks.approvals import Voter
from mainstay.ops.playbooks.plan import Plan
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.words import trigger_words

RUNS_SHOWN: Final = 50
COMMENT_CHARACTERS_MAX: Final = 500
DOCS: Final = "docs/playbooks.md says what can be sent."
WHERE: Final = "The list of playbooks shows all, and their runs."
ANSWERS: Final = ("approve", "refuse", "cancel")

T = TypeVar("T")


class RunBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that a program asks for."""

    playbook: str
    incident: str = ""
    component: str = ""
    credential: str = ""


class AnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word on a run. `step` may be left out; `undo` belongs to `cancel`."""

    step: str = ""
    comment: str = ""
    undo: bool = False


class _Failed(msgspec.Struct, frozen=True):
    """It cannot be done; the words say why."""

    words: str


class PlaybookPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def page(self, request: Request) -> Response:
        """All playbooks, and the newest runs."""
        visit, before = visit_of(request), request.query_params.get("before", "")
        desk = self._bench.desks.playbooks
        runs = await self._asked(lambda: desk.runs(RUNS_SHOWN, before))
        known = runs if isinstance(runs, tuple) else ()
        values: dict[str, object] = {
            "playbooks": desk.playbooks(),
            "triggers": {one.name: [trigger_words(t) for t in one.triggers] for one in desk.playbooks()},
            "runs": [run_view(one, self._bench.wall()) for one in known],
            "trouble": "" if isinstance(runs, tuple) else runs.words,
            "older": known[-1].run if len(known) == RUNS_SHOWN else "",
            "incident": request.query_params.get("incident", "")[:20],
        }
        return self._bench.page("playbooks", visit, values)

    async def one(self, request: Request) -> Response:
        """One playbook, and what a run of it would do."""
        asked = RunRequest(
            request.path_params["name"],
            request.query_params.get("incident", "")[:20],
            request.query_params.get("component", "")[:300],
            request.query_params.get("credential", "")[:200],
        )
        return await self._planned(visit_of(request), asked)

    async def run(self, request: Request) -> Response:
        """Begin a run by hand."""
        visit = visit_of(request)
        form = visit.form
        asked = RunRequest(
            request.path_params["name"],
            form.get("incident", "").strip(),
            form.get("component", "").strip(),
            form.get("credential", "").strip(),
        )
        begun = await self._begun(visit, asked)
        if isinstance(begun, RunState):
            return redirect(f"/runs/{begun.run}")
        return await self._planned(visit, asked, begun.words, 503 if isinstance(begun, Unanswered) else 409)

    async def one_run(self, request: Request) -> Response:
        """One run."""
        return await self._run_shown(visit_of(request), request.path_params["id"])

    async def answer(self, request: Request) -> Response:
        """Approve, refuse or cancel, as the form's `answer` says."""
        visit, name = visit_of(request), request.path_params["id"]
        word, form = visit.form.get("answer", ""), visit.form
        body = AnswerBody(form.get("step", ""), form.get("comment", ""), undo=form.get("undo") == "yes")
        if word not in ANSWERS:
            return await self._run_shown(visit, name, f"an answer is one of {', '.join(ANSWERS)}", 400)
        done = await self._answered(visit, name, word, body)
        if isinstance(done, RunState):
            return redirect(f"/runs/{done.run}")
        return await self._run_shown(visit, name, done.words, 503 if isinstance(done, Unanswered) else 409)

    async def api(self, request: Request) -> Response:
        """All playbooks, for programs."""
        del request
        return json_answer({"playbooks": self._bench.desks.playbooks.playbooks()})

    async def plan_api(self, request: Request) -> Response:
        """What a run would do, as things are now."""
        visit, asked = visit_of(request), request.query_params
        wanted = RunRequest(request.path_params["name"], asked.get("incident", ""), asked.get("component", ""))
        plan = await self._asked(lambda: self._bench.desks.playbooks.plan(wanted))
        return self._told(request, visit, plan)

    async def runs_api(self, request: Request) -> Response:
        """GET: the newest runs; POST: begin one."""
        visit = visit_of(request)
        if request.method != "POST":
            before = request.query_params.get("before", "")
            runs = await self._asked(lambda: self._bench.desks.playbooks.runs(RUNS_SHOWN, before))
            if isinstance(runs, tuple):
                return json_answer({"runs": [run_view(one, self._bench.wall()) for one in runs]})
            return self._told(request, visit, runs)
        body = read_json(visit.body, RunBody)
        if isinstance(body, str):
            return self._bench.no(request.url.path, visit, bad_request(body, DOCS))
        asked = RunRequest(body.playbook, body.incident, body.component, body.credential)
        return self._told(request, visit, await self._begun(visit, asked), 201)

    async def run_api(self, request: Request) -> Response:
        """One run, for programs."""
        visit, name = visit_of(request), request.path_params["id"]
        found = await self._asked(lambda: self._bench.desks.playbooks.read(name))
        if isinstance(found, _Failed):
            return self._bench.no(request.url.path, visit, unknown(f"run {name[:40]}", WHERE))
        return self._told(request, visit, found)

    def answer_api(self, word: str) -> Endpoint:
        """The endpoint for one word of `ANSWERS`."""

        async def endpoint(request: Request) -> Response:
            visit = visit_of(request)
            body = read_json(visit.body or b"{}", AnswerBody)
            if isinstance(body, str):
                return self._bench.no(request.url.path, visit, bad_request(body, DOCS))
            done = await self._answered(visit, request.path_params["id"], word, body)
            return self._told(request, visit, done)

        return endpoint

    async def _asked(self, question: Callable[[], T], seconds: float = LONG_SECONDS) -> T | _Failed | Unanswered:
        def ask() -> T | _Failed:
            try:
                return question()
            except PlaybookError as error:
                return _Failed(str(error))

        return await self._bench.asker.ask(ask, seconds)

    async def _begun(self, visit: Visit, asked: RunRequest) -> RunState | _Failed | Unanswered:
        person = person_of(visit)
        author = Author(person.name, person.origin.value)
        return await self._asked(lambda: self._bench.desks.playbooks.run(asked, author))

    async def _answered(self, visit: Visit, name: str, word: str, body: AnswerBody) -> RunState | _Failed | Unanswered:
        person, desk = person_of(visit), self._bench.desks.playbooks
        via, comment = person.origin.value, body.comment[:COMMENT_CHARACTERS_MAX]
        voter = Voter(person.name, person.role.word)

        def do() -> RunState:
            if word == "cancel":
                return desk.cancel(name, Author(person.name, via), why=comment, is_undone=body.undo)
            vote = desk.approve if word == "approve" else desk.refuse
            return vote(name, voter, via, step=body.step, comment=comment)

        return await self._asked(do)

    async def _planned(self, visit: Visit, asked: RunRequest, message: str = "", status: int = 200) -> Response:
        desk, path = self._bench.desks.playbooks, f"/playbooks/{asked.playbook}"
        try:
            playbook = desk.playbook(asked.playbook)
        except PlaybookError:
            return self._bench.no(path, visit, unknown(f"playbook {asked.playbook[:100]!r}", WHERE))
        plan = await self._asked(lambda: desk.plan(asked))
        is_planned = isinstance(plan, Plan)
        values: dict[str, object] = {
            "playbook": playbook,
            "triggers": [trigger_words(one) for one in playbook.triggers],
            "plan": plan if is_planned else None,
            "trouble": "" if isinstance(plan, Plan) else sentence(plan.words),
            "asked": asked,
            "message": sentence(message),
            "components": component_names(self._bench.desks),
        }
        return self._bench.page("playbook", visit, values, status)

    async def _run_shown(self, visit: Visit, name: str, message: str = "", status: int = 200) -> Response:
        found = await self._asked(lambda: self._bench.desks.playbooks.read(name))
        path = f"/runs/{name}"
        if isinstance(found, Unanswered):
            return self._bench.no(path, visit, store_down(found))
        if isinstance(found, _Failed):
            return self._bench.no(path, visit, unknown(f"run {name[:40]}", WHERE))
        form: Mapping[str, str] = visit.form if message else {}
        view = run_view(found, self._bench.wall())
        role = person_of(visit).role.word
        may_answer = not (view.asks_role == "admin" and role != "admin")
        values: dict[str, object] = {
            "run": view,
            "message": sentence(message),
            "form": form,
            "may_answer": may_answer,
        }
        return self._bench.page("run", visit, values, status)

    def _told(self, request: Request, visit: Visit, found: object, status: int = 200) -> Response:
        if isinstance(found, Unanswered | _Failed):
            problem: Problem = store_down(found) if isinstance(found, Unanswered) else refused(found.words)
            return self._bench.no(request.url.path, visit, problem)
        shown = run_view(found, self._bench.wall()) if isinstance(found, RunState) else found
        return json_answer(shown, status)
