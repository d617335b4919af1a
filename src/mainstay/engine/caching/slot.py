"""What an exchange has to do with the cache: an old answer that may stand in for it, and a place for its own."""

from typing import Protocol

from mainstay.engine.caching.answer import CachedAnswer
from mainstay.engine.progress import Progress
from mainstay.model.records import ExchangeRecord


class CacheSlot(Protocol):
    """One exchange's."""

    @property
    def stand_in(self) -> CachedAnswer | None:
        """An answer, not fresh any more, that may be given where no provider gives one."""

    def served(self, record: ExchangeRecord) -> None:
        """The exchange ended with an answer that deserves to be given again."""


def is_worth_keeping(progress: Progress) -> bool:
    """Whether the answer that an exchange ended with may be given again as this model's: whole as it came, by a
    candidate that is no substitute and was told everything that the caller asked."""
    served = progress.served_by
    return (
        served is not None
        and not served.substitute
        and not progress.recovered
        and not progress.estimated
        and not progress.ticket.revival
        and progress.status == 200  # noqa: PLR2004 - HTTP's word for success
        and not progress.passages.to(served).losses
    )
