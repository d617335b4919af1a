from mainstay.model.evidence import Evidence
from mainstay.ops.detection.finding import Finding, Grade
from mainstay.ops.detection.verdict import Views, weigh
from tests.ops.detection.samples import NOW, OPUS, said


def finding(grade: Grade, *, errors: bool = True, began_at: float = 0.0) -> Finding:
    evidence = Evidence("own", OPUS.name, NOW, is_bad=True, words="12 of 14 failed", measure="error-ratio", value=0.8)
    return Finding(grade, evidence, is_about_errors=errors, began_at=began_at)


OWN = finding(Grade.SUSPICIOUS)
PAGE = said(OPUS)
PEOPLE = said(OPUS, kind="people")


def test_nothing_is_fine_and_quiet() -> None:
    verdict = weigh(Views())
    assert (verdict.grade, verdict.is_quiet, verdict.evidence, verdict.reason) == (Grade.FINE, True, (), "")


def test_one_class_alone_is_a_suspicion() -> None:
    assert weigh(Views((OWN,))).grade is Grade.SUSPICIOUS
    assert weigh(Views((OWN, finding(Grade.SUSPICIOUS, errors=False)))).grade is Grade.SUSPICIOUS
    assert weigh(Views(heard=(PAGE, said(OPUS, source="https://other")))).grade is Grade.SUSPICIOUS
    assert weigh(Views(heard=(PEOPLE,))).grade is Grade.SUSPICIOUS


def test_two_classes_are_proof() -> None:
    assert weigh(Views((OWN,), (PAGE,))).grade is Grade.CONCLUSIVE
    assert weigh(Views(heard=(PAGE, PEOPLE))).grade is Grade.CONCLUSIVE
    verdict = weigh(Views((OWN,), supporting=(PAGE,)))
    assert verdict.grade is Grade.CONCLUSIVE
    assert [one.kind for one in verdict.evidence] == ["own", "page"]
    assert verdict.own is Grade.SUSPICIOUS


def test_what_is_said_of_others_alone_is_nothing() -> None:
    verdict = weigh(Views(supporting=(PAGE, PEOPLE)))
    assert (verdict.grade, verdict.evidence) == (Grade.FINE, ())


def test_our_own_traffic_can_be_conclusive_both_ways() -> None:
    assert weigh(Views((finding(Grade.CONCLUSIVE),))).grade is Grade.CONCLUSIVE
    verdict = weigh(Views(heard=(PAGE, PEOPLE), is_served_well=True))
    assert verdict.grade is Grade.SUSPICIOUS
    assert verdict.reason.endswith("our own requests are served as usual")
    assert verdict.is_quiet
    assert verdict.is_heard


def test_what_is_not_about_errors_is_not_quiet() -> None:
    assert weigh(Views((OWN,))).is_quiet
    assert not weigh(Views((OWN, finding(Grade.SUSPICIOUS, errors=False)))).is_quiet
    assert not weigh(Views(heard=(PAGE,))).is_quiet


def test_the_strongest_evidence_comes_first_and_all_is_bounded() -> None:
    strong = finding(Grade.CONCLUSIVE, errors=False, began_at=NOW - 5)
    many = tuple(said(OPUS, source=str(number)) for number in range(20))
    verdict = weigh(Views((finding(Grade.SUSPICIOUS, began_at=NOW), strong), many, is_held=True))
    assert verdict.evidence[0] == strong.evidence
    assert len(verdict.evidence) == 8
    assert len(verdict.reason) <= 600
    assert (verdict.ratio, verdict.began_at, verdict.is_held) == (0.8, NOW - 5, True)
    long = Evidence("page", OPUS.name, NOW, is_bad=True, words="x" * 5_000)
    assert len(weigh(Views(heard=(long,))).reason) == 600
