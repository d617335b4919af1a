"""Health boards to which something has happened."""

from mainstay.engine.board import Board, Change, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES
from mainstay.engine.key import Key

ALPHA = Key("alpha", "sonnet", "main")
BETA = Key("beta", "sonnet", "main")


def start(board: Board, key: Key = ALPHA, at: float = 0.0, *, repetition: bool = False) -> Change | None:
    return board.started(key, at, repetition=repetition, budget_percent=10.0)


def end(
    board: Board, verdict: Verdict, key: Key = ALPHA, at: float = 0.0, *, repetition: bool = False
) -> Change | None:
    return board.ended(key, verdict, at, 0.5, started_at=at, repetition=repetition, reason="for the test")


def broken_board(at: float = 0.0) -> Board:
    """A board on which alpha's breaker opened at this instant."""
    board = Board()
    for _ in range(CONSECUTIVE_FAILURES):
        start(board, at=at)
        end(board, Verdict.BAD, at=at)
    return board
