"""A component under watch: its samples, its condition, and what was last decided about it."""

from mainstay.model.components import Component
from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.ops.detection.breakers import Breakers
from mainstay.ops.detection.cause import Trouble
from mainstay.ops.detection.condition import Condition
from mainstay.ops.detection.login import LoginWatch
from mainstay.ops.detection.series import Series


class Watch:
    """Mutable; belongs to the detector."""

    __slots__ = (
        "breakers",
        "cause",
        "component",
        "condition",
        "evidence",
        "group",
        "impact",
        "is_settled",
        "login",
        "name",
        "reason",
        "series",
        "status",
        "told_at",
    )

    def __init__(self, component: Component) -> None:
        """It is well."""
        self.component = component
        self.name = component.name
        self.series = Series(component)
        self.condition = Condition(self.series)
        self.login = LoginWatch(component) if component.part == "login" else None
        self.breakers = Breakers()
        self.reason = ""
        self.cause = ""
        self.group = ""
        self.is_settled = False
        """Whether an incident may have its group."""
        self.told_at = 0.0
        """When something was last decided about it."""
        self.status = ComponentStatus.OPERATIONAL
        self.impact = Impact.NONE
        self.evidence: tuple[Evidence, ...] = ()

    @property
    def trouble(self) -> Trouble:
        """As others see it that may belong together with it."""
        condition = self.condition
        return Trouble(self.component, condition.started_at, self.is_settled, self.group, self.cause)
