"""What others say of components: providers' pages and people. It holds until its source takes it back or it is old."""

from typing import Final

from mainstay.model.evidence import Evidence, EvidenceClass

PAGE_SECONDS: Final = 86_400.0
"""So long a page is believed that has not been heard of since."""
PEOPLE_SECONDS: Final = 1_800.0

_COMPONENTS_MAX: Final = 2_000
_SOURCES_MAX: Final = 8
_FUTURE_SECONDS: Final = 300.0

_Key = tuple[EvidenceClass, str]


class Hearsay:
    """By component, the newest thing that each source says against it."""

    def __init__(self) -> None:
        """Nothing was said."""
        self._said: dict[str, dict[_Key, Evidence]] = {}

    def hear(self, evidence: Evidence) -> None:
        """Take what was said. What is good takes back what the same source said; without a source, all of its class."""
        said = self._said.get(evidence.component)
        key = (evidence.kind, evidence.source)
        if evidence.is_bad:
            self._keep(evidence, said, key)
        elif said is not None:
            taken_back = [one for one in said if one == key or (not evidence.source and one[0] == evidence.kind)]
            for one in taken_back:
                del said[one]
            if not said:
                del self._said[evidence.component]

    def against(self, component: str, wall: float) -> list[Evidence]:
        """What is said against a component and still holds, oldest first."""
        said = self._said.get(component)
        if not said:
            return []
        for key in [key for key, one in said.items() if _is_over(one, wall)]:
            del said[key]
        if not said:
            del self._said[component]
        return sorted(said.values(), key=lambda one: one.at)

    def components(self) -> tuple[str, ...]:
        """Names of components of which something is said."""
        return tuple(self._said)

    def _keep(self, evidence: Evidence, said: dict[_Key, Evidence] | None, key: _Key) -> None:
        if said is None:
            if len(self._said) >= _COMPONENTS_MAX:
                return
            said = self._said[evidence.component] = {}
        said[key] = evidence
        if len(said) > _SOURCES_MAX:
            del said[min(said, key=lambda one: said[one].at)]


def _is_over(evidence: Evidence, wall: float) -> bool:
    seconds = PAGE_SECONDS if evidence.kind == "page" else PEOPLE_SECONDS
    return not wall - seconds <= evidence.at <= wall + _FUTURE_SECONDS
