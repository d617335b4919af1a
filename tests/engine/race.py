"""Scripts for exchanges with two attempts at a time, in the manner of `play`.

play = race()
play.expect_open("alpha")
play.after(PATIENCE_SECONDS)
play.expect_open("beta")
play.attempt(2).says("text:hello", "finish:", "end:")
"""

from collections.abc import Sequence
from typing import Self

import msgspec

from mainstay.engine.board import Board
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.capacity.hold import Hold
from mainstay.engine.demand import Demand
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.model.catalogue import Candidate, Retries, Workload
from mainstay.model.commands import Open
from tests.engine.gray.provider import Provider
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA_KEY, BETA_KEY = Key("alpha", "m", ""), Key("beta", "m", "")
USUAL_SECONDS = 2.0
PATIENCE_SECONDS = 2.5
"""A little more than the p95 of somebody who always takes `USUAL_SECONDS`."""
HEDGED = Retries(attempts_per_upstream=1, hedge_percent=2.0)
DEFAULT_WORKLOAD = Workload()


class CountingCapacity(Capacity):
    """Knows how many attempts hold room, and who is full."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, int] = {}
        self.full: set[str] = set()

    def hold(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> Hold | None:
        return Hold(now + 1.0, "full") if key.upstream in self.full else None

    def take(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        self.held[key.upstream] = self.held.get(key.upstream, 0) + 1

    def give_back(self, candidate: Candidate, key: Key, demand: Demand, seen: Observation) -> Sequence[CapacityChange]:
        self.held[key.upstream] -= 1
        return ()


class RacePlay(Play):
    """One exchange whose attempts may speak in turn. Who was cancelled says nothing more."""

    _speaker = 0

    def attempt(self, number: int) -> Self:
        """Let this attempt be the one that the next events come from."""
        assert number not in self.cancelled, "a driver delivers nothing of a cancelled attempt"
        self._speaker = number
        return self

    @property
    def _number(self) -> int:
        return self._speaker or len(self.opened)

    def expect_open(self, upstream: str) -> Open:
        self._speaker = 0
        return super().expect_open(upstream)


def hedging(name: str, **more: object) -> Candidate:
    """A candidate that is hedged."""
    return msgspec.structs.replace(candidate(name), retries=HEDGED, **more)


def known_board(*, stream: bool = True, answers: int = 300, deposits: int = 1000) -> Board:
    """A board on which alpha and beta take `USUAL_SECONDS`, and so many requests have paid for hedges."""
    board = Board(CountingCapacity())
    for key in (ALPHA_KEY, BETA_KEY):
        wait = USUAL_SECONDS if stream else USUAL_SECONDS / 2
        Provider(board.watch, key).answers(answers, wait=wait, stream=stream, tokens_per_second=100.0, input_tokens=0)
    for _ in range(deposits):
        board.hedges.of("alpha").deposit(HEDGED.hedge_percent, 1000)
    return board


def capacity_of(board: Board) -> CountingCapacity:
    assert isinstance(board.capacity, CountingCapacity)
    return board.capacity


def race(
    *candidates: Candidate,
    board: Board | None = None,
    stream: bool = True,
    workload: Workload = DEFAULT_WORKLOAD,
    **more: object,
) -> RacePlay:
    """An exchange between alpha and beta, alpha first, unless others are given."""
    who = candidates or (hedging("alpha"), hedging("beta"))
    known = board or known_board(stream=stream)
    return RacePlay(TOY, *who, stream=stream, workload=workload, board=known, **more)  # type: ignore[arg-type]
