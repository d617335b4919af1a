import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from mainstay.control.web.visit import Visit, safe_next, visit_of


@pytest.mark.parametrize("text", ["/", "/people", "/people?a=b#c", "/a//b", "/%5c%5cevil.example"])
def test_a_page_of_ours_is_gone_on_with(text: str) -> None:
    assert safe_next(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "people",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "/\t/evil.example",
        "/ /evil.example",
        "/\u2028evil",
        "/login",
        "/login?next=/login",
        "/logout",
        "/" + "a" * 500,
    ],
)
def test_anything_else_is_the_first_page(text: str) -> None:
    assert safe_next(text) == "/"


@given(st.text(alphabet="/\\.:?#@ \n\tae", max_size=12))
def test_it_never_leads_away(text: str) -> None:
    found = safe_next(text)
    assert found.startswith("/")
    assert found[1:2] not in ("/", "\\")


def test_a_request_that_did_not_pass_the_guard_is_a_defect() -> None:
    with pytest.raises(TypeError, match="without passing the guard"):
        visit_of(Request({"type": "http", "visit": "forged"}))


def test_who_has_not_logged_in_is_nobody() -> None:
    assert Visit(None, "token", "192.0.2.1").person is None
