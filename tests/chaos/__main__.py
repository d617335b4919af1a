"""`make chaos`: breaks everything under load, prints what callers had of it, and keeps the table."""

import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from time import monotonic

from tests.chaos.play import Pace, Row, play
from tests.chaos.proofs import SOUND, defects, exchanges, losses, told_of, verdicts
from tests.chaos.rows import MACHINES, OUTAGES
from tests.chaos.rows_clock import CLOCKS
from tests.chaos.rows_operator import OPERATORS
from tests.chaos.stage import Stage, stage
from tests.chaos.table import Line, draw

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
PACE = Pace(quiet_answers=100, hold_seconds=5.0, calm_seconds=1.0)
WARM_UP_ANSWERS = 100
ROWS = (*OUTAGES, *MACHINES, *CLOCKS, *OPERATORS)
FAILURES_TOLD = 5


def main(arguments: list[str]) -> int:
    """Exit code 0 where every zero is zero. `--only TEXT` (repeatable) plays the rows whose names have it, `--write`
    keeps the table."""
    wanted = [word for option, word in pairwise(arguments) if option == "--only"] or [""]
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="mainstay-chaos-") as folder, stage(Path(folder)) as running:
        running.load.hear(WARM_UP_ANSWERS)
        rows = [row for row in ROWS if any(one in row.name for one in wanted)]
        lines = played(running, rows)
        said, wrong = verdicts(running), defects(running)
    table = draw(lines)
    tell(f"\n{table}\n")
    for name, verdict in said.items():
        tell(f"mainstay audit verify, replica {name}: {verdict}")
    for line in wrong:
        tell(f"a mistake of ours: {line}")
    good = (
        [line.holds for line in lines] == [True] * len(rows)
        and not wrong
        and all(one.startswith(SOUND) for one in said.values())
    )
    tell(f"{sum(line.holds for line in lines)} of {len(rows)} rows hold, {monotonic() - began:.0f} s")
    if good and "--write" in arguments:
        keep(table)
    return 0 if good else 1


def played(running: Stage, rows: list[Row]) -> list[Line]:
    """Every row, told as it ends. Ends with the first that does not become normal again."""
    lines: list[Line] = []
    for row in rows:
        try:
            outcome = play(running, row, PACE)
        except AssertionError as error:
            tell(f"BROKEN  {row.name}: {error}")
            break
        line = Line(outcome, losses(running, outcome))
        lines.append(line)
        tell(f"{'ok' if line.holds else 'BROKEN':7} {row.name}: {len(outcome.samples)} requests")
        for one in outcome.failed[:FAILURES_TOLD]:
            tell(
                f"        failed: {one.kind.dialect}, stream {one.kind.stream}, {one.kind.manner}: {one.trouble[:500]}"
            )
        for words in outcome.deed.wrong:
            tell(f"        wrong: {words}")
        if line.losses.lost:
            for exchange, one in exchanges(outcome.samples):
                if exchange in line.losses.lost:
                    tell(f"        lost: {exchange}: {one}; {outcome.deed}")
                    for record in told_of(running.dsn, exchange):
                        tell(f"          {record}")
    return lines


def tell(words: str) -> None:
    """Say something to whoever waits."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def keep(table: str) -> None:
    """Put the table into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
