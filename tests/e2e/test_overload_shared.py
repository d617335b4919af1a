"""Two workers before one provider: together they give it no more than it may be given, and keep what is reserved."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from mainstay.engine.capacity.standing import CapacityStanding
from tests.conformance.stage import upstream
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Heard, get, post
from tests.e2e.turnstile import Turnstile

WORKERS = 2
PLACES = 4
LAST_PLACES = WORKERS - 1
"""Those who take the very last places within the same tenth of a second may exceed the limit by one each."""
CALLERS = 12
WORKLOADS: Tree = {
    "default": {"deadline_seconds": 60},
    "critical": {"priority": "critical", "deadline_seconds": 60},
    "batch": {"priority": "batch", "deadline_seconds": 60},
}


@pytest.fixture
def provider() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


def started(folder: Path, limits: dict[str, Tree], workers: int, *providers: Turnstile) -> Premises:
    """The first of these providers has the limits."""
    upstreams: dict[str, Tree] = {}
    for name, one in zip(("alpha", "beta"), providers, strict=False):
        given = upstream("anthropic", one.url)
        assert isinstance(given, dict)
        upstreams[name] = {**given, **({"limits": limits} if name == "alpha" else {})}
    tree: dict[str, Tree] = {
        "upstreams": upstreams,
        "models": {"claude": {"candidates": [{"upstream": name} for name in upstreams]}},
        "workloads": WORKLOADS,
        "gateway": {"workers": workers, "drain_seconds": 1},
    }
    return Premises(folder, tree)


def ask(made: Premises, prompt: str, workload: str = "default", door: str = "anthropic") -> Heard:
    body = Question(model="claude", prompt=prompt, stream=False).body(door)
    return post(made.url, PATHS[door], body, {"x-mainstay-workload": workload})


class _Bus(msgspec.Struct):
    node: str
    peers: int


class _Sharing(msgspec.Struct):
    bus: _Bus


class _Ready(msgspec.Struct):
    """What one worker says of itself, of the others, and of the only upstream with limits."""

    sharing: _Sharing
    capacity: CapacityStanding

    @property
    def running(self) -> tuple[int, int]:
        """Here and at other workers."""
        return next(
            ((one.running, one.elsewhere) for one in self.capacity.upstreams if one.upstream == "alpha"), (0, 0)
        )


def by_worker(made: Premises) -> dict[str, _Ready]:
    """What each worker says, as far as it could be asked."""
    told = [msgspec.json.decode(get(made.url, "/readyz").body, type=_Ready) for _ in range(8)]
    return {one.sharing.bus.node: one for one in told}


def until_together(made: Premises, workers: int) -> None:
    """Wait until every worker hears the others: one that does not know of any takes itself to be alone."""

    def all_hear() -> bool:
        told = by_worker(made)
        return len(told) == workers and all(one.sharing.bus.peers == workers - 1 for one in told.values())

    made.until(all_hear, "the workers hear each other")


def until_agreed(made: Premises, workers: int, count: int) -> None:
    """Wait until every worker knows how many are under way everywhere."""

    def all_know() -> bool:
        told = by_worker(made)
        return len(told) == workers and {sum(one.running) for one in told.values()} == {count}

    made.until(all_know, "all know what is under way")


def test_two_workers_give_a_provider_no_more_than_its_limit(provider: Turnstile, tmp_path: Path) -> None:
    with started(tmp_path, {"concurrency": PLACES}, WORKERS, provider) as made, ThreadPoolExecutor(CALLERS) as pool:
        made.start()
        until_together(made, WORKERS)
        provider.hold()
        asked = []
        try:
            for number in range(CALLERS):
                asked.append(pool.submit(ask, made, f"caller-{number}"))
                if number < PLACES:
                    made.until(lambda: provider.running == len(asked), "it is under way, wherever it came in")
                    until_agreed(made, WORKERS, len(asked))
            until_agreed(made, WORKERS, PLACES)
            assert (provider.running, provider.most_at_once) == (PLACES, PLACES)
            provider.let()
            made.until(lambda: len(provider.prompts) > PLACES, "the next one is called")
            assert provider.most_at_once <= PLACES + LAST_PLACES
        finally:
            provider.open()
        assert [one.result().status for one in asked] == [200] * CALLERS
        until_agreed(made, WORKERS, 0)
        made.until_recorded(CALLERS, outcome="answered")


@pytest.mark.parametrize("workers", [1, WORKERS])
def test_reserved_places_stay_free_for_whom_they_are_kept(workers: int, provider: Turnstile, tmp_path: Path) -> None:
    limits: dict[str, Tree] = {"concurrency": PLACES, "reserved": {"critical": 50}}
    with started(tmp_path, limits, workers, provider) as made, ThreadPoolExecutor(CALLERS) as pool:
        made.start()
        until_together(made, workers)
        provider.hold()
        try:
            common: list[Future[Heard]] = []
            for number in range(8):
                common.append(pool.submit(ask, made, f"batch-{number}", "batch"))
                # One after the other, so that no two workers take the very last place at the same moment.
                if number < PLACES // 2:
                    until_agreed(made, workers, len(common))
            # Critical work takes the rest although eight others wait. It may land on any worker.
            urgent = [pool.submit(ask, made, f"critical-{one}", "critical") for one in range(2)]
            made.until(lambda: sum("critical" in one for one in provider.prompts) == 2, "the kept places are taken")
            assert sum("batch" in one for one in provider.prompts) == PLACES // 2
        finally:
            provider.open()
        assert {one.result().status for one in (*common, *urgent)} == {200}
        assert provider.most_at_once <= PLACES + workers - 1


def test_who_is_wholly_reserved_serves_nobody_else(provider: Turnstile, other: Turnstile, tmp_path: Path) -> None:
    limits: dict[str, Tree] = {"concurrency": PLACES, "reserved": {"critical": 100}}
    with started(tmp_path, limits, 1, provider, other) as made:
        made.start()
        heard = ask(made, "not meant for you", "batch")
        assert (heard.status, heard.header("x-mainstay-upstream")) == (200, "beta")
        assert ask(made, "meant for you", "critical").header("x-mainstay-upstream") == "alpha"
        assert (provider.prompts, other.prompts) == (["meant for you"], ["not meant for you"])
        made.write(models={"claude": {"candidates": [{"upstream": "alpha"}]}})
        made.command("route", "reload")
        for door in PATHS:
            heard = ask(made, "nobody left", "batch", door)
            assert heard.status == 503
            assert heard.header("x-mainstay-skipped") == "alpha: reserved for critical"
        told = made.until_recorded(len(PATHS), fault_code="no_candidate")
        assert {one.skipped for one in told} == {("alpha: reserved for critical",)}
