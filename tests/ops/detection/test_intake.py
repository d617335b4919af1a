import pytest

from mainstay.model.components import GATEWAY, Component
from mainstay.model.records import AlertRecord, BreakerRecord, ProcessRecord, Record
from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.intake import Intake
from mainstay.ops.detection.ring import Count
from mainstay.ops.detection.watches import Watches
from tests.ops.detection.samples import NOW, OPUS, WHOLE, attempt, exchange, probe_record, watches

LOGIN = Component("claude", part="login")
SMART = Component(model="smart")


class Taken:
    """An intake that has taken these records."""

    def __init__(self, *records: Record, watches: Watches) -> None:
        self.watches = watches
        self.intake = Intake(watches)
        for record in records:
            self.intake.take(record)

    def count(self, component: Component, wall: float = NOW) -> Count:
        watch = self.watches.find(component)
        assert watch is not None
        return watch.series.window(wall, 60)


def test_an_attempt_counts_for_its_model_and_its_upstream() -> None:
    taken = Taken(attempt(NOW - 5, "server", "provider", total_seconds=5.0), attempt(NOW), watches=watches())
    assert taken.count(OPUS) == taken.count(WHOLE) == Count(2, 1)
    assert taken.count(Component("openai")) == Count(0, 0)
    assert taken.intake.changed == {OPUS, WHOLE}
    opus = taken.watches.find(OPUS)
    assert opus is not None
    assert opus.series.last_failure_at == NOW, "it failed when it ended"


def test_attempts_at_upstreams_that_nobody_configured_and_of_callers_who_left_are_let_pass() -> None:
    left = attempt(NOW, outcome="left")
    taken = Taken(attempt(NOW, upstream="nobody"), left, watches=watches())
    assert not taken.intake.changed
    assert taken.count(OPUS) == Count(0, 0)


def test_an_exchange_counts_for_its_model_and_the_gateway() -> None:
    taken = Taken(
        exchange(NOW),
        exchange(NOW, "failed", "server"),
        exchange(NOW, "failed", "internal"),
        exchange(NOW, "failed", "shed", model=""),
        exchange(NOW, "refused", "request"),
        watches=watches(),
    )
    assert taken.count(SMART) == Count(3, 2)
    assert taken.count(GATEWAY) == Count(4, 1)


def test_a_probe_counts_for_its_component_and_its_upstream() -> None:
    taken = Taken(
        probe_record(NOW, "upstream:claude/opus", "failed", "server", "provider"),
        probe_record(NOW, "upstream:claude#login", "failed", "connect", "provider"),
        probe_record(NOW, "upstream:nobody"),
        probe_record(NOW, "nonsense"),
        probe_record(NOW, "model:smart"),
        watches=watches(),
    )
    assert taken.count(OPUS, NOW + 1) == taken.count(WHOLE, NOW + 1) == taken.count(LOGIN, NOW + 1) == Count(1, 1)


def test_rejected_keys_and_failed_renewals_are_told_to_the_login() -> None:
    rejected = [attempt(NOW + number, "auth", "nobody") for number in range(3)]
    taken = Taken(attempt(NOW - 9), *rejected, watches=watches())
    login = taken.watches.find(LOGIN)
    assert login is not None
    assert login.login is not None
    assert login.login.judge(NOW + 3) is not None
    assert LOGIN in taken.intake.changed


def test_a_key_that_is_served_in_between_is_known_to_be_valid() -> None:
    faults = ["auth", "auth", "", "auth", "auth", "auth"]
    records = [attempt(NOW + 10 * number, fault, "nobody" if fault else "") for number, fault in enumerate(faults)]
    taken = Taken(*records, watches=watches())
    login = taken.watches.find(LOGIN)
    assert login is not None
    assert login.login is not None
    found = login.login.judge(NOW + 51)
    assert found is not None
    assert found.grade is Grade.CONCLUSIVE


@pytest.mark.parametrize("kind", ["token-renewal-failed", "token-expired"])
def test_alerts_of_renewals_are_told_to_the_login(kind: str) -> None:
    def alert(kind: str, upstream: str = "claude") -> AlertRecord:
        return AlertRecord("a", NOW, kind, upstream, "", "one", "no new token")

    taken = Taken(alert(kind), alert("gap", ""), alert(kind, "nobody"), watches=watches())
    login = taken.watches.find(LOGIN)
    assert login is not None
    assert login.login is not None
    assert login.login.judge(NOW) is not None
    taken.intake.take(alert("token-renewal-recovered"))
    assert login.login.judge(NOW) is None


def test_a_login_that_is_not_configured_is_watched_when_a_key_is_rejected() -> None:
    known = watches()
    taken = Taken(attempt(NOW, "auth", "nobody", upstream="openai", model="gpt"), watches=known)
    assert known.find(Component("openai", part="login")) is not None
    assert taken.intake.changed >= {Component("openai", part="login")}


def test_breakers_are_told_to_their_model() -> None:
    def breaker(state: str, model: str = "opus") -> BreakerRecord:
        return BreakerRecord("b", NOW, "claude", model, "one", state, "5 failures in a row")

    taken = Taken(breaker("open"), breaker("open", ""), watches=watches())
    opus = taken.watches.find(OPUS)
    assert opus is not None
    assert opus.breakers.judge(opus.name, NOW) is not None
    taken.intake.take(breaker("half-open"))
    assert opus.breakers.judge(opus.name, NOW) is not None
    taken.intake.take(breaker("closed"))
    assert opus.breakers.judge(opus.name, NOW) is None


def test_clocks_that_run_ahead_do_not_blind_us() -> None:
    taken = Taken(watches=watches())
    taken.intake.advance(NOW)
    taken.intake.take(attempt(NOW + 86_400, "server", "provider"))
    taken.intake.take(attempt(NOW + 10, "server", "provider"))
    assert taken.count(OPUS, NOW + 60) == Count(2, 2)


def test_an_ill_model_tells_nothing_of_the_recovery_of_its_upstream() -> None:
    known = watches()
    taken = Taken(watches=known)
    opus, whole = known.find(OPUS), known.find(WHOLE)
    assert opus is not None
    assert whole is not None
    for watch in (opus, whole):
        watch.condition.restore("ill", NOW - 100, NOW - 100, is_about_errors=True)
    for number in range(30):
        taken.intake.take(attempt(NOW + number))
    assert opus.series.recovery is not None
    assert whole.series.recovery is not None
    assert opus.series.recovery.since == NOW
    assert whole.series.recovery.since is None


def test_other_records_are_let_pass() -> None:
    assert not Taken(ProcessRecord("p", NOW, "gateway", "started", "1"), watches=watches()).intake.changed
