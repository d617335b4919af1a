"""Where records go: the journal keeps them, the metrics count them. One call for the hot path."""

from mainstay.gateway.metrics import Metrics
from mainstay.model.ports import Journal
from mainstay.model.records import Record


class Sink:
    """A journal that counts."""

    def __init__(self, journal: Journal, metrics: Metrics) -> None:
        """Write to `journal`, observe with `metrics`."""
        self._write = journal.write
        self._observe = metrics.observe

    def write(self, record: Record) -> None:
        """See `model.ports.Journal`."""
        self._write(record)
        self._observe(record)
