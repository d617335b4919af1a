import msgspec
import pytest

from mainstay.lab.provider.anthropic import Anthropic
from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.scene import Scene
from mainstay.lab.provider.script import Script
from mainstay.lab.provider.status_faults import STATUS_MAX, STATUS_MIN, status_script
from mainstay.lab.provider.voice import Stamp


def script(text: str) -> Script:
    return status_script(Scene(Anthropic(), Stamp("primary", "00000000", 1_000_000.0), parse_fault(text)))


def headers(text: str) -> dict[str, str]:
    head = script(text).head
    assert head is not None
    return dict(head.headers)


def status(text: str) -> int:
    head = script(text).head
    assert head is not None
    return head.status


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("throttle:retry_after=2", "retry-after", "2"),
        ("throttle:retry_after=287441", "retry-after", "287441"),
        ("throttle:retry_after=-1", "retry-after", "-1"),
        ("throttle:retry_after=1.5,form=milliseconds", "retry-after-ms", "1500"),
        ("throttle:retry_after=10,form=date", "retry-after", "Mon, 12 Jan 1970 13:46:50 GMT"),
        ("throttle:form=nonsense", "retry-after", "soon, we promise"),
        ("overloaded:form=seconds", "retry-after", "2"),
    ],
)
def test_a_wait_is_written_in_every_form(text: str, name: str, value: str) -> None:
    assert headers(text)[name] == value


def test_without_a_form_there_is_no_wait() -> None:
    assert "retry-after" not in headers("throttle:form=none")
    assert "retry-after" not in headers("overloaded")
    assert "retry-after" not in headers("server-error")


def test_any_status_and_type() -> None:
    assert status("status:code=418,type=teapot") == 418
    assert b'"type":"teapot"' in script("status:code=418,type=teapot").parts[0].data
    assert (status("status:code=100"), status("status:code=999")) == (STATUS_MIN, STATUS_MAX)
    assert status("unknown-status:code=599") == 599


@pytest.mark.parametrize(
    ("body", "content_type", "begins"),
    [
        ("json", "application/json", b"{"),
        ("html", "text/html; charset=UTF-8", b"<!DOCTYPE"),
        ("text", "text/plain; charset=utf-8", b"Internal"),
        ("empty", "text/plain; charset=utf-8", b""),
    ],
)
def test_kinds_of_body(body: str, content_type: str, begins: bytes) -> None:
    made = script(f"server-error:body={body}")
    assert headers(f"server-error:body={body}")["content-type"] == content_type
    assert made.parts[0].data.startswith(begins)
    assert made.content_length == len(made.parts[0].data)


def test_a_bad_gateway_is_a_web_page_and_the_rest_json() -> None:
    assert script("bad-gateway").parts[0].data.startswith(b"<!DOCTYPE")
    assert msgspec.json.decode(script("unavailable").parts[0].data)["type"] == "error"


def test_a_fault_may_be_slow() -> None:
    assert script("server-error:delay=3").wait_seconds == 3.0
    assert script("server-error:delay=-3").wait_seconds == 0.0
