"""Every cell of the table is a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.rows import ROWS
from tests.conformance.stage import CALLERS, KINDS, Stage, stage
from tests.conformance.table import Cell, draw

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("conformance")) as one:
        yield one


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("caller", CALLERS)
def test_every_caller_gets_this_from_every_kind_of_upstream(running: Stage, caller: str, kind: str, row: str) -> None:
    ROWS[row](running.url, caller, kind)


def test_the_page_shows_the_table_of_today() -> None:
    cells = [Cell(caller, kind, row) for caller in CALLERS for kind in KINDS for row in ROWS]
    assert draw(cells) in PAGE.read_text()


def test_a_cell_that_does_not_hold_shows() -> None:
    cells = [Cell("anthropic", "gemini", "tools", "trouble"), Cell("anthropic", "gemini", "plain")]
    line = next(line for line in draw(cells).splitlines() if "gemini" in line)
    assert line.split("|")[3:6] == [" yes ", " - ", " no "]
