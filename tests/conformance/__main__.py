"""`make conformance`: plays the table against a running gateway and fake providers, prints it, and keeps it."""

import sys
import tempfile
from pathlib import Path

from tests.conformance.stage import stage
from tests.conformance.table import Cell, draw, play

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def main() -> int:
    """Exit code 0 where every cell holds."""
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as running:
        cells = play(running.url, _tell)
    table = draw(cells)
    sys.stdout.write(f"\n{table}\n")
    failed = [cell for cell in cells if cell.trouble]
    sys.stdout.write(f"{len(cells) - len(failed)} of {len(cells)} cells hold\n")
    if not failed and "--keep" in sys.argv:
        _keep(table)
    return 1 if failed else 0


def _tell(cell: Cell) -> None:
    if cell.trouble:
        sys.stdout.write(f"{cell.caller} -> {cell.kind}, {cell.row}: {cell.trouble}\n")
        sys.stdout.flush()


def _keep(table: str) -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    sys.exit(main())
