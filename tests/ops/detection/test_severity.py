import pytest

from mainstay.model.components import GATEWAY, Component
from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.ops.detection.severity import failed_lately, impact_of, status_of
from mainstay.ops.detection.values import State
from tests.ops.detection.samples import NOW, OPUS, feed, said, series


def own(value: float, samples: int = 50, measure: str = "error-ratio") -> Evidence:
    return Evidence("own", OPUS.name, NOW, is_bad=True, words="", measure=measure, value=value, samples=samples)


@pytest.mark.parametrize(
    ("state", "evidence", "status"),
    [
        ("ill", own(0.9), ComponentStatus.MAJOR_OUTAGE),
        ("ill", own(1.0, samples=5), ComponentStatus.MAJOR_OUTAGE),
        ("ill", own(1.0, samples=4), ComponentStatus.PARTIAL_OUTAGE),
        ("ill", own(0.9, samples=9), ComponentStatus.PARTIAL_OUTAGE),
        ("ill", own(0.3), ComponentStatus.PARTIAL_OUTAGE),
        ("ill", own(0.05), ComponentStatus.DEGRADED),
        ("ill", own(9.0, measure="first-content"), ComponentStatus.DEGRADED),
        ("ill", said(OPUS), ComponentStatus.PARTIAL_OUTAGE),
        ("suspected", own(1.0), ComponentStatus.OPERATIONAL),
        ("recovering", own(1.0), ComponentStatus.DEGRADED),
        ("well", own(1.0), ComponentStatus.OPERATIONAL),
    ],
)
def test_a_status_follows_the_evidence(state: State, evidence: Evidence, status: ComponentStatus) -> None:
    assert status_of(state, (evidence,)) is status


def test_the_worst_counts() -> None:
    assert status_of("ill", (own(0.05), own(0.9), own(0.3))) is ComponentStatus.MAJOR_OUTAGE
    assert status_of("ill", ()) is ComponentStatus.DEGRADED


@pytest.mark.parametrize(
    ("outcomes", "impact"),
    [("x" * 20, Impact.CRITICAL), ("x..." * 5, Impact.MAJOR), ("." * 20, Impact.MINOR), ("xxx", Impact.MINOR)],
)
def test_the_impact_of_a_provider_is_what_callers_feel(outcomes: str, impact: Impact) -> None:
    callers = series(Component(model="smart"))
    end = feed(callers, NOW, outcomes)
    assert impact_of(OPUS, "ill", 1.0, [callers, series(Component(model="other"))], end) is impact
    assert impact_of(OPUS, "suspected", 1.0, [callers], end) is Impact.NONE


def test_the_impact_of_what_callers_ask_is_its_own() -> None:
    assert impact_of(Component(model="smart"), "ill", 0.6, [], NOW) is Impact.CRITICAL
    assert impact_of(GATEWAY, "ill", 0.06, [], NOW) is Impact.MAJOR
    assert impact_of(Component(model="smart"), "well", 0.6, [], NOW) is Impact.NONE


def test_few_requests_tell_nothing() -> None:
    one = series()
    assert failed_lately(one, feed(one, NOW, "xxxx")) == 0.0
    assert failed_lately(one, feed(one, NOW + 5, "x")) == 1.0
