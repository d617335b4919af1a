"""Requests as the guard lets them through, and answers with their bodies."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.web.visit import STATE_KEY, Visit


def request(path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Request:
    """A request for a path; with a form it is a POST."""
    pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http",
        "method": "GET" if form is None else "POST",
        "path": path,
        "query_string": b"",
        "headers": pairs,
        STATE_KEY: Visit(None, "", "192.0.2.1", form or {}),
    }
    return Request(scope)


class Said(msgspec.Struct):
    """What an answer in JSON may hold."""

    id: str = ""
    key: str = ""
    error: dict[str, str] = {}


def said(answer: Response) -> Said:
    return msgspec.json.decode(bytes(answer.body), type=Said)


def code(answer: Response) -> str:
    """The status, and the code of the error."""
    return f"{answer.status_code} {said(answer).error.get('code', '')}".strip()


def run(answer: object) -> Response:
    """What an endpoint answers in the end."""

    async def wait() -> object:
        return await answer  # type: ignore[misc] # every endpoint gives an awaitable

    found = asyncio.run(wait())
    assert isinstance(found, Response)
    return found
