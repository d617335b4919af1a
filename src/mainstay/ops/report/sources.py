"""What a report after an incident is made of."""

from typing import Final

import msgspec

from mainstay.model.components import component_of
from mainstay.model.records import Record
from mainstay.model.settings import Clocks
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.status.course import ended_at
from mainstay.ops.status.traffic import TalliedSpan

BEFORE_SECONDS: Final = 3_600.0
AFTER_SECONDS: Final = 1_800.0
BEFORE_MAX_SECONDS: Final = 86_400.0
"""Records are looked at for so long before the incident (at least, at most) and after it."""


class ReportSources(msgspec.Struct, frozen=True):
    """A report is a reading of this. `at` is when it is made.

    `records` are those between `since` and `until` that are no attempts and no exchanges; `spans` are what was added up
    of the others in the same time, none overlapping another. `is_cut`: there were more records than were read.
    """

    at: float
    incident: IncidentState
    records: tuple[Record, ...] = ()
    spans: tuple[TalliedSpan, ...] = ()
    is_cut: bool = False
    clocks: Clocks = Clocks()

    @property
    def started_at(self) -> float:
        """When the trouble began, as far as known."""
        return self.incident.started_at

    @property
    def ended_at(self) -> float:
        """When it was over; for an open one, now."""
        ended = ended_at(self.incident)
        return max(self.at if ended is None else ended, self.started_at)

    @property
    def upstreams(self) -> frozenset[str]:
        """Providers that the incident is about, by what it affects and by its evidence."""
        names = [one.component for one in self.incident.affected]
        names += [one.component for entry in self.incident.timeline for one in entry.evidence]
        found = (component_of(name) for name in names)
        return frozenset(one.upstream for one in found if one is not None and one.upstream)

    @property
    def models(self) -> frozenset[str]:
        """Logical models that the incident is about; empty: all."""
        found = (component_of(one.component) for one in self.incident.affected)
        return frozenset(one.model for one in found if one is not None and one.model and not one.upstream)


def window(incident: IncidentState, now: float) -> tuple[float, float]:
    """From when until when records and spans are to be read."""
    ended = ended_at(incident)
    end = now if ended is None else ended
    # The time before is for comparison: as long as the incident was, within bounds.
    before = min(max(end - incident.started_at, BEFORE_SECONDS), BEFORE_MAX_SECONDS)
    return incident.started_at - before, min(end + AFTER_SECONDS, now)
