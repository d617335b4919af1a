"""The primary goes down under load: no request fails, hardly any is sent twice, and the way back is a ramp."""

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import AttemptRecord, CapacityRecord
from tests.conformance.stage import upstream
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Heard, get, post
from tests.e2e.readiness import readiness

CALLERS = 20
REQUESTS = 600
BEFORE = 60
"""So many answers come from the primary before it goes down."""
AMPLIFICATION_MAX = 1.1
CLOCKS: Tree = {"connect_seconds": 5, "first_byte_seconds": 1, "plain_answer_seconds": 1}
"""Of the primary, which may fall silent."""


@pytest.fixture
def alpha() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture
def beta() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("beta") as running:
        yield running


def premises(folder: Path, alpha: FakeProviderThread, beta: FakeProviderThread, workers: int) -> Premises:
    upstreams: dict[str, Tree] = {}
    for name, provider in (("alpha", alpha), ("beta", beta)):
        given = upstream("anthropic", provider.url)
        assert isinstance(given, dict)
        upstreams[name] = {**given, **({"timeouts": CLOCKS} if name == "alpha" else {})}
    tree: dict[str, Tree] = {
        "upstreams": upstreams,
        "models": {"claude": {"candidates": [{"upstream": name} for name in upstreams]}},
        "gateway": {"workers": workers, "drain_seconds": 1},
    }
    return Premises(folder, tree)


def open_breakers(made: Premises) -> list[str]:
    """Upstreams that are left alone."""
    told = get(made.url, "/readyz").text
    return [name for name in ("alpha", "beta") if f'"{name}":"open"' in told]


def ask(made: Premises) -> Heard:
    return post(made.url, PATHS["anthropic"], Question(model="claude", stream=False).body("anthropic"))


class Load:
    """So many callers at once, who ask again as soon as they are answered, until there were enough."""

    def __init__(self, made: Premises) -> None:
        self.heard: list[Heard] = []
        self._made = made
        self._numbers = count()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CALLERS)]
        for one in self._threads:
            one.start()

    def served_by(self) -> Counter[str]:
        """Answers by who gave them; those that are none by their status."""
        return Counter(
            one.header("x-mainstay-upstream") if one.status == 200 else str(one.status) for one in tuple(self.heard)
        )

    def end(self) -> None:
        """Wait until all are answered."""
        for one in self._threads:
            one.join()

    def _ask(self) -> None:
        while next(self._numbers) < REQUESTS:
            self.heard.append(ask(self._made))


@pytest.mark.parametrize("fault", ["refuse", "server-error", "stall:phase=headers"])
def test_a_total_outage_under_load_fails_nobody(
    fault: str, alpha: FakeProviderThread, beta: FakeProviderThread, tmp_path: Path
) -> None:
    with premises(tmp_path, alpha, beta, workers=2) as made:
        load = Load(made.start())
        made.until(lambda: load.served_by()["alpha"] >= BEFORE, "the primary serves")
        alpha.break_with(fault)
        load.end()
        assert load.served_by().keys() == {"alpha", "beta"}
        assert load.served_by()["beta"] > REQUESTS / 2
        exchanges = made.until_recorded(REQUESTS)
        assert {(one.outcome, one.fault) for one in exchanges} == {("answered", "")}
        attempts = [one for one in made.records() if isinstance(one, AttemptRecord)]
        assert len(attempts) / len(exchanges) <= AMPLIFICATION_MAX
        assert sum(one.attempts for one in exchanges) == len(attempts)


def test_the_way_back_is_a_ramp(alpha: FakeProviderThread, beta: FakeProviderThread, tmp_path: Path) -> None:
    with premises(tmp_path, alpha, beta, workers=1) as made:
        made.start()
        for _ in range(BEFORE):
            assert ask(made).status == 200
        alpha.break_with("server-error")
        beta.break_with("server-error")
        made.until(lambda: ask(made).status != 200 and len(open_breakers(made)) == 2, "both are down")
        alpha.heal()
        beta.heal()

        def ramps() -> list[CapacityRecord]:
            return [one for one in made.records() if isinstance(one, CapacityRecord) and one.what == "ramp"]

        made.until(lambda: ask(made).status == 200 and bool(readiness(made.url).capacity.ramps), "one is back")
        ramp = readiness(made.url).capacity.ramps[0]
        assert ramp.rate < ramp.goal
        made.until(lambda: bool(ramps()), "it is recorded")
        assert ramps()[0].state == "begin"
        assert "doubling while attempts succeed" in ramps()[0].reason
