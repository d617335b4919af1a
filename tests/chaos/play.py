"""Plays a row: a quiet time, the trouble, the way back to normal; and what callers had of it."""

from collections.abc import Callable
from threading import Event
from time import monotonic

import msgspec

from tests.chaos.balancer import LOST
from tests.chaos.load import Sample
from tests.chaos.measure import Latency, Usual, usual_of
from tests.chaos.stage import Stage


class Pace(msgspec.Struct, frozen=True):
    """How long things last: quiet times `quiet_answers`, trouble `hold_seconds`, and before it counts as over nothing
    bad must be heard for `calm_seconds`. Where seconds are 0, answers are counted instead, so that a slow machine
    changes nothing."""

    quiet_answers: int
    hold_seconds: float = 0.0
    calm_seconds: float = 0.0

    def hold(self, stage: Stage) -> None:
        """Let the trouble work."""
        if self.hold_seconds:
            Event().wait(self.hold_seconds)
        else:
            stage.load.hear(self.quiet_answers)


class Deed(msgspec.Struct, frozen=True):
    """What a row has done. `over_at` is the instant from which things should become normal. `killed` are the numbers of
    replicas whose gateway processes were killed at `killed_at`."""

    over_at: float
    remark: str = ""
    killed: tuple[int, ...] = ()
    killed_at: float = 0.0
    wrong: tuple[str, ...] = ()
    """What else is not as it must be."""


Act = Callable[[Stage, Pace], Deed]
"""What a row does: break something, mend it (or see it mended)."""


class Row(msgspec.Struct, frozen=True):
    """One line of the table. `is_refusal` tells of an error that it is as it must be."""

    name: str
    act: Act
    is_refusal: Callable[[Sample], bool] = lambda _sample: False
    moves: bool = True
    """Whether callers may need the other replica. Where not, a request that does counts as failed."""


class Outcome(msgspec.Struct, frozen=True):
    """What a row came to. Samples are those of the time from the trouble to normal."""

    row: str
    began: float
    samples: tuple[Sample, ...]
    failed: tuple[Sample, ...]
    refused: int
    cut: int
    """Streams that nobody had promised to keep: they ended with the process that gave them."""
    added: Latency
    normal_seconds: float
    deed: Deed


def play(stage: Stage, row: Row, pace: Pace) -> Outcome:
    """Play it. Raises `AssertionError` where it does not become normal again."""
    since = monotonic()
    stage.load.hear(pace.quiet_answers)
    began = monotonic()
    usual = usual_of(stage.load.samples(since, began))
    deed = row.act(stage, pace)
    stage.until(stage.is_normal, f"all is well after: {row.name}")
    normal_at = monotonic()
    # Who waits for something that is gone still belongs to this row.
    stage.load.settle()
    if pace.calm_seconds:
        normal_at = max(normal_at, calm(stage, row, pace, usual, deed.over_at))
    else:
        stage.load.hear(pace.quiet_answers)
    samples = stage.load.samples(began)
    refused = [one for one in samples if one.trouble and row.is_refusal(one)]
    cut = [one for one in samples if is_cut(one, deed)]
    excused = [*refused, *cut]
    failed = tuple(one for one in samples if one not in excused and (one.trouble or (one.moved and not row.moves)))
    added = usual.added(one for one in samples if one.ended <= normal_at)
    took = max(0.0, normal_at - deed.over_at)
    return Outcome(row.name, began, tuple(samples), failed, len(refused), len(cut), added, took, deed)


def calm(stage: Stage, row: Row, pace: Pace, usual: Usual, since: float) -> float:
    """Wait until nothing bad is heard for a while; give the instant of the last that was."""

    def last_bad() -> float:
        heard = stage.load.samples(since)
        return max((one.ended for one in heard if usual.is_bad(one) and not row.is_refusal(one)), default=since)

    stage.until(lambda: monotonic() - last_bad() >= pace.calm_seconds, f"callers are served well after: {row.name}")
    return last_bad()


def is_cut(sample: Sample, deed: Deed) -> bool:
    """Whether an ordinary stream ended with its process, having said more than was kept. Of a durable one everything is
    kept before it is said."""
    is_ordinary = sample.kind.stream and sample.kind.manner != "durable"
    began_there = {replica for _, replica in sample.exchanges} & set(deed.killed)
    return is_ordinary and bool(began_there) and sample.resumed > 0 and LOST in sample.trouble
