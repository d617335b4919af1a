"""A stand with a keeper."""

from collections.abc import Mapping

from mainstay.control.incidents.keeper import Ears, IncidentKeeper
from mainstay.model.incident import (
    ComponentStatus,
    Impact,
    IncidentStatus,
)
from mainstay.model.notice import Notice
from mainstay.model.settings import IncidentSettings
from mainstay.ops.detection.values import Decision, State
from tests.control.incidents.stand import UPSTREAM, Stand, done
from tests.ops.incidents.events import decision

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = tuple(IncidentStatus)
LOGIN = "upstream:anthropic#login"
OPERATIONAL = ComponentStatus.OPERATIONAL
DEGRADED = ComponentStatus.DEGRADED
FIRST_WORDS = "Found by our monitoring. Requests go to other providers where the configuration allows it."


class Kept(Stand):
    """A stand with a keeper."""

    def __init__(
        self, settings: IncidentSettings | None = None, related: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        super().__init__()
        self.people = self.desk()
        self.notices: list[Notice] = []
        self.acknowledged: list[tuple[str, str]] = []
        self.settings = settings or IncidentSettings()
        self.related = related or {}
        self.keeper = self.new_keeper()

    def new_keeper(self) -> IncidentKeeper:
        """Another process that acts from now on."""
        ears = Ears(
            self.notices.append,
            lambda incident, by: self.acknowledged.append((incident, by)),
            lambda component: self.related.get(component, frozenset()),
        )
        return IncidentKeeper(self.desk(), self.settings, ears, self.wall)

    def decided(self, state: State, status: ComponentStatus = ComponentStatus.MAJOR_OUTAGE, **more: str) -> None:
        self.keeper.decide([self.decision(state, status, **more)])
        self.keeper.turn()

    def decision(
        self, state: State, status: ComponentStatus = ComponentStatus.MAJOR_OUTAGE, component: str = UPSTREAM
    ) -> Decision:
        impact = Impact.NONE if state == "well" else Impact.MAJOR
        return decision(state, status, component=component, impact=impact, at=self.now)

    def pass_time(self, seconds: float, step: float = 60.0) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            self.keeper.turn()

    def titles(self) -> list[str]:
        return [notice.title.partition(":")[0] for notice in self.notices]

    def words(self, incident: str = "INC-1") -> list[str]:
        return [one.words for one in done(self.people.read(incident)).timeline]
