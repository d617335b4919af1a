import msgspec
import pytest

from mainstay.control.people.people import Known
from mainstay.control.people.roles import Origin, Person, Role
from mainstay.control.web.asking import Unanswered
from mainstay.control.web.bench import may_act, person_of, read_json, sentence, store_down, via_of
from mainstay.control.web.visit import Visit


class Body(msgspec.Struct, forbid_unknown_fields=True):
    name: str


def visit(role: Role = Role.VIEWER, origin: Origin = Origin.LOCAL) -> Visit:
    return Visit(Known(Person("ann", role, origin), None), "", "")


def test_who_acts_and_how() -> None:
    assert person_of(visit()).name == "ann"
    with pytest.raises(TypeError):
        person_of(Visit(None, "", ""))
    assert [may_act(visit(role)) for role in Role] == [False, True, True]
    assert not may_act(Visit(None, "", ""))
    assert (via_of(visit()), via_of(visit(origin=Origin.KEY))) == ("console", "api")


@pytest.mark.parametrize(("words", "said"), [("no room", "No room."), ("Why?", "Why?"), (" ", "")])
def test_words_become_sentences(words: str, said: str) -> None:
    assert sentence(words) == said


def test_json_is_read_or_its_fault_is_said() -> None:
    assert read_json(b'{"name": "x"}', Body) == Body("x")
    for body in (b"", b"\xff", b"[]", b'{"name": 1}', b'{"name": "x", "more": 1}'):
        found = read_json(body, Body)
        assert isinstance(found, str)
        assert found.startswith("this is not what can be sent here")


def test_a_store_that_does_not_answer_is_said_with_what_to_do() -> None:
    problem = store_down(Unanswered("the store does not answer"))
    assert (problem.status, problem.code) == (503, "store_down")
    assert problem.advice.startswith("The store does not answer. ")
