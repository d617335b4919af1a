"""What one exchange has tried so far, and with what result. Bounded by the number of attempts."""

from mainstay.model.catalogue import Candidate
from mainstay.model.fault import Fault, FaultKind


class History:
    """Attempts, faults and bars of one exchange."""

    __slots__ = ("_barred", "_not_before", "_tried", "attempts", "faults")

    def __init__(self) -> None:
        """Nothing tried yet."""
        self.attempts = 0
        self.faults: list[tuple[Candidate, Fault]] = []
        self._tried: list[tuple[str, str]] = []
        """The upstream and model of each attempt. Few are ever in it, so that it is counted when somebody asks."""
        self._barred: set[tuple[str, str, str]] = set()
        self._not_before: dict[tuple[str, str], float] = {}

    def begin(self, candidate: Candidate) -> None:
        """Count an attempt at this candidate."""
        self.attempts += 1
        self._tried.append((candidate.upstream.name, candidate.model))

    def add_fault(self, candidate: Candidate, credential: str, fault: Fault) -> None:
        """Note how an attempt failed, and bar what may not be tried again."""
        self.faults.append((candidate, fault))
        if fault.kind in {FaultKind.AUTH, FaultKind.BILLING}:
            self.bar(candidate, credential)
        elif not fault.same_again:
            self.bar(candidate)

    def bar(self, candidate: Candidate, credential: str = "") -> None:
        """Do not try this candidate (with this credential, or with any) again in this exchange."""
        self._barred.add((candidate.upstream.name, candidate.model, credential))

    def rest(self, candidate: Candidate, until: float) -> None:
        """Do not try this candidate again before this instant."""
        self._not_before[candidate.upstream.name, candidate.model] = until

    def is_barred(self, candidate: Candidate, credential: str) -> bool:
        """Whether this exchange has given up on the candidate with this credential."""
        name, model = candidate.upstream.name, candidate.model
        return (name, model, "") in self._barred or (name, model, credential) in self._barred

    def tries_at(self, candidate: Candidate) -> int:
        """Attempts at exactly this candidate."""
        return self._tried.count((candidate.upstream.name, candidate.model))

    def tries_at_upstream(self, upstream: str) -> int:
        """Attempts at this upstream, whatever the model."""
        return sum(name == upstream for name, _ in self._tried)

    def not_before(self, candidate: Candidate) -> float:
        """The instant before which this exchange leaves the candidate alone (0 = none)."""
        return self._not_before.get((candidate.upstream.name, candidate.model), 0.0)

    def fault_of(self, candidate: Candidate) -> Fault | None:
        """The most recent fault of exactly this candidate, with whatever credential."""
        pair = (candidate.upstream.name, candidate.model)
        own = (fault for one, fault in reversed(self.faults) if (one.upstream.name, one.model) == pair)
        return next(own, None)

    @property
    def last_fault(self) -> Fault | None:
        """The most recent fault."""
        return self.faults[-1][1] if self.faults else None
