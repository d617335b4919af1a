"""Where records go: the journal keeps them, the metrics count them. One call for the hot path."""

from mainstay.gateway.metrics import Metrics
from mainstay.model.ports import Journal
from mainstay.model.records import Record


class Sink:
    """A journal that counts."""

    def __init__(self, journal: Journal, metrics: Metrics) -> None:
        """Write to `journal`, observe with `metrics`."""
        self._journal = journal
        self._metrics = metrics

    def write(self, record: Record) -> None:
        """See `model.ports.Journal`."""
        self._journal.write(record)
        self._metrics.observe(record)
