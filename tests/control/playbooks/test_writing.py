"""The next event of a run, and the next name."""

import pytest

from mainstay.control.book import StaleError
from mainstay.control.playbooks.index import RunIndex
from mainstay.control.playbooks.writing import Author, Pen, began_of, sha256_of
from mainstay.model.playbook import Cancelled, RunBegan
from mainstay.ops.playbooks.triggers import Subject
from tests.control.playbooks.world import BEGIN, World
from tests.ops.playbooks.drill import book_of, note

ANN = Author("ann", "local")
BEGAN = began_of(book_of(note("a")), Subject("x", "INC-7", "upstream:a", "main"), "o1")


def pen_of(world: World) -> tuple[Pen, RunIndex]:
    index = RunIndex(world.new_book())
    index.refresh(BEGIN)
    return Pen(world.new_book(), index, lambda: world.now, world.next_id), index


def allowed() -> str:
    return ""


def test_two_who_begin_at_once_get_names_of_their_own() -> None:
    world = World()
    (one, _), (two, _) = pen_of(world), pen_of(world)
    names = []
    for pen in (one, two, two, one):
        state = pen.begin(BEGAN, ANN, allowed)
        assert not isinstance(state, str)
        names.append(state.run)
    assert names == ["RUN-1", "RUN-2", "RUN-3", "RUN-4"]


def test_who_comes_second_sees_the_first_before_it_begins() -> None:
    world = World()
    (one, _), (two, index) = pen_of(world), pen_of(world)
    one.begin(BEGAN, ANN, allowed)

    def why_not() -> str:
        return "one is under way" if index.all() else ""

    assert two.begin(BEGAN, ANN, why_not) == "one is under way"


def test_an_event_is_taken_from_one_only_and_says_whose_it_is() -> None:
    world = World()
    (one, _), (two, _) = pen_of(world), pen_of(world)
    state = one.begin(BEGAN, ANN, allowed)
    assert not isinstance(state, str)
    two.write(state, Cancelled("no"), Author("bob", "provider"))
    with pytest.raises(StaleError):
        one.write(state, Cancelled("no"), ANN)
    assert world.run().cancelled_by == "bob"


def test_a_run_begins_with_its_whole_playbook() -> None:
    assert isinstance(BEGAN, RunBegan)
    assert BEGAN.playbook.steps[0].id == "a"
    assert (BEGAN.incident, BEGAN.component, BEGAN.credential) == ("INC-7", "upstream:a", "main")
    assert BEGAN.sha256 == sha256_of(book_of(note("a")))
    assert sha256_of(book_of(note("a"))) != sha256_of(book_of(note("b")))
