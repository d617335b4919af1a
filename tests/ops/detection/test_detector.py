from mainstay.model.evidence import Evidence
from mainstay.model.records import DetectionRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.detector import Detector, Topology, UpstreamPlace
from mainstay.ops.tallies.tally import AttemptTally, SpanTallies
from tests.ops.detection.samples import NOW, OPUS, SETTINGS, TOPOLOGY, WHOLE, attempt, said


def detector(settings: DetectionSettings = SETTINGS) -> Detector:
    return Detector(settings, TOPOLOGY)


def fail(one: Detector, start: float, count: int) -> None:
    for number in range(count):
        one.take(attempt(start + number, "server", "provider"))


def test_records_become_decisions_and_standings() -> None:
    one = detector()
    fail(one, NOW, 30)
    assert {decision.component for decision in one.turn(NOW + 30)} == {OPUS.name, WHOLE.name}
    assert one.turn(NOW + 31) == ()
    (standing,) = one.standing(NOW + 31, [OPUS.name])
    assert (standing.state, standing.failures, standing.since) == ("ill", 30, NOW + 30)
    names = [each.component for each in one.standing(NOW + 31)]
    assert names == sorted(names)
    assert len(names) == 11


def test_what_others_say_is_heard_of_components_that_exist() -> None:
    one = detector()
    one.hear(said(OPUS, NOW))
    one.hear(Evidence("page", "nonsense", NOW, is_bad=True, words=""))
    one.hear(Evidence("page", "upstream:nobody", NOW, is_bad=True, words=""))
    one.hear(Evidence("own", WHOLE.name, NOW, is_bad=True, words=""))
    assert [decision.component for decision in one.turn(NOW)] == [OPUS.name]


def test_a_restart_opens_no_second_incident() -> None:
    first = detector()
    fail(first, NOW, 30)
    records = [one.record(str(number)) for number, one in enumerate(first.turn(NOW + 30))]
    second = detector()
    fail(second, NOW, 30)
    for record in records:
        second.take(record)
    assert second.turn(NOW + 60) == ()
    assert {each.component for each in second.standing(NOW) if each.state == "ill"} == {OPUS.name, WHOLE.name}


def test_after_the_first_turn_its_own_decisions_are_no_news() -> None:
    one = detector()
    one.turn(NOW)
    one.take(DetectionRecord("d", NOW, OPUS.name, "ill", "late"))
    assert one.turn(NOW + 1) == ()
    assert {each.state for each in one.standing(NOW)} == {"well"}


def test_settings_and_components_can_change() -> None:
    one = detector()
    fail(one, NOW, 30)
    one.turn(NOW + 30)
    one.arrange(SETTINGS, Topology((UpstreamPlace("claude", ("opus",)),)))
    assert one.turn(NOW + 31) == ()
    assert len(one.standing(NOW + 31)) == 4
    one.arrange(SETTINGS, Topology())
    assert {decision.state for decision in one.turn(NOW + 32)} == {"well"}


def test_it_wishes_and_learns() -> None:
    one = detector()
    tally = SpanTallies(attempts={"claude/opus": AttemptTally(attempts=10_000, served=9_600, blamed=400)})
    one.learn(NOW - 7_200, 3_600, tally)
    one.take(attempt(NOW))
    (standing,) = one.standing(NOW, [OPUS.name])
    assert standing.usual_error_ratio is not None
    assert standing.usual_error_ratio > 0.03
    assert "upstream:claude#login" in {wish.component for wish in one.wishes(NOW)}
