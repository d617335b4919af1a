"""Events of incidents, for tests."""

from mainstay.model.evidence import Evidence
from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentEvent, Opened
from mainstay.model.records import IncidentRecord
from mainstay.ops.detection.values import Decision, State
from mainstay.ops.incidents.fold import fold
from mainstay.ops.incidents.state import IncidentState

NOON = 1_772_452_800.0
"""2026-03-02 12:00:00 UTC."""
UPSTREAM = "upstream:anthropic"
LOGIN = "upstream:anthropic#login"

ILL = Affected(UPSTREAM, ComponentStatus.MAJOR_OUTAGE)
DEGRADED = Affected(UPSTREAM, ComponentStatus.DEGRADED)
WELL = Affected(UPSTREAM, ComponentStatus.OPERATIONAL)

PERSON = ("ann", "local")
DETECTION = ("detection", "detection")
PLAYBOOK = ("playbook RUN-3", "playbook")

Step = tuple[float, IncidentEvent] | tuple[float, IncidentEvent, tuple[str, str]]


def opened(*affected: Affected, text: str = "", impact: Impact = Impact.MAJOR, is_private: bool = False) -> Opened:
    return Opened("Most requests fail", impact, "hand", NOON, affected, text, is_private=is_private)


def records(*steps: Step) -> list[IncidentRecord]:
    """Each step: seconds after noon, what happened, and who did it (Ann)."""
    found = []
    for number, step in enumerate(steps, 1):
        by, via = step[2] if len(step) == 3 else PERSON
        found.append(IncidentRecord(f"r{number}", NOON + step[0], "INC-1", number, by, step[1], via))
    return found


def incident(*steps: Step) -> IncidentState:
    state = fold(records(*steps))
    assert state is not None
    return state


def evidence(words: str = "12 of 14 attempts failed", at: float = NOON, *, is_bad: bool = True) -> Evidence:
    return Evidence("own", UPSTREAM, at, is_bad, words)


def decision(
    state: State,
    status: ComponentStatus = ComponentStatus.MAJOR_OUTAGE,
    *,
    component: str = UPSTREAM,
    impact: Impact = Impact.MAJOR,
    at: float = NOON,
    group: str = "",
) -> Decision:
    before: State = "well" if state == "ill" else "ill"
    words = f"{component} is {state}"
    proof = (Evidence("own", component, at, state == "ill", words, is_conclusive=True),)
    return Decision(component, state, before, at, at, words, impact, status, proof, "", group)
