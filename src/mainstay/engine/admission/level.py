"""A level of admission, as in WeChat's DAGOR: up to where in the order of priorities and cohorts requests are let in.

Positions run from the most urgent to the least: critical work (which no level refuses), then the 128 cohorts of
interactive work, then those of batch work. To let in less, the level goes down until so many of those that came lately
would not have been let in; to let in more, it goes up. So it is whole sessions that are kept or turned away.
"""

from mainstay.engine.demand import COHORTS, RANKS, Demand

POSITIONS = len(RANKS) * COHORTS
"""The level at which everybody is let in."""
STEP_SHARE = 0.01
"""How much of what was let in is let in less, or more, with one step."""
FEWER_SHARE_MAX = 0.5
"""However many came too many."""
MEMORY = 0.85
"""What is left of a count after a second: the level of a second without requests is still a good one."""
FORGOTTEN_BELOW = 0.01


def position_of(demand: Demand) -> int:
    """Where a request stands."""
    return RANKS[demand.priority] * COHORTS + demand.cohort


class Level:
    """Mutable."""

    __slots__ = ("_counts", "_seconds", "_step", "position")

    def __init__(self) -> None:
        """Let everybody in, and begin to count."""
        self.position = POSITIONS
        """The first position that is refused."""
        self._counts = [0.0] * POSITIONS
        self._seconds = 1.0
        """For so many seconds the counts stand."""
        self._step = 0.0
        """How many requests a second one step upwards lets in."""

    def admits(self, position: int, bound: int | None = None) -> bool:
        """Count one request, and tell whether it may come in: whether its bound, where it has one that is not its
        position, lies below the level."""
        self._counts[position] += 1.0
        return (position if bound is None else bound) < self.position

    @property
    def per_second(self) -> float:
        """How many requests are let in per second."""
        return sum(self._counts[: self.position]) / self._seconds

    def lower_to(self, per_second: float, floor: int) -> None:
        """Let in no more than so many, but all below `floor`; and not too many fewer at once."""
        let_in = sum(self._counts[: self.position])
        mass = min(let_in - per_second * self._seconds, FEWER_SHARE_MAX * let_in)
        self._move_down(mass, max(floor, COHORTS))

    def rise_to(self, per_second: float) -> None:
        """Let in so many at the least."""
        mass = per_second * self._seconds - sum(self._counts[: self.position])
        if mass > 0.0:
            self._move_up(mass, POSITIONS)

    def rise(self, ceiling: int = POSITIONS) -> None:
        """Let in more by a step, up to `ceiling`."""
        self._move_up(STEP_SHARE * sum(self._counts[: self.position]), ceiling)

    def forget(self) -> None:
        """A second has passed."""
        self._step = STEP_SHARE * sum(self._counts[: self.position])
        self._seconds = 1.0 + MEMORY * self._seconds
        self._counts = [0.0 if one < FORGOTTEN_BELOW else one * MEMORY for one in self._counts]

    def steps_to(self, position: int) -> float:
        """After how many steps upwards this position would be let in."""
        missing = sum(self._counts[self.position : position + 1])
        return missing / self._step if self._step > 0.0 else float(position + 1 - self.position)

    def _move_down(self, mass: float, floor: int) -> None:
        counts, position = self._counts, self.position
        refused = 0.0
        while position > floor and refused < mass:
            position -= 1
            refused += counts[position]
        self.position = position

    def _move_up(self, mass: float, ceiling: int) -> None:
        counts, position = self._counts, self.position
        admitted = 0.0
        while position < ceiling:
            admitted += counts[position]
            position += 1
            if admitted > mass:
                break
        self.position = position
