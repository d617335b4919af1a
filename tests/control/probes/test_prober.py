import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event, Thread

import pytest

from mainstay.control.background import Background
from mainstay.control.probes.prober import AT_ONCE_MAX, CALM_GAP_SECONDS, URGENT_GAP_SECONDS, Prober, ProberParts
from mainstay.ledger.errors import StoreError
from mainstay.model.components import Component
from mainstay.model.records import ProbeRecord, Record
from mainstay.model.settings import ProbeSettings
from mainstay.ops.detection.values import ProbeWish

NOW = 20_000 * 86_400.0 + 43_200.0
DOLLAR = 1_000_000_000


class FakeProbes:
    """Probes that end when a test lets them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.running = 0
        self.most = 0
        self.cost = 0
        self.is_broken = False
        self.is_holding = False
        self.unknown = ""

    def objection(self, component: Component) -> str:
        return "there is nothing to probe" if component.name == self.unknown else ""

    def cost_nanodollars(self, component: Component) -> int:
        return self.cost

    async def perform(self, component: Component, reason: str) -> ProbeRecord:
        self.asked.append((component.name, reason))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.is_broken:
                raise KeyError("ours")
            await (asyncio.Event().wait() if self.is_holding else asyncio.sleep(0))
        finally:
            self.running -= 1
        return ProbeRecord("p", NOW, component.name, "served", reason=reason, cost_nanodollars=self.cost)


class Bench:
    def __init__(self) -> None:
        self.now = NOW
        self.is_active = True
        self.settings: ProbeSettings | None = ProbeSettings(per_hour=60, usd_per_day=1.0)
        self.records: list[Record] = []
        self.lines: list[str] = []
        self.past: list[Record] | None = []
        self.probes = FakeProbes()
        self.failure: Exception | None = None
        parts = ProberParts(
            lambda: self.settings,
            self.records.append,
            self.lines.append,
            lambda: self.now,
            lambda: self.is_active,
            lambda: "id",
            self.opened,
            self.remembered,
        )
        self.prober = Prober(parts)

    def remembered(self) -> list[Record]:
        if self.past is None:
            raise StoreError("the database is down")
        return self.past

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[FakeProbes]:
        if self.failure is not None:
            raise self.failure
        yield self.probes

    def turn(self, *wishes: tuple[str, str], seconds: float = 0.0) -> list[tuple[str, str]]:
        """One turn; what was asked in it."""
        self.now += seconds
        self.prober.wish(ProbeWish(name, reason) for name, reason in wishes)  # type: ignore[arg-type]
        before = len(self.probes.asked)

        async def work() -> None:
            await self.prober.turn(self.probes)
            await self.prober.settle()

        asyncio.run(work())
        return self.probes.asked[before:]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_wish_is_fulfilled_and_written_down(bench: Bench) -> None:
    assert bench.turn(("upstream:a", "suspect")) == [("upstream:a", "suspect")]
    assert bench.records == [ProbeRecord("p", NOW, "upstream:a", "served", reason="suspect", cost_nanodollars=0)]


def test_a_component_is_left_alone_for_a_while(bench: Bench) -> None:
    wish = ("upstream:a", "suspect")
    assert len(bench.turn(wish)) == 1
    assert bench.turn(wish, seconds=URGENT_GAP_SECONDS - 1) == []
    assert len(bench.turn(wish, seconds=1.0)) == 1
    calm = ("upstream:b", "thin")
    assert len(bench.turn(calm)) == 1
    assert bench.turn(calm, seconds=CALM_GAP_SECONDS - 1) == []


def test_the_most_urgent_first_and_then_what_we_know_least_of(bench: Bench) -> None:
    bench.turn(("upstream:known", "thin"))
    asked = bench.turn(
        ("upstream:known", "thin"),
        ("upstream:new", "thin"),
        ("upstream:back", "recovery"),
        ("upstream:bad", "suspect"),
        seconds=CALM_GAP_SECONDS,
    )
    assert [name for name, _ in asked] == ["upstream:bad", "upstream:back", "upstream:new", "upstream:known"]


def test_few_run_at_once(bench: Bench) -> None:
    asked = bench.turn(*((f"upstream:a{number}", "suspect") for number in range(20)))
    assert (len(asked), bench.probes.most) == (AT_ONCE_MAX, AT_ONCE_MAX)


def test_a_component_is_never_probed_twice_at_once(bench: Bench) -> None:
    bench.probes.is_holding = True
    bench.prober.wish([ProbeWish("upstream:a", "suspect")])

    async def work() -> None:
        await bench.prober.turn(bench.probes)
        await asyncio.sleep(0)
        bench.now += 3_600
        await bench.prober.turn(bench.probes)
        await asyncio.sleep(0)
        for task in tuple(bench.prober._running.values()):
            task.cancel()
        await bench.prober.settle()

    asyncio.run(work())
    assert len(bench.probes.asked) == 1


def test_the_hours_budget_holds(bench: Bench) -> None:
    bench.settings = ProbeSettings(per_hour=2, usd_per_day=1.0)
    assert len(bench.turn(*((f"upstream:a{number}", "suspect") for number in range(4)))) == 2
    assert bench.turn(("upstream:b", "suspect")) == []
    status = bench.prober.status()
    assert (status.probes_last_hour, "per_hour" in status.refusal) == (2, True)
    assert len(bench.turn(("upstream:b", "suspect"), seconds=3_600)) == 1
    assert bench.prober.status().refusal == ""


def test_the_days_budget_holds(bench: Bench) -> None:
    bench.probes.cost = DOLLAR // 2
    asked = [bench.turn((f"upstream:a{number}", "suspect")) for number in range(4)]
    assert [len(one) for one in asked] == [1, 1, 0, 0]
    assert bench.prober.status().usd_today == 1.0


def test_probes_of_others_and_of_before_count(bench: Bench) -> None:
    bench.settings = ProbeSettings(per_hour=1, usd_per_day=1.0)
    bench.prober.remember(ProbeRecord("p", NOW - 60, "upstream:a", "served"))
    assert bench.turn(("upstream:b", "suspect")) == []


def test_our_own_probes_are_not_counted_again_when_they_come_back_from_the_store(bench: Bench) -> None:
    bench.turn(("upstream:a", "suspect"))
    for record in bench.records:
        bench.prober.remember(record)
    assert bench.prober.status().probes_last_hour == 1


def test_after_a_restart_what_was_spent_today_is_known(bench: Bench) -> None:
    bench.past = [ProbeRecord("p", NOW - 600, "upstream:a", "served", cost_nanodollars=DOLLAR)]
    bench.probes.cost = 1
    job = running(bench)
    assert "usd_per_day" in str(bench.prober.by_hand("upstream:b"))
    assert job.close()


def test_where_that_is_not_known_it_is_said(bench: Bench) -> None:
    bench.past = None
    assert running(bench).close()
    assert bench.lines == ["probes: what was spent before is not known: the database is down"]


def test_nothing_is_probed_where_that_is_off_or_another_acts(bench: Bench) -> None:
    bench.is_active = False
    assert bench.turn(("upstream:a", "suspect")) == []
    bench.is_active, bench.settings = True, None
    assert bench.turn(("upstream:a", "suspect")) == []
    assert not bench.prober.status().is_on


def test_a_wish_that_nobody_can_fulfil_costs_nothing(bench: Bench) -> None:
    bench.probes.unknown = "upstream:a#login"
    assert bench.turn(("upstream:a#login", "login"), ("nonsense", "thin")) == []
    assert bench.prober.status().probes_last_hour == 0


def test_a_defect_of_ours_is_no_sample(bench: Bench) -> None:
    bench.probes.is_broken = True
    bench.turn(("upstream:a", "suspect"))
    assert bench.records == [
        ProbeRecord("id", NOW, "upstream:a", "no-sample", fault="internal", blame="us", reason="suspect")
    ]
    assert "KeyError" in bench.lines[0]
    assert bench.prober.status().running == ()


def test_a_probe_without_end_is_no_sample(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.control.probes.prober.PROBE_SECONDS_MAX", 0.01)
    bench.probes.is_holding = True
    bench.turn(("upstream:a", "suspect"))
    (record,) = bench.records
    assert isinstance(record, ProbeRecord)
    assert (record.outcome, record.fault) == ("no-sample", "deadline")


def running(bench: Bench) -> Background:
    """The prober in its thread, once it is ready."""
    job = Background("prober", bench.prober.run)
    job.start()
    while bench.prober._probes is None:
        Event().wait(0.005)
    return job


def test_a_probe_by_hand_is_made_at_once_also_where_probes_are_off(bench: Bench) -> None:
    bench.settings, bench.is_active = None, False
    job = running(bench)
    found = bench.prober.by_hand("upstream:a")
    assert isinstance(found, ProbeRecord)
    assert (found.component, found.reason, bench.records) == ("upstream:a", "hand", [found])
    assert job.close()


def test_a_probe_by_hand_that_cannot_be_says_why(bench: Bench) -> None:
    assert bench.prober.by_hand("upstream:a") == "the prober does not run here now"
    job = running(bench)
    bench.probes.unknown = "upstream:a"
    assert bench.prober.by_hand("upstream:a") == "there is nothing to probe"
    assert "is no component" in str(bench.prober.by_hand("nonsense"))
    bench.settings = ProbeSettings(per_hour=1, usd_per_day=1.0)
    bench.prober.by_hand("upstream:b")
    assert "per_hour" in str(bench.prober.by_hand("upstream:b"))
    assert job.close()


def test_a_probe_by_hand_is_waited_for_so_long(bench: Bench) -> None:
    job = running(bench)
    bench.probes.is_holding = True
    assert bench.prober.by_hand("upstream:a", 0.05) == "the probe did not end within 0.05 s"
    assert job.close()
    assert bench.prober.status().running == ()


def test_two_who_ask_for_the_same_at_once_share_a_probe(bench: Bench) -> None:
    job = running(bench)
    bench.probes.is_holding = True
    found: list[object] = []
    threads = [Thread(target=lambda: found.append(bench.prober.by_hand("upstream:a", 0.1))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bench.probes.asked) == 1
    assert job.close()


def test_a_prober_that_cannot_begin_says_so(bench: Bench) -> None:
    bench.failure = ValueError("no proxy like that")
    bench.prober.run(Event())
    assert bench.lines == ["probes: are made no more: ValueError: no proxy like that"]
