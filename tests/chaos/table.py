"""Draws the table."""

import msgspec

from tests.chaos.play import Outcome
from tests.chaos.proofs import Losses

HEAD = (
    "what happens",
    "requests",
    "failed",
    "refused",
    "cut",
    "other replica",
    "resumed",
    "added p50",
    "added p99",
    "slowest",
    "records lost",
    "normal after",
    "remark",
)


class Line(msgspec.Struct, frozen=True):
    """A row, played."""

    outcome: Outcome
    losses: Losses

    @property
    def holds(self) -> bool:
        """Whether every zero is zero."""
        return not (self.outcome.failed or self.losses.lost or self.outcome.deed.wrong)


def draw(lines: list[Line]) -> str:
    """The table in Markdown."""
    marks = ["---", *["---:"] * (len(HEAD) - 2), "---"]
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEAD, marks, *map(cells, lines)))


def cells(line: Line) -> tuple[str, ...]:
    """One line of it."""
    outcome, losses = line.outcome, line.losses
    samples, added = outcome.samples, outcome.added
    remarks = [outcome.deed.remark, *outcome.deed.wrong]
    if losses.last_instant:
        remarks.append(f"{losses.last_instant} not on record: the kill came first")
    return (
        outcome.row,
        str(len(samples)),
        str(len(outcome.failed)),
        str(outcome.refused),
        str(outcome.cut),
        str(sum(one.moved > 0 for one in samples)),
        str(sum(one.resumed > 0 for one in samples)),
        milliseconds(added.p50),
        milliseconds(added.p99),
        milliseconds(added.slowest),
        str(len(losses.lost)),
        f"{outcome.normal_seconds:.1f} s",
        "; ".join(filter(None, remarks)),
    )


def milliseconds(seconds: float) -> str:
    """Rounded; what is less than in quiet times is nothing."""
    return f"{max(0.0, 1000 * seconds):.0f} ms"
