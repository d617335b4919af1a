"""Hypotheses and their grades."""

from msgspec.structs import replace

from mainstay.model.records import AlertRecord, ConfigurationRecord, DetectionRecord, Record
from mainstay.ops.report.factors import evidence_of, factors
from mainstay.ops.report.report import Factor, Grade
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.status.traffic import TalliedSpan
from mainstay.ops.tallies.tally import AttemptTally, ExchangeTally, SpanTallies
from tests.ops.report.samples import BEGAN, NORTH, seen, sources


def found(given: ReportSources) -> dict[str, Factor]:
    return {factor.words: factor for factor in factors(given)}


def bare(*records: Record) -> ReportSources:
    """Without traffic, and without evidence of the incident itself."""
    return replace(sources(), records=records, spans=(), incident=replace(sources().incident, timeline=()))


def ill(*kinds: str, cause: str = "", component: str = NORTH, is_conclusive: bool = False) -> DetectionRecord:
    evidence = tuple(replace(seen(kind=kind), is_conclusive=is_conclusive) for kind in kinds)
    return DetectionRecord("d", BEGAN + 30, component, "ill", "", evidence, cause)


NORTH_FAILED = "The provider north did not serve as it should."


def test_two_classes_of_evidence_are_strong_and_one_is_not() -> None:
    assert found(sources())[NORTH_FAILED].grade is Grade.STRONG
    assert found(bare(ill("own", "page")))[NORTH_FAILED].grade is Grade.STRONG
    assert found(bare(ill("own", is_conclusive=True)))[NORTH_FAILED].grade is Grade.STRONG
    assert found(bare(ill("own")))[NORTH_FAILED].grade is Grade.MODERATE
    assert found(bare(ill("page")))[NORTH_FAILED].grade is Grade.WEAK
    assert NORTH_FAILED not in found(bare())


def test_grounds_are_numbers() -> None:
    grounds = found(sources())[NORTH_FAILED].grounds
    assert grounds[0] == "Told by our own requests and the provider's page."
    assert grounds[1] == ("1,800 of 6,000 attempts failed by its doing (30.0 %; before: 0.0 %): overloaded 1,800.")


def test_a_provider_that_nobody_named_is_found_by_its_numbers() -> None:
    bad = SpanTallies({"south/m": AttemptTally(100, 50, 50)}, {"sonnet c": ExchangeTally(100, 100)})
    south = found(replace(sources(), spans=(TalliedSpan(int(BEGAN), 60, bad),)))
    assert south["The provider south did not serve as it should."].grade is Grade.MODERATE
    usual = TalliedSpan(int(BEGAN) - 120, 60, bad)
    always = found(replace(sources(), spans=(TalliedSpan(int(BEGAN), 60, bad), usual)))
    assert "The provider south did not serve as it should." not in always


def test_a_common_cause_is_the_better_founded_the_more_share_it() -> None:
    alone = found(bare(ill("own", cause="cloudflare")))["A shared dependency failed: cloudflare."]
    both = bare(ill("own", cause="cloudflare"), ill("own", cause="cloudflare", component="upstream:south"))
    assert (alone.grade, found(both)[alone.words].grade) == (Grade.WEAK, Grade.MODERATE)


def test_too_much_asked_is_a_factor() -> None:
    shed = SpanTallies(exchanges={"sonnet c": ExchangeTally(100, 80, 20, shed=20)})
    given = replace(sources(), spans=(TalliedSpan(int(BEGAN), 60, shed),))
    assert found(given)["More was asked than could be served."].grounds == (
        "20 of 100 requests were turned away for want of capacity.",
    )
    assert "More was asked than could be served." not in found(sources())


def test_what_we_changed_shortly_before_is_weak_and_what_came_later_is_none() -> None:
    assert found(sources())["Our configuration was changed."].grade is Grade.WEAK
    assert found(sources())["A gateway was started."].grade is Grade.WEAK
    late = ConfigurationRecord("c", BEGAN + 5, "f", "ab")
    early = ConfigurationRecord("c", BEGAN - 5_000, "f", "ab")
    assert "Our configuration was changed." not in found(bare(late, early))


def test_alerts_are_counted_by_kind() -> None:
    alerts = [AlertRecord("a", BEGAN + n, "credential-refused", "north", "m", "c", f"n{n}") for n in range(3)]
    (factor,) = factors(bare(*alerts))
    assert factor.grounds == ("3 alerts of a gateway, the first: n0",)


def test_the_best_founded_comes_first() -> None:
    grades = [factor.grade for factor in factors(sources())]
    assert grades == sorted(grades, key=list(Grade).index)


def test_only_bad_evidence_of_that_provider_counts() -> None:
    good = replace(seen(), is_bad=False)
    other = replace(seen(), component="upstream:south")
    given = bare(DetectionRecord("d", BEGAN, NORTH, "ill", "", (good, other, seen(), seen())))
    assert evidence_of(given, "north") == [seen()]
