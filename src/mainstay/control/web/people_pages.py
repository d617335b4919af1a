"""The page of people, for admins; and who I am, for everybody."""

import asyncio
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.evidence import Action, Deed, Evidence
from mainstay.control.people.accounts import AccountError, account_name
from mainstay.control.people.passwords import BusyError, password_problem
from mainstay.control.people.people import People
from mainstay.control.people.roles import ROLE_WORDS, Origin, Person, Role, role_of
from mainstay.control.web import problems
from mainstay.control.web.answers import Answers, json_answer, redirect
from mainstay.control.web.visit import Visit, visit_of


class PersonView(msgspec.Struct, frozen=True):
    """One account, as it is shown."""

    name: str
    role: str
    made_at: float


class MeView(msgspec.Struct, frozen=True):
    """Who asks. `csrf` is the token that requests of this session must carry to change something."""

    name: str
    role: str
    origin: str
    csrf: str


class PeoplePages:
    """`/people` and what its forms send; `/api/people` and `/api/me`."""

    def __init__(
        self,
        people: People,
        answers: Answers,
        wall: Callable[[], float],
        report: Callable[[str], None],
        evidence: Evidence,
    ) -> None:
        """`wall` gives seconds since 1970; `report` takes a line for the operator; `evidence` keeps what was done."""
        self._people = people
        self._answers = answers
        self._wall = wall
        self._report = report
        self._evidence = evidence

    async def page(self, request: Request) -> Response:
        """All accounts."""
        return self._page(visit_of(request))

    async def api(self, _request: Request) -> Response:
        """All accounts as JSON."""
        return json_answer({"people": self._views()})

    async def me(self, request: Request) -> Response:
        """Who asks."""
        visit = visit_of(request)
        person = _person(visit)
        return json_answer(MeView(person.name, person.role.word, person.origin.value, visit.csrf))

    async def add(self, request: Request) -> Response:
        """Make an account."""
        visit = visit_of(request)
        name, password = visit.form.get("name", ""), visit.form.get("password", "")
        role = role_of(visit.form.get("role", ""))
        if role is None:
            return self._page(visit, f"a role is one of {', '.join(ROLE_WORDS)}")
        if self._people.is_open and role is not Role.ADMIN:
            return self._page(visit, "the first person must be an admin: from then on everybody has to log in")
        if problem := password_problem(password, name):
            return self._page(visit, f"the password {problem}")
        try:
            hashed = await self._people.passwords.hash(password)
        except BusyError:
            return self._answers.problem("/people", problems.BUSY, visit)
        deed = self._deed(visit, "person-added", name, f"as {role.word}")
        return await self._change(
            visit,
            lambda: self._people.accounts.add(name, role, hashed, self._wall()),
            f"added {name!r} ({role.word})",
            deed,
        )

    async def set_role(self, request: Request) -> Response:
        """Give a person another role."""
        visit = visit_of(request)
        name, role = visit.form.get("name", ""), role_of(visit.form.get("role", ""))
        if role is None:
            return self._page(visit, f"a role is one of {', '.join(ROLE_WORDS)}")
        if _is_self(visit, name):
            return self._page(visit, "you cannot change your own role: ask another admin")
        account = self._people.accounts.get(name)
        before = "" if account is None else f"from {account.role} "
        deed = self._deed(visit, "role-changed", name, f"{before}to {role.word}")
        return await self._change(
            visit, lambda: self._people.accounts.set_role(name, role), f"gave {name!r} the role {role.word}", deed
        )

    async def remove(self, request: Request) -> Response:
        """Delete an account."""
        visit = visit_of(request)
        name = visit.form.get("name", "")
        if _is_self(visit, name):
            return self._page(visit, "you cannot remove yourself: ask another admin")
        deed = self._deed(visit, "person-removed", name, "sessions ended too")
        return await self._change(visit, lambda: self._people.accounts.remove(name), f"removed {name!r}", deed)

    async def _change(self, visit: Visit, change: Callable[[], object], done: str, deed: Deed) -> Response:
        try:
            await asyncio.to_thread(change)
        except AccountError as error:
            return self._page(visit, str(error))
        except OSError as error:
            return self._page(visit, f"the file of accounts cannot be written: {error.strerror or error}", 500)
        self._report(f"people: {_person(visit).name} {done}")
        self._evidence.access(deed)
        return redirect("/people")

    @staticmethod
    def _deed(visit: Visit, action: Action, name: str, detail: str) -> Deed:
        """What is about to be done; who does it is asked before, for it may be himself."""
        by = _person(visit)
        return Deed(action, account_name(name) or "", by.name, by.origin.value, visit.address, detail)

    def _page(self, visit: Visit, message: str = "", status: int = 400) -> Response:
        values = {"people": self._views(), "roles": ROLE_WORDS, "message": message, "mode": self._people.mode}
        return self._answers.page("people", visit, values, status if message else 200)

    def _views(self) -> tuple[PersonView, ...]:
        return tuple(
            PersonView(name, account.role, account.made_at) for name, account in self._people.accounts.all().items()
        )


def _person(visit: Visit) -> Person:
    if visit.person is None:
        raise TypeError("a page for people was given to nobody")
    return visit.person


def _is_self(visit: Visit, name: str) -> bool:
    person = _person(visit)
    return person.origin is Origin.LOCAL and person.name == name
