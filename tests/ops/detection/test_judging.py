import pytest

from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.judging import is_of_one_model, judge
from mainstay.ops.detection.verdict import Verdict
from mainstay.ops.detection.watch import Watch
from mainstay.ops.detection.watches import Watches
from tests.ops.detection.samples import NOW, OPUS, SETTINGS, WHOLE, feed, said, sample, served_sample, watches

HAIKU = Component("claude", "haiku")


class Bench:
    def __init__(self) -> None:
        self.watches: Watches = watches()
        self.hearsay = Hearsay()

    def watch(self, component: Component) -> Watch:
        found = self.watches.of(component)
        assert found is not None
        return found

    def feed(self, component: Component, outcomes: str) -> None:
        feed(self.watch(component).series, NOW, outcomes)

    def judge(self, component: Component, wall: float = NOW + 40) -> Verdict:
        return judge(self.watch(component), self.watches, self.hearsay, SETTINGS, wall)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_trouble_of_one_model_is_not_that_of_its_upstream(bench: Bench) -> None:
    bench.feed(OPUS, "x" * 30)
    bench.feed(WHOLE, "x." * 15)
    bench.feed(HAIKU, "." * 30)
    assert bench.judge(OPUS).grade is Grade.CONCLUSIVE
    assert bench.judge(WHOLE).grade is Grade.FINE
    assert is_of_one_model(bench.watch(WHOLE), bench.watches, NOW + 40)


def test_trouble_of_all_models_is_that_of_the_upstream(bench: Bench) -> None:
    for component in (OPUS, HAIKU, WHOLE):
        bench.feed(component, "x" * 30)
    assert bench.judge(WHOLE).grade is Grade.CONCLUSIVE


def test_an_upstream_of_which_one_model_is_used_is_as_that_one(bench: Bench) -> None:
    for component in (OPUS, WHOLE):
        bench.feed(component, "x" * 30)
    assert bench.judge(WHOLE).grade is Grade.CONCLUSIVE


def test_an_upstream_is_held_while_most_of_its_models_are_ill(bench: Bench) -> None:
    bench.feed(OPUS, "x")
    bench.feed(HAIKU, ".")
    assert not bench.judge(WHOLE).is_held
    bench.watch(OPUS).condition.state = "ill"
    assert not bench.judge(WHOLE).is_held, "half is not most"
    bench.watch(HAIKU).condition.state = "ill"
    assert bench.judge(WHOLE).is_held
    assert not bench.judge(OPUS).is_held


@pytest.mark.parametrize("other", [WHOLE, Component(model="smart"), GATEWAY])
def test_what_is_said_of_its_surroundings_confirms(bench: Bench, other: Component) -> None:
    bench.hearsay.hear(said(other, NOW, "people"))
    assert bench.judge(OPUS).grade is Grade.FINE
    bench.feed(OPUS, "." * 20 + "xxx")
    bench.hearsay.hear(said(OPUS, NOW))
    assert bench.judge(OPUS).grade is Grade.CONCLUSIVE


def test_what_is_said_of_others_does_not_confirm(bench: Bench) -> None:
    bench.feed(OPUS, "." * 20 + "xxx")
    for other in (HAIKU, Component("openai"), Component("claude", part="login"), Component(model="fast")):
        bench.hearsay.hear(said(other, NOW))
    assert bench.judge(OPUS).grade is Grade.SUSPICIOUS


def test_callers_trouble_is_confirmed_by_the_page_of_who_serves_them(bench: Bench) -> None:
    bench.feed(Component(model="smart"), "." * 20 + "xxx")
    bench.hearsay.hear(said(Component("openai", "gpt"), NOW))
    assert bench.judge(Component(model="smart")).grade is Grade.CONCLUSIVE


def test_the_gateways_trouble_is_its_own(bench: Bench) -> None:
    bench.feed(GATEWAY, "." * 20 + "xxx")
    bench.hearsay.hear(said(WHOLE, NOW))
    assert bench.judge(GATEWAY).grade is Grade.SUSPICIOUS


def test_a_page_that_our_traffic_contradicts_proves_nothing_with_people(bench: Bench) -> None:
    bench.hearsay.hear(said(WHOLE, NOW))
    bench.hearsay.hear(said(WHOLE, NOW, "people"))
    assert bench.judge(WHOLE).grade is Grade.CONCLUSIVE
    bench.feed(WHOLE, "." * 30)
    assert bench.judge(WHOLE).grade is Grade.SUSPICIOUS


def test_every_rule_is_asked(bench: Bench) -> None:
    opus = bench.watch(OPUS)
    opus.breakers.note("one", NOW, "", is_closed=False)
    assert bench.judge(OPUS).evidence[0].measure == "breaker"
    for number in range(3):
        bench.watch(HAIKU).series.add(sample(NOW + number, "model-gone", aside=True))
    assert bench.judge(HAIKU).evidence[0].measure == "model-gone"
    login = bench.watch(Component("claude", part="login"))
    assert login.login is not None
    login.login.renewal("one", NOW, failed=True)
    assert bench.judge(login.component).evidence[0].measure == "token-renewal"
    for hour in range(-40, 0):
        for number in range(60):
            bench.watch(GATEWAY).series.add(sample(NOW + hour * 3_600 + 60 * number))
    assert bench.judge(GATEWAY, NOW + 3_000).evidence[0].measure == "silence"
    gpt = bench.watch(Component("openai", "gpt"))
    for number in range(200):
        gpt.series.add(served_sample(NOW - 7_200 + number * 20, 0.5))
    gpt.series.is_calm = False
    for number in range(100):
        gpt.series.add(served_sample(NOW + number * 3, 5.0))
    assert bench.judge(gpt.component, NOW + 300).evidence[0].measure == "first-content"
