"""Trust bundles between processes."""

from mainstay.gateway.bus.bulletins import TRUST_BYTES_MAX
from mainstay.gateway.bus.trust_exchange import TrustExchange
from mainstay.model.news import TrustNews

LARGE = "x" * (TRUST_BYTES_MAX + 1)


class Stage:
    def __init__(self, answer: str | None = None) -> None:
        self.offered: list[str] = []
        self.reports: list[str] = []
        self.answer = answer
        self.trust = TrustExchange(self.offer, self.reports.append)

    def offer(self, bundle: str) -> str | None:
        self.offered.append(bundle)
        return self.answer


def test_a_newer_bundle_is_offered_and_an_older_one_or_the_same_is_not() -> None:
    stage = Stage()
    stage.trust.ours_is(5, "five")
    for serial in (4, 5, 6):
        stage.trust.heard(TrustNews(serial, f"bundle {serial}"), 100.0 * serial)
    assert stage.offered == ["bundle 6"]


def test_without_a_bundle_of_our_own_every_one_is_offered() -> None:
    stage = Stage()
    assert stage.trust.serial is None
    assert stage.trust.summary() == []
    stage.trust.heard(TrustNews(1, "one"), 0.0)
    assert stage.offered == ["one"]


def test_bundles_are_examined_one_a_second() -> None:
    stage = Stage()
    for now in (0.0, 0.5, 0.9, 1.0):
        stage.trust.heard(TrustNews(7, f"at {now}"), now)
    assert stage.offered == ["at 0.0", "at 1.0"]


def test_a_peer_that_is_behind_is_given_our_bundle_but_not_more_than_once_a_second() -> None:
    stage = Stage()
    stage.trust.ours_is(5, "five")
    answers = [stage.trust.heard(TrustNews(4, ""), now) for now in (0.0, 0.5, 1.0)]
    assert answers == [TrustNews(5, "five"), None, TrustNews(5, "five")]


def test_what_is_told_regularly_is_the_serial_alone() -> None:
    stage = Stage()
    assert stage.trust.news() == []
    stage.trust.ours_is(5, "five")
    assert stage.trust.news() == [TrustNews(5, "five")]
    assert stage.trust.summary() == [TrustNews(5, "")]
    stage.trust.heard(TrustNews(6, ""), 0.0)
    assert stage.offered == []


def test_a_large_bundle_is_only_named() -> None:
    stage = Stage()
    stage.trust.ours_is(5, LARGE)
    assert stage.trust.news() == [TrustNews(5, "")]
    assert stage.trust.heard(TrustNews(4, ""), 0.0) == TrustNews(5, "")


def test_a_refusal_is_told_once() -> None:
    stage = Stage("signed by a key that nobody knows")
    for now in (0.0, 5.0):
        stage.trust.heard(TrustNews(7, "forged"), now)
    assert stage.reports == ["bus: a trust bundle of another process is not taken: signed by a key that nobody knows"]
