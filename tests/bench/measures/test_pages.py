from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import store_fill
from bench.child import BenchError
from bench.figure import Verdict
from bench.measures import pages
from bench.measures.context import Context
from bench.measures.pages import Asked, Desk, ask_all, desk_at, figures, measure_all, questions
from bench.store_fill import fill_sqlite
from bench.store_rows import Traffic

TRAFFIC = Traffic(3_000, 30.0, 1_700_000_000.0)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(store_fill, "SPAN_DAYS", {60: 1, 600: 1, 3_600: 7, 86_400: 90})
    monkeypatch.setattr(store_fill, "INCIDENTS", 50)
    monkeypatch.setattr(pages, "INCIDENTS", 50)
    store = fill_sqlite(tmp_path, TRAFFIC, lambda _line: None)
    yield desk_at(lambda: store, TRAFFIC)
    store.close()


EMPTY = {
    "records of a tenant that is none",
    "a fault that never was",
    "a combination that never was",
    "what took an hour, never",
    "a text that is nowhere, page by page",
    "kinds that there are none of",
}


def is_empty(answer: object) -> bool:
    return not getattr(answer, "hits", answer)


def test_each_question_has_an_answer_and_those_of_what_never_was_have_none(desk: Desk) -> None:
    answers = {name: ask(1) for name, ask in questions(desk).items()}
    answers.pop("an hour of a tenant, days ago")  # so little traffic has nothing in most hours
    assert {name for name, answer in answers.items() if is_empty(answer)} == EMPTY


def test_all_are_asked_and_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ASKED", 2)
    said: list[str] = []
    asked = ask_all(desk, said.append)
    assert [one.name for one in asked] == list(questions(desk))
    assert all(len(one.milliseconds) == 2 for one in asked)
    assert len(said) == len(asked)


def test_the_slowest_answer_of_all_is_judged() -> None:
    found = figures("SQLite", TRAFFIC, [Asked("one", (1.0, 2.0)), Asked("two", (1.0, 301.0, 1.0))])
    assert [one.verdict for one in found] == [Verdict.MISSED, Verdict.INFORMATION, Verdict.INFORMATION]
    assert found[0].value.median == 301.0
    assert figures("SQLite", TRAFFIC, [Asked("one", (299.0,))])[0].verdict is Verdict.AIM


def test_a_disk_that_is_too_small_is_told_before_anything_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ALL_BYTES", 10**18)
    context: Context = None  # type: ignore[assignment] # it is not come to
    with pytest.raises(BenchError, match="pages-all needs 1000000000 GB of disk"):
        measure_all(context)
