"""What happened to an exchange so far, told in short, for tests of the plan."""

from collections.abc import Callable
from typing import NamedTuple

from mainstay.engine.board import Board, Gate, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES, OPEN_SECONDS_MIN
from mainstay.engine.demand import USUAL_DEMAND, Demand
from mainstay.engine.history import History
from mainstay.engine.key import Key
from mainstay.engine.plan import Rest, Try, Wait, key_of, next_step
from mainstay.model.catalogue import Candidate
from mainstay.model.fault import Fault, FaultKind
from tests.engine.gray.provider import Provider

NOW = 1000.0
DEADLINE = NOW + 300.0


class Story(NamedTuple):
    """What happened so far, and the question who is next."""

    candidates: tuple[Candidate, ...]
    history: History
    board: Board

    def failed(
        self, one: Candidate, kind: FaultKind, *, credential: str = "", rest_seconds: float | None = None
    ) -> None:
        """An attempt at this candidate failed just now."""
        self.history.begin(one)
        self.history.add_fault(one, credential, Fault(kind, "for the test"))
        if rest_seconds is not None:
            self.history.rest(one, NOW + rest_seconds)

    def breaker_opened(self, one: Candidate, at: float = NOW) -> None:
        for _ in range(CONSECUTIVE_FAILURES):
            self.board.ended(key_of(one, None), Verdict.BAD, at, 0.5, started_at=at, repetition=False, reason="test")

    def breaker_ramps(self, one: Candidate) -> None:
        """A probe has closed the breaker just now: a tenth of the traffic is admitted."""
        self.breaker_opened(one, at=NOW - OPEN_SECONDS_MIN)
        self.board.ended(key_of(one, None), Verdict.GOOD, NOW, 0.5, started_at=NOW, repetition=False, reason="test")

    def suspected(self, *ones: Candidate) -> None:
        """Who used to begin after a second, and now takes ten."""
        for one in ones:
            Provider(self.board.watch, key_of(one, None)).becomes_suspect(NOW)

    def throttled(self, one: Candidate, seconds: float, *, credential: str = "") -> None:
        key = Key(one.upstream.name, one.model, credential)
        self.board.close_gate(key, Gate(NOW + seconds, strict=True, reason="throttled"))

    def refused(self, one: Candidate, seconds: float, *, credential: str = "") -> None:
        """Account trouble in another exchange."""
        key = Key(one.upstream.name, "", credential)
        self.board.close_gate(key, Gate(NOW + seconds, strict=False, reason="auth trouble"))

    def budget_is_spent(self, upstream: str) -> None:
        for _ in range(10):
            key = Key(upstream, "", "")
            self.board.started(key, NOW, repetition=True, budget_percent=10.0)
            self.board.ended(key, Verdict.NO_SAMPLE, NOW, 0.5, started_at=NOW, repetition=True, reason="test")

    def step(
        self,
        *,
        now: float = NOW,
        deadline: float = DEADLINE,
        dice: Callable[[], float] = lambda: 0.5,
        demand: Demand = USUAL_DEMAND,
    ) -> Try | Wait | Rest | None:
        return next_step(self.candidates, self.history, self.board, now, deadline, dice, demand=demand)

    def next(self, demand: Demand = USUAL_DEMAND) -> str:
        """The next step in short: `alpha`, `alpha/spare`, `rest 3.0`, `nobody`."""
        match self.step(demand=demand):
            case Rest(until):
                return f"rest {until - NOW:.1f}"
            case Try(one, None):
                return one.upstream.name
            case Try(one, credential):
                return f"{one.upstream.name}/{credential.name if credential else ''}"
            case _:
                return "nobody"


def story(*candidates: Candidate) -> Story:
    return Story(candidates, History(), Board())
