"""Where records go: the journal keeps them, the metrics count them. One call for the hot path."""

from collections.abc import Callable

from mainstay.gateway.metrics import Metrics
from mainstay.model.ports import Journal
from mainstay.model.records import Record


class Sink:
    """A journal that counts."""

    def __init__(self, journal: Journal, metrics: Metrics, take: Callable[[Record], None] | None = None) -> None:
        """Write to `journal`, observe with `metrics`, and let `take` have each record too."""
        self._write = journal.write
        self._observe = metrics.observe
        self._take = take

    def write(self, record: Record) -> None:
        """See `model.ports.Journal`."""
        self._write(record)
        self._observe(record)
        if self._take is not None:
            self._take(record)
