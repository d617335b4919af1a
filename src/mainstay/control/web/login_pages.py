"""Pages that begin and end sessions."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.evidence import Action, Deed, Evidence
from mainstay.control.people.accounts import account_name
from mainstay.control.people.fetching import IssuerDownError
from mainstay.control.people.issuer import IssuerFaultError
from mainstay.control.people.passwords import BusyError
from mainstay.control.people.people import People, Refused
from mainstay.control.people.provider_login import ProviderLogin, ProviderRefusedError
from mainstay.control.people.roles import Origin, Person
from mainstay.control.web import problems
from mainstay.control.web.answers import Answers, redirect
from mainstay.control.web.cookies import Cookies
from mainstay.control.web.visit import Visit, safe_next, visit_of

WRONG: Final = "The name or the password is wrong."
NAME_CHARACTERS_MAX: Final = 64


class LoginPages:
    """`/login`, `/login/provider`, `/login/callback`, `/logout`."""

    def __init__(
        self,
        people: People,
        provider: ProviderLogin | None,
        cookies: Cookies,
        answers: Answers,
        report: Callable[[str], None],
        evidence: Evidence,
    ) -> None:
        """`provider` is missing where no identity provider is configured; `report` takes a line for the operator;
        `evidence` keeps who came, went, and tried to come."""
        self._people = people
        self._provider = provider
        self._cookies = cookies
        self._answers = answers
        self._report = report
        self._evidence = evidence

    async def login(self, request: Request) -> Response:
        """The form, and what it sends."""
        visit = visit_of(request)
        if request.method == "POST":
            return await self._log_in(request, visit)
        then = safe_next(request.query_params.get("next", "/"))
        if visit.known is not None:
            return redirect(then)
        return self._form(visit, then)

    async def _log_in(self, request: Request, visit: Visit) -> Response:
        name, then = visit.form.get("name", ""), safe_next(visit.form.get("next", "/"))
        browser = request.cookies.get(self._cookies.browser, "")
        try:
            outcome = await self._people.log_in(name, visit.form.get("password", ""), visit.address, browser)
        except BusyError:
            self._failed(visit, "login-throttled", name, "too many logins at once")
            return self._answers.problem("/login", problems.BUSY, visit)
        if isinstance(outcome, Refused):
            if outcome.wait_seconds > 0:
                self._failed(visit, "login-throttled", name, "too many failures before")
                return self._answers.problem("/login", problems.throttled(outcome.wait_seconds), visit)
            self._failed(visit, "login-failed", name, "wrong password")
            return self._form(visit, then, name[:NAME_CHARACTERS_MAX], WRONG)
        self._report(f"people: {outcome.person.name} logged in")
        self._tell(visit, "login", outcome.person)
        answer = redirect(then)
        answer.headers.append("set-cookie", self._cookies.set(self._cookies.browser, outcome.browser_cookie))
        return self._with_session(answer, outcome.cookie)

    def _form(self, visit: Visit, then: str, name: str = "", message: str = "") -> Response:
        values = {"next": then, "name": name, "message": message}
        return self._answers.page("login", visit, values, 401 if message else 200)

    async def begin_at_provider(self, request: Request) -> Response:
        """Send the browser to the identity provider."""
        if self._provider is None:
            return self._answers.problem("/login", problems.NO_SUCH_PAGE, visit_of(request))
        try:
            begun = await self._provider.begin(safe_next(request.query_params.get("next", "/")))
        except (IssuerDownError, IssuerFaultError) as error:
            return self._provider_trouble(request, error)
        answer = redirect(begun.url)
        answer.headers.append("set-cookie", self._cookies.set(self._cookies.flow, begun.cookie))
        return answer

    async def finish_at_provider(self, request: Request) -> Response:
        """Where the identity provider sends the browser back to."""
        visit = visit_of(request)
        if self._provider is None:
            return self._answers.problem("/login", problems.NO_SUCH_PAGE, visit)
        try:
            vouched = await self._provider.finish(request.query_params, request.cookies.get(self._cookies.flow, ""))
        except ProviderRefusedError as error:
            via = Origin.PROVIDER.value
            self._evidence.access(Deed("login-failed", "", via=via, address=visit.address, detail=str(error)))
            answer = self._answers.problem("/login", problems.refused_by_provider(str(error)), visit)
        except (IssuerDownError, IssuerFaultError) as error:
            answer = self._provider_trouble(request, error)
        else:
            person, cookie = self._people.log_in_provided(vouched.name, vouched.role)
            self._report(f"people: {person.name} logged in through the identity provider as {person.role.word}")
            self._tell(visit, "login", person)
            answer = self._with_session(redirect(vouched.next), cookie)
        answer.headers.append("set-cookie", self._cookies.delete(self._cookies.flow))
        return answer

    def _provider_trouble(self, request: Request, error: IssuerDownError | IssuerFaultError) -> Response:
        if isinstance(error, IssuerDownError):
            return self._answers.problem("/login", problems.PROVIDER_DOWN, visit_of(request))
        self._report(f"login: the identity provider cannot be used: {error}")
        return self._answers.problem("/login", problems.PROVIDER_FAULT, visit_of(request))

    async def logout(self, request: Request) -> Response:
        """The question, and its answer."""
        visit = visit_of(request)
        if request.method != "POST":
            return self._answers.page("logout", visit, {})
        answer = redirect("/login")
        if visit.known is not None and visit.known.session is not None:
            self._people.sessions.end(visit.known.session)
            self._tell(visit, "logout", visit.known.person)
            answer.headers.append("set-cookie", self._cookies.delete(self._cookies.session))
        return answer

    def _tell(self, visit: Visit, action: Action, person: Person) -> None:
        """Write down what a person has done himself."""
        detail = f"as {person.role.word}" if action == "login" else ""
        self._evidence.access(Deed(action, person.name, person.name, person.origin.value, visit.address, detail))

    def _failed(self, visit: Visit, action: Action, name: str, why: str) -> None:
        """Write down a login with a password that was not to be. Names that nobody has are not kept: people type their
        passwords there."""
        kept = account_name(name) or ""
        is_known = self._people.accounts.get(kept) is not None
        detail = why if is_known else f"{why}; no account has this name"
        deed = Deed(action, kept if is_known else "", via=Origin.LOCAL.value, address=visit.address, detail=detail)
        self._evidence.access(deed)

    def _with_session(self, answer: Response, cookie: str) -> Response:
        answer.headers.append("set-cookie", self._cookies.set(self._cookies.session, cookie))
        answer.headers.append("set-cookie", self._cookies.delete(self._cookies.visit))
        return answer
