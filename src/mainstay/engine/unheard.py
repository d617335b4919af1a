"""An attempt from which nothing was heard yet: when to look after it, and when to give it up before its own clocks."""

from mainstay.engine import faults
from mainstay.engine.attempt import Attempt
from mainstay.engine.progress import Progress
from mainstay.engine.silence import LOOK_SECONDS
from mainstay.model.fault import Fault


def look_at(progress: Progress, attempt: Attempt, limit: float) -> float:
    """The instant until which to listen: where nothing was heard yet, a look comes before the limit."""
    return min(limit, progress.now + LOOK_SECONDS) if attempt.opened_at is None else limit


def why_given_up(progress: Progress, attempt: Attempt) -> Fault | None:
    """Nobody else hears anything either, and somebody else can serve; `None` while it is to be waited for."""
    if attempt.opened_at is not None:
        return None
    board, call, step, now = progress.board, progress.call, attempt.step, progress.now
    usual = board.watch.patience(step.key, call.estimated_input_tokens, is_stream=call.stream)
    if not board.silence.is_over(step.key, attempt.started_at, usual, now):
        return None
    return faults.stalled("silence", now - attempt.started_at) if progress.others_remain(step.candidate) else None
