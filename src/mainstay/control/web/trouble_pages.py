"""`/trouble` (a form, and what it sends) and `/api/trouble`: for whoever has trouble, also without a login."""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.trouble.desk import Outcome, Reporter, TroubleDesk, Via
from mainstay.control.web.answers import Answers, json_answer
from mainstay.control.web.visit import Visit, visit_of

CHOICES_MAX: Final = 500


class Choice(msgspec.Struct, frozen=True):
    """A component that can be chosen: its name, and what people call it."""

    component: str
    title: str


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody sends."""

    component: str = ""
    text: str = ""


NOT_UNDERSTOOD: Final = Outcome("refused", 'send {"component": NAME, "text": WORDS} as JSON; both may be left out')


class TroublePages:
    """The two doors. Reports are taken without waiting for anything but the disk's key file, once."""

    def __init__(self, desk: TroubleDesk, answers: Answers, choices: Callable[[], tuple[Choice, ...]]) -> None:
        """`choices` are what a visitor may name; no more than the status page shows."""
        self._desk = desk
        self._answers = answers
        self._choices = choices

    async def page(self, request: Request) -> Response:
        """The form, and what it sends."""
        visit = visit_of(request)
        if request.method != "POST":
            return self._page(visit)
        sent = Sent(visit.form.get("component", ""), visit.form.get("text", ""))
        outcome = self._taken(visit, sent, "page")
        return self._page(visit, outcome, 200 if outcome.is_taken else 400)

    async def api(self, request: Request) -> Response:
        """A report by a program: `component` and `text`, both optional, as JSON or as a form."""
        visit = visit_of(request)
        sent = _sent(visit)
        outcome = NOT_UNDERSTOOD if sent is None else self._taken(visit, sent, "api")
        body = {"state": outcome.state, "message": outcome.words}
        return json_answer(body, 202 if outcome.is_taken else 400)

    def _taken(self, visit: Visit, sent: Sent, via: Via) -> Outcome:
        known = visit.known
        session = known.session.id if known is not None and known.session is not None else ""
        account = "" if visit.person is None else f"{visit.person.origin.value} {visit.person.name}"
        reporter = Reporter(visit.address, account, session)
        if sent.component and sent.component not in {one.component for one in self._shown()}:
            return Outcome("refused", "no component has this name; leave it out, or choose one of the list")
        return self._desk.report(reporter, via, sent.component, sent.text)

    def _page(self, visit: Visit, outcome: Outcome | None = None, status: int = 200) -> Response:
        values = {
            "choices": self._shown(),
            "outcome": outcome,
            "component": visit.form.get("component", ""),
            "text": visit.form.get("text", ""),
        }
        return self._answers.page("trouble", visit, values, status)

    def _shown(self) -> tuple[Choice, ...]:
        return self._choices()[:CHOICES_MAX]


def _sent(visit: Visit) -> Sent | None:
    """What a program sent; `None` for something else."""
    if not visit.body:
        return Sent(visit.form.get("component", ""), visit.form.get("text", ""))
    try:
        return msgspec.json.decode(visit.body, type=Sent)
    except (ValueError, RecursionError):
        return None
