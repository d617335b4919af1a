"""Faults that answer with an error instead of a success."""

from datetime import UTC, datetime

from msgspec.structs import replace

from mainstay.lab.provider.error_table import ERRORS
from mainstay.lab.provider.fault import FaultSpec
from mainstay.lab.provider.scene import Scene
from mainstay.lab.provider.script import Script, whole
from mainstay.lab.provider.voice import ErrorAnswer
from mainstay.model.http import Headers

STATUS_MIN, STATUS_MAX = 200, 599
"""Statuses outside are sent as the nearest of these, for HTTP has no others (1xx would not end a response)."""


def status_script(scene: Scene) -> Script:
    """The error response of a status fault."""
    fault = scene.fault
    answer = error_answer(scene.voice.name, fault)
    content_type, body = _body(fault.text("body"), answer, scene)
    head = scene.head(answer.status, content_type, *_wait_headers(fault, scene.stamp.at))
    return replace(whole(head, body), wait_seconds=max(fault.number("delay"), 0.0))


def error_script(scene: Scene, answer: ErrorAnswer) -> Script:
    """The error response of a provider that is well: the request was wrong."""
    return whole(scene.head(answer.status, "application/json"), scene.voice.error(answer, scene.stamp))


def error_answer(dialect: str, fault: FaultSpec) -> ErrorAnswer:
    """The wording of a status fault in a dialect."""
    if fault.name == "status":
        answer = ErrorAnswer(fault.whole("code"), fault.text("type"), fault.text("message"), fault.text("type"))
    else:
        answer = ERRORS[dialect][fault.name]
    status = fault.whole("code") if fault.has("code") else answer.status
    return replace(answer, status=min(max(status, STATUS_MIN), STATUS_MAX))


def html(title: str) -> bytes:
    """A web page, as a proxy in between would send it."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return page.encode()


def _body(kind: str, answer: ErrorAnswer, scene: Scene) -> tuple[str, bytes]:
    match kind:
        case "html":
            return "text/html; charset=UTF-8", html(f"{answer.status} {answer.message}")
        case "text":
            return "text/plain; charset=utf-8", answer.message.encode()
        case "empty":
            return "text/plain; charset=utf-8", b""
        case _:
            return "application/json", scene.voice.error(answer, scene.stamp)


def _wait_headers(fault: FaultSpec, at: float) -> Headers:
    if not fault.has("form"):
        return ()
    wait = fault.number("retry_after")
    match fault.text("form"):
        case "seconds":
            return (("retry-after", f"{wait:g}"),)
        case "milliseconds":
            return (("retry-after-ms", f"{wait * 1000:g}"),)
        case "date":
            due = datetime.fromtimestamp(at + wait, UTC)  # the request's own instant: this half has no clock
            return (("retry-after", due.strftime("%a, %d %b %Y %H:%M:%S GMT")),)
        case "nonsense":
            return (("retry-after", "soon, we promise"),)
        case _:
            return ()
