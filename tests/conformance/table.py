"""Plays every cell and draws the table."""

from collections.abc import Callable

import msgspec

from tests.conformance.rows import ROWS
from tests.conformance.stage import CALLERS, KINDS


class Cell(msgspec.Struct, frozen=True):
    """One caller, one kind of upstream, one row; `trouble` is empty where it holds."""

    caller: str
    kind: str
    row: str
    trouble: str = ""


def play(url: str, told: Callable[[Cell], None]) -> list[Cell]:
    """Every cell; `told` hears of each."""
    cells = []
    for caller in CALLERS:
        for kind in KINDS:
            for row, check in ROWS.items():
                cell = Cell(caller, kind, row, _trouble(check, url, caller, kind))
                told(cell)
                cells.append(cell)
    return cells


def draw(cells: list[Cell]) -> str:
    """The table in Markdown: a line for each pair, a column for each row."""
    marks = {(cell.caller, cell.kind, cell.row): "no" if cell.trouble else "yes" for cell in cells}
    lines = [
        "| caller | upstream | " + " | ".join(ROWS) + " |",
        "|---|---|" + "---|" * len(ROWS),
    ]
    for caller in CALLERS:
        for kind in KINDS:
            found = " | ".join(marks.get((caller, kind, row), "-") for row in ROWS)
            way = f"{kind} (verbatim)" if kind == caller else kind
            lines.append(f"| {caller} | {way} | {found} |")
    return "\n".join(lines)


def _trouble(check: Callable[[str, str, str], None], url: str, caller: str, kind: str) -> str:
    try:
        check(url, caller, kind)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong belongs into the table
        return f"{type(error).__name__}: {error}"[:500]
    return ""
