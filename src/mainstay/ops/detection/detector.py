"""The detector: takes records and hears evidence, decides about components, and wishes for probes."""

from collections.abc import Iterable

from mainstay.model.components import component_of
from mainstay.model.evidence import Evidence
from mainstay.model.records import DetectionRecord, Record
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.deciding import Decider
from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.intake import Intake
from mainstay.ops.detection.learning import learn_span
from mainstay.ops.detection.standings import standing_of
from mainstay.ops.detection.topology import LogicalModel, Topology, UpstreamPlace
from mainstay.ops.detection.values import Decision, ProbeWish, Standing, TrendPoint
from mainstay.ops.detection.watches import Watches
from mainstay.ops.detection.wishing import wishes_of
from mainstay.ops.tallies.tally import SpanTallies

__all__ = ["Decision", "Detector", "LogicalModel", "ProbeWish", "Standing", "Topology", "TrendPoint", "UpstreamPlace"]


class Detector:
    """Pure: time comes with records and as an argument. Used by one thread at a time.

    Feed it the records of the last hours (oldest first) before the first `turn`: they fill its windows, and
    `DetectionRecord`s among them restore what was decided before. After the first turn it takes no notice of those.
    """

    def __init__(self, settings: DetectionSettings, topology: Topology) -> None:
        """It knows nothing yet, and takes everything for well."""
        self._watches = Watches(topology)
        self._hearsay = Hearsay()
        self._intake = Intake(self._watches)
        self._decider = Decider(settings, self._watches, self._hearsay)
        self._is_warming = True

    def arrange(self, settings: DetectionSettings, topology: Topology) -> None:
        """Go on with another configuration. What is known of components that stay is kept."""
        self._decider.settings = settings
        self._decider.forget(self._watches.arrange(topology))

    def take(self, record: Record) -> None:
        """Learn from a record. Records that say nothing of components are let pass."""
        if isinstance(record, DetectionRecord):
            if self._is_warming:
                self._decider.restore(record)
        else:
            self._intake.take(record)

    def learn(self, start: float, seconds: float, tallies: SpanTallies) -> None:
        """Learn what is usual from what was added up of records. Only of spans that are not fed as records, and before
        the first turn."""
        learn_span(self._watches, start, seconds, tallies)

    def hear(self, evidence: Evidence) -> None:
        """Take what a provider's page or people say; with `is_bad` false it takes back what the same source said. What
        is said of components that nobody configured, and what is `own`, is let pass."""
        component = component_of(evidence.component)
        if evidence.kind == "own" or component is None or self._watches.of(component) is None:
            return
        self._hearsay.hear(evidence)

    def turn(self, wall: float) -> tuple[Decision, ...]:
        """Decide. To be called every second or so."""
        self._is_warming = False
        self._intake.advance(wall)
        changed, self._intake.changed = self._intake.changed, set()
        return self._decider.decide(changed, wall)

    def wishes(self, wall: float) -> tuple[ProbeWish, ...]:
        """Probes that would tell something, the most urgent first; at most 50."""
        return wishes_of(self._watches, wall)

    def standing(self, wall: float, components: Iterable[str] = ()) -> tuple[Standing, ...]:
        """How components stand, in the order of their names; all if none are named."""
        wanted = frozenset(components)
        found = (standing_of(one, self._hearsay, wall) for one in self._watches if not wanted or one.name in wanted)
        return tuple(sorted(found, key=lambda one: one.component))
