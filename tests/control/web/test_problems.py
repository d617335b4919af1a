import pytest

from mainstay.control.people.roles import Role
from mainstay.control.web import problems
from mainstay.control.web.answers import Problem

ALL = [one for one in vars(problems).values() if isinstance(one, Problem)]
MADE = [
    problems.wrong_method(("GET", "HEAD")),
    problems.not_for(Role.VIEWER, Role.ADMIN),
    problems.refused_by_provider("No."),
    problems.throttled(0.2),
]


@pytest.mark.parametrize("problem", [*ALL, *MADE], ids=lambda problem: problem.code)
def test_every_refusal_says_what_and_what_to_do(problem: Problem) -> None:
    assert 400 <= problem.status < 600
    assert problem.title
    assert not problem.title.endswith(".")
    assert problem.advice.endswith(".")


def test_codes_are_told_apart() -> None:
    codes = [problem.code for problem in [*ALL, *MADE]]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("seconds", "header"), [(0.2, "1"), (1.0, "1"), (59.01, "60")])
def test_a_wait_is_told_in_whole_seconds_that_are_enough(seconds: float, header: str) -> None:
    assert problems.throttled(seconds).headers == {"retry-after": header}
