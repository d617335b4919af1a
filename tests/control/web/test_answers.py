import pytest
from jinja2 import UndefinedError

from mainstay.control.people.people import Known
from mainstay.control.people.roles import Origin, Person, Role
from mainstay.control.web.answers import Answers, Problem, duration, json_answer, redirect
from mainstay.control.web.visit import Visit

ANSWERS = Answers("1.2.3", has_provider=False)
NASTY = "<script>alert('x')</script>\"&{{ 7*7 }}"


def test_what_others_wrote_is_shown_and_not_obeyed() -> None:
    visit = Visit(Known(Person(NASTY, Role.ADMIN, Origin.PROVIDER)), "token", "")
    text = bytes(ANSWERS.page("error", visit, {"problem": Problem(400, "x", NASTY, NASTY)}).body).decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)" in text
    assert "{{ 7*7 }}" in text
    assert "49" not in text


def test_a_page_that_lacks_a_value_is_a_defect_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        ANSWERS.page("error", None, {})


def test_an_error_is_json_for_programs_and_a_page_for_people() -> None:
    problem = Problem(429, "busy", "Busy", "Wait.", {"retry-after": "3"})
    page = ANSWERS.problem("/people", problem)
    assert (page.status_code, page.media_type, page.headers["retry-after"]) == (429, "text/html", "3")
    assert b"<h1>Busy</h1>" in page.body
    program = ANSWERS.problem("/api/people", problem)
    assert program.body == b'{"error":{"code":"busy","message":"Busy. Wait."}}'
    assert (program.media_type, program.headers["retry-after"]) == ("application/json", "3")


def test_a_redirect_goes_on_by_get() -> None:
    answer = redirect("/people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")


def test_a_value_becomes_json() -> None:
    assert json_answer({"a": 1}).body == b'{"a":1}'


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (300, "5 min"), (7_200, "2 h"), (345_600, "4 d")]
)
def test_durations_are_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words
