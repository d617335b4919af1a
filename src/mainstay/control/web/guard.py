"""The guard: everything that stands between a request and a page. What it does not let through reaches none."""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mainstay.control.people.people import Known, People
from mainstay.control.people.roles import Origin
from mainstay.control.web import problems
from mainstay.control.web.access import FREE_FORMS, HEALTH_PATHS, SAFE_METHODS, Access, least_role, methods_of
from mainstay.control.web.answers import API_PREFIX, Answers, Problem, is_for_programs, redirect
from mainstay.control.web.cookies import Cookies
from mainstay.control.web.hosts import Hosts
from mainstay.control.web.visit import STATE_KEY, Visit, safe_next

BODY_BYTES_MAX: Final = 65_536
BODY_SECONDS: Final = 10.0
FIELDS_MAX: Final = 20
BACKGROUND_HEADER: Final = "x-mainstay-background"
"""Sent by pages that refresh themselves: an open page must not keep a session alive."""
PROXY_HEADERS: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
STATIC_PREFIX: Final = "/static/"
STATUS_PREFIX: Final = "/status/"
"""The public page: visitors are given no cookies."""

SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with it, browsers send `origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_VISIT: Final = "visit"
_CSRF: Final = "csrf"


class Guard:
    """ASGI middleware around all pages: host, method, login, role, origin, size, token; then headers and cookies."""

    def __init__(
        self,
        access: Access,
        people: People,
        hosts: Hosts,
        cookies: Cookies,
        answers: Answers,
        report: Callable[[str], None],
    ) -> None:
        """`access` is the table of who may do what; `report` takes one line for the operator."""
        self.app: ASGIApp | None = None
        """What it guards."""
        self._access = access
        self._people = people
        self._hosts = hosts
        self._cookies = cookies
        self._answers = answers
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        sender = _Sender(send)
        try:
            await self._serve(request, sender)
        except Exception as error:  # noqa: BLE001 - a page that is broken must not take the others along
            self._report(f"control: {request.method} {request.url.path[:100]!r} is broken: {type(error).__name__}")
            if not sender.has_begun:
                await self._answers.problem(request.url.path, problems.BROKEN)(scope, receive, sender)

    async def _serve(self, request: Request, sender: "_Sender") -> None:
        path = request.scope["path"]
        if path in HEALTH_PATHS and request.method in SAFE_METHODS:
            await self._through(request, sender)
            return
        found = self._place_problem(request)
        known = None if found else self._known(request)
        found = found or self._path_problem(request)
        visitor, new_cookie = self._visitor(request, known)
        visit = Visit(known, self._people.sessions.seal.mark(_CSRF, visitor), _address(request))
        answer = self._answers.problem(path, found, visit) if found else self._inner_refusal(request, visit)
        if answer is None and request.method not in SAFE_METHODS:
            sent = await self._sent(request, visitor, known)
            if isinstance(sent, Problem):
                answer = self._answers.problem(path, sent, visit)
            else:
                visit = Visit(known, visit.csrf, visit.address, *sent)
        if not path.startswith((STATIC_PREFIX, STATUS_PREFIX)) and not is_for_programs(path):
            sender.cookies = [*new_cookie, *self._renewal(request, known)]
            sender.session_cookie = self._cookies.session
        request.scope[STATE_KEY] = visit
        if answer is None:
            await self._through(request, sender)
        else:
            await answer(request.scope, request.receive, sender)

    async def _through(self, request: Request, sender: "_Sender") -> None:
        if self.app is None:
            raise TypeError("there is nothing behind this guard")
        await self.app(request.scope, request.receive, sender)

    def _place_problem(self, request: Request) -> Problem | None:
        """What is wrong with the way that the request came."""
        if not self._hosts.is_ours(request.headers.get("host", "")):
            return problems.WRONG_HOST
        if self._people.is_open and any(name in request.headers for name in PROXY_HEADERS):
            return problems.OPEN_BEHIND_PROXY
        return None

    def _path_problem(self, request: Request) -> Problem | None:
        """What is wrong with path or method, whoever asks."""
        methods = methods_of(request.scope["path"], self._access)
        if not methods:
            return problems.NO_SUCH_PAGE
        return None if request.method in methods else problems.wrong_method(methods)

    def _inner_refusal(self, request: Request, visit: Visit) -> Response | None:
        """What this person may not do."""
        path = request.scope["path"]
        least = least_role(path, request.method, self._access)
        if least is None:
            return None
        if visit.person is None:
            if is_for_programs(path):
                return self._answers.problem(path, problems.LOG_IN_FIRST)
            then = safe_next(path) if request.method in SAFE_METHODS else "/"
            return redirect("/login" if then == "/" else f"/login?next={then}")
        if visit.person.role < least:
            return self._answers.problem(path, problems.not_for(visit.person.role, least), visit)
        return None

    def _known(self, request: Request) -> Known | None:
        """Whom the request comes from: a program with a key (where programs ask), or the bearer of a cookie."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and is_for_programs(request.scope["path"]):
            return self._people.identify_key(key.strip())
        return self._people.identify(request.cookies.get(self._cookies.session, ""))

    async def _sent(
        self, request: Request, visitor: str, known: Known | None
    ) -> tuple[dict[str, str], bytes] | Problem:
        """The form, or the JSON, of a request that changes something, once it is known that nobody else's page had it
        sent. No page can send another's key, and nothing can be had by a form that acts for nobody."""
        headers, path = request.headers, request.scope["path"]
        is_free = path in FREE_FORMS or (known is not None and known.person.origin is Origin.KEY)
        host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
        kind = headers.get("content-type", "").partition(";")[0].strip()
        is_json = kind == JSON and path.startswith(API_PREFIX)
        # A page of another site cannot send JSON unnoticed, and browsers say where they send from.
        is_free = is_free or (is_json and self._people.is_open and origin is None and site is None)
        if not is_free and not self._hosts.is_from_us(host, origin, site):
            return problems.FORGED
        if kind != FORM and not is_json:
            return problems.NO_FORM
        body = await _body_in_time(request)
        if isinstance(body, Problem):
            return body
        form = {} if is_json else _form_of(body)
        if form is None:
            return problems.NO_FORM
        token = headers.get("x-csrf-token") or form.get(_CSRF, "")
        is_ours = bool(visitor) and self._people.sessions.seal.is_mark(_CSRF, visitor, token)
        return (form, body if is_json else b"") if is_free or is_ours else problems.FORGED

    def _visitor(self, request: Request, known: Known | None) -> tuple[str, list[str]]:
        """What tokens of forms are bound to: the session, else a cookie of somebody who has none; set where needed."""
        if known is not None and known.session is not None:
            return known.session.id, []
        seal = self._people.sessions.seal
        sent = seal.unseal(_VISIT, request.cookies.get(self._cookies.visit, ""))
        if sent is not None:
            return sent.decode("ascii", "replace"), []
        if request.method not in SAFE_METHODS:
            return "", []
        made = self._people.sessions.random_id()
        return made, [self._cookies.set(self._cookies.visit, seal.seal(_VISIT, made.encode()))]

    def _renewal(self, request: Request, known: Known | None) -> list[str]:
        if known is None or known.session is None or BACKGROUND_HEADER in request.headers:
            return []
        renewed = self._people.sessions.renewed(known.session)
        return [] if renewed is None else [self._cookies.set(self._cookies.session, renewed)]


class _Sender:
    """Adds headers and cookies to whatever is answered."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.cookies: list[str] = []
        self.session_cookie = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                # Only the status page sends a policy of its own, a stricter one that knows its inlined style.
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
            # A page that begins or ends the session has the last word on its cookie.
            is_set = any(line.startswith(f"{self.session_cookie}=") for line in headers.getlist("set-cookie"))
            for line in self.cookies:
                if not (is_set and line.startswith(f"{self.session_cookie}=")):
                    headers.append("set-cookie", line)
        await self._send(message)


async def _body_in_time(request: Request) -> bytes | Problem:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(request)
    except TimeoutError:
        return problems.TOO_SLOW
    return problems.TOO_LARGE if body is None else body


def _form_of(body: bytes) -> dict[str, str] | None:
    """The fields of a form; `None` for what is none."""
    try:
        text = body.decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX))
    except ValueError:
        return None


async def _body(request: Request) -> bytes | None:
    """The body; `None` for one that is too large, of which no more is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    return bytes(body)


def _address(request: Request) -> str:
    return "" if request.client is None else request.client.host[:64]
