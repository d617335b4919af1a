"""Who may be hedged with."""

from mainstay.engine.board import CLEAR
from mainstay.engine.plan import Try, key_of
from mainstay.engine.progress import Progress
from mainstay.engine.routing.routed import Drained
from mainstay.model.catalogue import Candidate

CHOSEN = "hedge"


def second_choice(progress: Progress, first: Try) -> Try | None:
    """Who may be hedged with: the next candidate at another upstream that is untried, healthy and has room. Nobody
    where the first one's upstream is known to be in trouble: that is the breaker's case, or a gate's."""
    board, now, demand = progress.board, progress.now, progress.demand
    if board.standing(first.key, now) is not CLEAR:
        return None
    for one in progress.candidates:
        if not _may_hedge(progress, one):
            continue
        for credential in one.upstream.credentials or (None,):
            key = key_of(one, credential)
            if (
                board.standing(key, now) is CLEAR
                and board.capacity.hold(one, key, demand, now) is None
                and not board.watch.is_suspect(key, demand.cohort, now)
            ):
                return Try(one, credential, key, CHOSEN, repetition=False)
    return None


def _may_hedge(progress: Progress, one: Candidate) -> bool:
    name, history = one.upstream.name, progress.history
    if one.substitute or isinstance(one, Drained) or history.tries_at_upstream(name) or history.is_barred(one, ""):
        return False
    purse = progress.purse
    return purse is None or purse.refusal(one, progress.call, progress.wall(progress.now)) is None
