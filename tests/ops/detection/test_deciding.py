import pytest

from mainstay.model.components import Component
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.model.records import DetectionRecord
from mainstay.ops.detection.deciding import Decider
from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.topology import Topology
from mainstay.ops.detection.values import Decision
from mainstay.ops.detection.watch import Watch
from tests.ops.detection.samples import NOW, OPUS, SETTINGS, feed, said, watches

GPT = Component("openai", "gpt")
SMART = Component(model="smart")


class Desk:
    def __init__(self) -> None:
        self.watches = watches()
        self.hearsay = Hearsay()
        self.decider = Decider(SETTINGS, self.watches, self.hearsay)

    def watch(self, component: Component) -> Watch:
        found = self.watches.of(component)
        assert found is not None
        return found

    def fail(self, component: Component, start: float = NOW, outcomes: str = "x" * 30) -> None:
        feed(self.watch(component).series, start, outcomes)

    def decide(self, wall: float, *changed: Component) -> dict[str, Decision]:
        return {one.component: one for one in self.decider.decide(changed, wall)}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_only_changes_are_told(desk: Desk) -> None:
    assert desk.decide(NOW, OPUS) == {}
    desk.fail(OPUS)
    decision = desk.decide(NOW + 30, OPUS)[OPUS.name]
    assert (decision.before, decision.state, decision.at, decision.started_at) == ("well", "ill", NOW + 30, NOW)
    assert decision.status is ComponentStatus.MAJOR_OUTAGE
    assert decision.impact is Impact.MINOR
    assert decision.group == "upstream:claude"
    assert desk.decide(NOW + 31) == {}


def test_what_gets_worse_is_told_again_but_not_every_second(desk: Desk) -> None:
    desk.fail(OPUS, outcomes="x..." * 15)
    first = desk.decide(NOW + 60, OPUS)[OPUS.name]
    assert first.status is ComponentStatus.PARTIAL_OUTAGE
    desk.fail(OPUS, NOW + 60, "x" * 30)
    desk.fail(SMART, NOW + 60, "x" * 30)
    assert OPUS.name not in desk.decide(NOW + 80)
    worse = desk.decide(NOW + 91)[OPUS.name]
    assert (worse.before, worse.state, worse.impact) == ("ill", "ill", Impact.CRITICAL)
    desk.fail(OPUS, NOW + 91, "x" * 600)
    assert desk.decide(NOW + 691)[OPUS.name].status is ComponentStatus.MAJOR_OUTAGE
    assert desk.decide(NOW + 751) == {}


def test_those_who_share_what_fails_are_one_group_with_a_cause(desk: Desk) -> None:
    desk.fail(OPUS)
    assert desk.decide(NOW + 30, OPUS)[OPUS.name].cause == ""
    desk.fail(GPT, NOW + 20)
    desk.fail(SMART, NOW + 20)
    decisions = desk.decide(NOW + 50, GPT, SMART)
    assert {one.group for one in decisions.values()} == {"upstream:claude"}
    assert decisions[GPT.name].cause == "cloudflare"


def test_the_group_of_an_incident_stays(desk: Desk) -> None:
    desk.fail(OPUS, outcomes="x..." * 15)
    assert desk.decide(NOW + 60, OPUS)[OPUS.name].group == "upstream:claude"
    desk.decider.restore(DetectionRecord("d", NOW - 60, GPT.name, "ill", "", cause="cloudflare"))
    desk.fail(OPUS, NOW + 60, "x" * 60)
    desk.fail(SMART, NOW + 60, "x" * 60)
    desk.watch(GPT).group = "upstream:openai"
    assert desk.decide(NOW + 121)[OPUS.name].group == "upstream:claude"


def test_a_page_alone_is_a_suspicion_and_tells_nobody_else(desk: Desk) -> None:
    desk.hearsay.hear(said(OPUS))
    decision = desk.decide(NOW)[OPUS.name]
    assert (decision.state, decision.status, decision.impact) == (
        "suspected",
        ComponentStatus.OPERATIONAL,
        Impact.NONE,
    )
    assert decision.reason == "the page says so"
    desk.hearsay.hear(said(OPUS, NOW + 60, is_bad=False))
    assert desk.decide(NOW + 61) == {}
    assert desk.decide(NOW + 122)[OPUS.name].reason == "nothing has spoken against it for a while"


def test_the_end_has_its_evidence_too(desk: Desk) -> None:
    desk.fail(OPUS)
    desk.decide(NOW + 30, OPUS)
    feed(desk.watch(OPUS).series, NOW + 30, "." * 130)
    desk.decide(NOW + 40)
    decision = desk.decide(NOW + 162)[OPUS.name]
    assert (decision.before, decision.state, decision.status) == ("ill", "recovering", ComponentStatus.DEGRADED)
    (evidence,) = decision.evidence
    assert not evidence.is_bad
    assert evidence.value == 0.0
    assert decision.group == "upstream:claude"
    feed(desk.watch(OPUS).series, NOW + 160, "." * 310)
    well = desk.decide(NOW + 470)[OPUS.name]
    assert (well.state, well.group, well.started_at) == ("well", "upstream:claude", NOW)
    assert (desk.watch(OPUS).group, desk.watch(OPUS).cause) == ("", "")


def test_what_recovers_is_credited_to_its_upstream(desk: Desk) -> None:
    whole = Component("claude")
    for component in (OPUS, whole):
        desk.fail(component)
    desk.decide(NOW + 30, OPUS, whole)
    feed(desk.watch(OPUS).series, NOW + 30, "." * 130)
    desk.decide(NOW + 40)
    assert set(desk.decide(NOW + 162)) == {OPUS.name}
    assert set(desk.decide(NOW + 163)) == {whole.name}


def test_decisions_of_before_a_restart_are_taken_over(desk: Desk) -> None:
    evidence = (said(OPUS),)
    for at, state in ((NOW, "suspected"), (NOW + 30, "ill")):
        desk.decider.restore(
            DetectionRecord("d", at, OPUS.name, state, "it failed", evidence=evidence, cause="cloudflare")
        )
    watch = desk.watch(OPUS)
    assert (watch.condition.state, watch.reason, watch.group) == ("ill", "it failed", "upstream:claude")
    assert watch.status is ComponentStatus.PARTIAL_OUTAGE
    assert desk.decide(NOW + 60) == {}, "it is no news"
    desk.fail(GPT, NOW + 40)
    decision = desk.decide(NOW + 70, GPT)[GPT.name]
    assert (decision.cause, decision.group) == ("cloudflare", "upstream:claude")


@pytest.mark.parametrize(("component", "state"), [("nonsense", "ill"), ("upstream:nobody", "ill"), (OPUS.name, "odd")])
def test_decisions_that_mean_nothing_any_more_are_let_pass(desk: Desk, component: str, state: str) -> None:
    desk.decider.restore(DetectionRecord("d", NOW, component, state, ""))
    assert {one.condition.state for one in desk.watches} == {"well"}


def test_what_is_no_longer_configured_is_told_once_more(desk: Desk) -> None:
    desk.fail(OPUS)
    desk.decide(NOW + 30, OPUS)
    desk.decider.forget(desk.watches.arrange(Topology()))
    decision = desk.decide(NOW + 31)[OPUS.name]
    assert (decision.before, decision.state, decision.group) == ("ill", "well", "upstream:claude")
    assert "no longer in the configuration" in decision.reason
    assert desk.decide(NOW + 32, OPUS) == {}


def test_a_restart_keeps_the_group_and_the_beginning(desk: Desk) -> None:
    component = GPT.name
    record = DetectionRecord("d", NOW - 60, component, "ill", "", group="upstream:first", started_at=NOW - 300)
    desk.decider.restore(record)
    watch = desk.watches.of(GPT)
    assert watch is not None
    assert (watch.group, watch.condition.started_at) == ("upstream:first", NOW - 300)
