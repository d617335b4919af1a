"""Where an exchange stands, for those who ask."""

import msgspec

from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.finding import Found
from mainstay.gateway.kept_caller import ANSWERED, CANCELLED
from mainstay.gateway.runs import Run


class Standing(msgspec.Struct, frozen=True):
    """Body of `GET /v1/mainstay/exchanges/{id}`. `state` is `running`, `complete`, `failed` (answered with
    an error), `interrupted` (can be gone on with), `lost` (its end was not kept) or `cancelled`. `events` counts whole
    server-sent events with data."""

    id: str
    state: str
    dialect: str
    model: str
    stream: bool
    durable: bool
    started_at: float
    events: int
    status: int | None
    times_resumed: int = 0


def is_complete(kept: Kept) -> bool:
    """Whether its caller had, or could have had, the whole answer."""
    return kept.ended is not None and kept.ended.outcome == ANSWERED and not kept.tail_lost


def is_cancelled(kept: Kept) -> bool:
    """Whether its caller took the request back."""
    return kept.ended is not None and kept.ended.outcome == CANCELLED


def of_run(run: Run) -> Standing:
    """Of one that runs here."""
    opening, caller = run.draft.opening, run.caller
    status = caller.answer.status if caller.answer else caller.begun.status if caller.begun else None
    return Standing(
        opening.exchange_id,
        "running",
        opening.dialect,
        opening.model,
        opening.stream,
        opening.durable,
        opening.at,
        run.draft.events,
        status,
        run.revivals,
    )


def of_found(found: Found) -> Standing:
    """Of one that is kept, here or elsewhere."""
    kept = found.kept
    opening = kept.opening
    status = kept.replied.status if kept.replied else kept.begun.status if kept.begun else None
    return Standing(
        opening.exchange_id,
        "running" if found.is_written else _state(kept),
        opening.dialect,
        opening.model,
        opening.stream,
        opening.durable,
        opening.at,
        kept.events,
        status,
        len(kept.picked_up),
    )


def _state(kept: Kept) -> str:
    if is_cancelled(kept):
        return "cancelled"
    if is_complete(kept):
        return "complete"
    if kept.replied is not None and kept.ended is not None:
        return "failed"
    return "lost" if kept.tail_lost else "interrupted"
