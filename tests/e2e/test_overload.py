"""More is asked for than can be served: the urgent goes first, nobody is lost, and whoever must go is told so."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from mainstay.engine.demand import cohort_of
from mainstay.model.records import CapacityRecord
from tests.conformance.stage import upstream
from tests.e2e.callers import PATHS, AnthropicCaller, Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Heard, post
from tests.e2e.readiness import metric, readiness
from tests.e2e.turnstile import ANSWER, Turnstile

PLACES = 4
QUEUE_MAX = 10
DOORS = list(PATHS)
WORKLOADS: Tree = {
    "default": {"deadline_seconds": 60},
    "critical": {"priority": "critical", "deadline_seconds": 60},
    "batch": {"priority": "batch", "deadline_seconds": 60},
    "brief": {"queue_seconds": 0.3},
    "impatient": {"queue_seconds": 0},
}


@pytest.fixture
def provider() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


@pytest.fixture
def premises(provider: Turnstile, tmp_path: Path) -> Iterator[Premises]:
    """One worker, before a provider that may be given four requests at once."""
    given = upstream("anthropic", provider.url)
    assert isinstance(given, dict)
    tree: dict[str, Tree] = {
        "upstreams": {"alpha": {**given, "limits": {"concurrency": PLACES}}},
        "models": {"claude": {"candidates": [{"upstream": "alpha"}]}},
        "workloads": WORKLOADS,
        "gateway": {"workers": 1, "queue_max": QUEUE_MAX},
    }
    with Premises(tmp_path, tree) as made:
        yield made.start()


def ask(
    premises: Premises, prompt: str, workload: str = "default", door: str = "anthropic", session: str = ""
) -> Heard:
    headers = {"x-mainstay-workload": workload, **({"x-mainstay-session": session} if session else {})}
    body = Question(model="claude", prompt=prompt, stream=False).body(door)
    return post(premises.url, PATHS[door], body, headers)


class Flood:
    """Callers who ask at once, and are answered later."""

    def __init__(self, premises: Premises, provider: Turnstile, pool: ThreadPoolExecutor) -> None:
        self._premises = premises
        self._provider = provider
        self._pool = pool
        self.answers: list[Future[Heard]] = []

    def ask(self, prompt: str, workload: str = "default", session: str = "") -> Future[Heard]:
        """One more, who waits for an answer."""
        told = self._pool.submit(ask, self._premises, prompt, workload, "anthropic", session)
        self.answers.append(told)
        return told

    def fill(self) -> None:
        """Take every place of the provider, for as long as it holds."""
        self._provider.hold()
        for number in range(PLACES):
            self.ask(f"holder-{number}", "critical")
        self._premises.until(lambda: self._provider.running == PLACES, "every place is taken")

    def wait(self, prompt: str, workload: str = "default", session: str = "") -> Future[Heard]:
        """One more, who waits for a place behind all that wait already."""
        before = sum(readiness(self._premises.url).admission.waiting.values())
        told = self.ask(prompt, workload, session)
        self._premises.until(
            lambda: sum(readiness(self._premises.url).admission.waiting.values()) > before, f"{prompt} waits"
        )
        return told


@contextmanager
def flood(premises: Premises, provider: Turnstile) -> Iterator[Flood]:
    """Every place is taken. At the end everybody is let out."""
    with ThreadPoolExecutor(40) as pool:
        made = Flood(premises, provider, pool)
        made.fill()
        try:
            yield made
        finally:
            provider.open()


def let_all_in(premises: Premises, provider: Turnstile, count: int) -> None:
    """Let answers out one by one, until so many requests have come."""
    while len(provider.prompts) < count:
        before = len(provider.prompts)
        provider.let()
        premises.until(lambda before=before: len(provider.prompts) > before, "the next one is called")  # type: ignore[misc]


def test_the_urgent_goes_first_and_nobody_is_lost(premises: Premises, provider: Turnstile) -> None:
    with flood(premises, provider) as crowd:
        for number in range(3):
            crowd.wait(f"batch-{number}", "batch")
        for number in range(2):
            crowd.wait(f"interactive-{number}")
        for number in range(2):
            crowd.wait(f"critical-{number}", "critical")
        told = readiness(premises.url)
        assert told.admission.waiting == {"critical": 2, "interactive": 2, "batch": 3}
        assert [(one.upstream, one.running, one.limit) for one in told.capacity.upstreams] == [
            ("alpha", PLACES, PLACES)
        ]
        assert metric(premises.url, 'mainstay_waiting_requests{priority="batch"}') == 3
        let_all_in(premises, provider, PLACES + 7)
    assert provider.prompts[PLACES:] == [
        "critical-0",
        "critical-1",
        "interactive-1",  # the newest
        "interactive-0",
        "batch-0",
        "batch-1",
        "batch-2",
    ]
    assert provider.most_at_once == PLACES
    assert [told.result().status for told in crowd.answers] == [200] * (PLACES + 7)
    records = premises.until_recorded(PLACES + 7, outcome="answered")
    waited = [one for one in records if one.queued_seconds > 0]
    assert len(waited) == 7
    assert all(one.queued_seconds <= one.total_seconds for one in waited)
    assert {one.workload for one in waited} == {"critical", "default", "batch"}
    assert readiness(premises.url).admission.handed_out == {"critical": 2, "interactive": 2, "batch": 3}
    assert metric(premises.url, 'mainstay_called_requests_total{priority="critical"}') == 2


def assert_turned_away(heard: Heard, door: str) -> None:
    assert heard.status == (529 if door == "anthropic" else 503), heard.text
    assert 1 <= int(heard.header("retry-after")) <= 60
    assert heard.header("x-should-retry") != "false"
    assert ("overloaded_error" if door == "anthropic" else "server_is_overloaded") in heard.text


@pytest.mark.parametrize("door", DOORS)
def test_whoever_has_waited_long_enough_is_told_so(door: str, premises: Premises, provider: Turnstile) -> None:
    with flood(premises, provider) as crowd:
        heard = ask(premises, "brief", "brief", door)
        assert_turned_away(heard, door)
        assert "busy for all of the 0." in heard.text
        assert_turned_away(ask(premises, "impatient", "impatient", door), door)
        assert len(provider.prompts) == PLACES
    assert [told.result().status for told in crowd.answers] == [200] * PLACES
    (record,) = premises.until_recorded(1, workload="brief")
    assert (record.outcome, record.fault, record.fault_code) == ("failed", "shed", "queue_timeout")
    assert record.queued_seconds >= 0.3
    assert (record.attempts, record.status) == (0, heard.status)
    assert metric(premises.url, 'mainstay_shed_requests_total{priority="interactive",reason="queue_timeout"}') == 2


@pytest.mark.parametrize("door", DOORS)
def test_a_full_room_turns_batch_away_and_lets_the_urgent_in(
    door: str, premises: Premises, provider: Turnstile
) -> None:
    with flood(premises, provider) as crowd:
        batch = [crowd.wait(f"batch-{number}", "batch") for number in range(QUEUE_MAX // 2)]
        assert_turned_away(heard := ask(premises, "one more", "batch", door), door)
        assert "no place left to wait for batch requests" in heard.text
        for number in range(QUEUE_MAX // 2):
            crowd.wait(f"interactive-{number}")
        urgent = crowd.ask("urgent", "critical")
        premises.until(lambda: readiness(premises.url).waiting("critical") == 1, "the urgent one waits")
        told = readiness(premises.url).admission
        assert told.waiting == {"critical": 1, "interactive": 5, "batch": 4}
        assert told.shed == {"batch/queue_full": 2}
        let_all_in(premises, provider, PLACES + QUEUE_MAX)
    assert provider.prompts[PLACES] == "urgent"
    assert urgent.result().status == 200
    gone = [told.result() for told in batch if told.result().status != 200]
    assert len(gone) == 1
    assert_turned_away(gone[0], "anthropic")
    assert [told.result().status for told in crowd.answers].count(200) == len(crowd.answers) - 1
    records = premises.until_recorded(2, fault="shed")
    assert {(one.workload, one.fault_code) for one in records} == {("batch", "queue_full")}
    assert metric(premises.url, 'mainstay_shed_requests_total{priority="batch",reason="queue_full"}') == 2


def test_the_official_clients_come_back_when_they_are_told_and_are_served(
    premises: Premises, provider: Turnstile
) -> None:
    with flood(premises, provider) as crowd, ThreadPoolExecutor(1) as pool:
        # How fast places are handed out decides when it is worth to come again.
        for number in range(PLACES):
            crowd.wait(f"before-{number}")
        let_all_in(premises, provider, 2 * PLACES)
        premises.until(lambda: provider.running == PLACES, "every place is taken again")
        callers = Callers(premises.url)
        patient = callers.anthropic.client.with_options(max_retries=3)
        callers.anthropic = AnthropicCaller(patient)
        question = Question(model="claude", prompt="again", workload="impatient")
        asked = pool.submit(callers.ask, "anthropic", question)
        premises.until(lambda: bool(readiness(premises.url).admission.shed), "it is turned away")
        provider.open()
        assert asked.result().text == ANSWER
        callers.close()
    (first, *_, last) = premises.until_recorded(2, workload="impatient")
    assert (first.outcome, first.fault_code, last.outcome) == ("failed", "queue_timeout", "answered")


def spread_sessions(count_max: int = 40) -> list[str]:
    """Sessions from all cohorts, some of them from the one that must go first."""
    by_cohort = sorted((cohort_of(f"local/session-{number}", time.time()), number) for number in range(1_000))
    chosen = by_cohort[:: 1_000 // count_max] + by_cohort[-4:]
    return [f"session-{number}" for _, number in chosen]


def test_under_pressure_whole_sessions_are_let_in_or_turned_away(premises: Premises, provider: Turnstile) -> None:
    sessions = spread_sessions()

    def let_in(names: list[str]) -> set[str]:
        """Those sessions of whom a request is not refused at the door. Nobody waits, so that asking adds nothing."""
        heard = {name: ask(premises, name, "impatient", session=name).text for name in names}
        return {name for name, text in heard.items() if "make way for others" not in text}

    def is_bound() -> bool:
        """More come than there are places to wait, until pressure sees it."""
        assert ask(premises, "one more").status == 529
        return bool(readiness(premises.url).admission.levels)

    with flood(premises, provider) as crowd:
        for number in range(int(0.9 * QUEUE_MAX)):
            crowd.wait(f"patient-{number}")
        premises.until(is_bound, "some are turned away")
        kept = let_in(sessions)
        gone = [name for name in sessions if name not in kept]
        assert len(gone) < len(sessions) / 2
        # Not every fifth call of each of them: who is in stays in, and who is out stays out.
        assert gone
        assert (let_in(sorted(kept)), let_in(gone)) == (kept, set())
        assert let_in(gone[:1]) == set()
        crowd.wait("urgent", "critical")
        assert readiness(premises.url).status == "degraded"
        assert 128 <= metric(premises.url, 'mainstay_admission_level{model="claude"}') < 256
    assert [told.result().status for told in crowd.answers] == [200] * len(crowd.answers)
    assert provider.prompts[PLACES] == "urgent"
    changes = [one for one in premises.records() if isinstance(one, CapacityRecord)]
    assert [(one.what, one.model, one.state) for one in changes] == [("admission", "claude", "interactive")]
    told = premises.until_recorded(len(gone), fault_code="shed")
    assert {(one.outcome, one.fault, one.status, one.attempts) for one in told} == {("failed", "shed", 529, 0)}
