"""Playbooks and runs as lines."""

import pytest
from rich.text import Text

from mainstay.cli.playbook_lines import list_lines, playbook_lines, run_lines, run_list_lines, standing
from mainstay.model.playbook import Approve, Approved, Cancelled, IncidentTrigger, Wait
from mainstay.ops.playbooks.outcomes import Failed
from tests.ops.playbooks.drill import Drill, book_of, drain, fails, note, step_of


def plain(lines: object) -> list[str]:
    assert hasattr(lines, "__iter__")
    return [line.plain for line in lines if isinstance(line, Text)]


def test_a_run_that_waits_for_people_says_how_to_answer() -> None:
    drill = Drill(book_of(step_of("ask", Approve("admin", 2))))
    drill.go()
    drill.tell(Approved("ask", "admin", "fine"), by="bob")
    lines = plain(run_lines(drill.state))
    assert lines[0] == "RUN-1 of help: asks for ask"
    assert "bob (admin) approved: fine" in lines[-2]
    assert lines[-1] == (
        "ask asks 1 more with the role admin until 1970-01-12 14:46:40 UTC: mainstay playbook approve RUN-1, "
        "or refuse RUN-1"
    )


def test_a_run_that_was_undone_shows_each_deed() -> None:
    drill = Drill(book_of(drain("a"), note("b", on_failure="undo")))
    drill.go(fails("b"))
    lines = plain(run_lines(drill.state))
    assert lines[0] == "RUN-1 of help: failed: step b failed: it broke; undone: a"
    assert [line.split("UTC  ")[1] for line in lines if "UTC  " in line] == [
        "a done: done",
        "b failed: it broke",
        "undo a done: done",
    ]


@pytest.mark.parametrize(
    ("drill", "word"),
    [
        (Drill(book_of(note("a"))), "begins"),
        (Drill(book_of(step_of("a", Wait(5.0)))), "at a"),
        (Drill(book_of(step_of("a", Approve()))), "asks for a"),
    ],
)
def test_where_a_run_stands(drill: Drill, word: str) -> None:
    if word != "begins":
        drill.go()
    assert standing(drill.state)[0] == word


def test_a_run_that_is_ending() -> None:
    drill = Drill(book_of(drain("a"), step_of("w", Wait(5.0))))
    drill.go()
    drill.tell(Cancelled())
    assert standing(drill.state)[0] == "cancelled"
    drill.tell(Cancelled(is_undone=True))
    assert standing(drill.state)[0] == "undoing"


def test_columns_stand_below_each_other() -> None:
    books = [book_of(note("a"), name="short", triggers=(IncidentTrigger(),)), book_of(note("a"), name="much-longer")]
    assert plain(list_lines(books)) == [
        "short        automatic  It helps.",
        "much-longer  by hand    It helps.",
    ]
    assert plain(run_list_lines([])) == []
    assert plain(playbook_lines(books[0]))[1] == "when an incident opened, impact none to critical: automatic"


def test_nothing_reaches_a_terminal_as_it_is() -> None:
    drill = Drill(book_of(note("a")))
    drill.go(lambda _deed: Failed("\x1b[31m"))
    lines = plain(run_lines(drill.state))
    assert any("[31m" in line for line in lines)
    assert all("\x1b" not in line for line in lines)
