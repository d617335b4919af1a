"""A gateway whose models are served in many dialects: a road leads from the provider `alpha` in one dialect to the
provider `beta` in another."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import Record
from tests.conformance.stage import CALLERS, KINDS, upstream
from tests.e2e.callers import PATHS, Answer, Question
from tests.e2e.lanes import Tree
from tests.e2e.raw import Body, Heard, post
from tests.e2e.stand import Stand

ALPHA, BETA = "alpha", "beta"
ROADS_PER_PAIR = 40
BLIND: Tree = {"images": False}
WORKLOADS: Tree = {
    "default": {"deadline_seconds": 20},
    "strict": {"deadline_seconds": 20, "strict": True},
    "no-substitutes": {"deadline_seconds": 20, "substitutes": "never"},
}


class Crossing:
    """The gateway and both providers."""

    def __init__(self, stand: Stand, alpha: FakeProviderThread, beta: FakeProviderThread) -> None:
        self.stand = stand
        self.alpha = alpha
        self.beta = beta
        self._taken: Counter[tuple[str, str]] = Counter()

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.stand.url

    def road(self, first: str, second: str = "") -> str:
        """A model that no other test uses: served by `alpha` in the dialect `first`, else by `beta` in `second` (by
        nobody else where that is empty)."""
        number = self._taken[first, second]
        self._taken[first, second] += 1
        assert number < ROADS_PER_PAIR, "all roads are taken: raise ROADS_PER_PAIR"
        return _road(first, second, number)

    def ask(self, dialect: str, question: Question) -> Answer:
        """Ask the gateway with the SDK of this dialect."""
        return self.stand.callers.ask(dialect, question)

    def post(self, dialect: str, body: Body, workload: str = "") -> Heard:
        """Ask the gateway without an SDK."""
        return post(self.url, PATHS[dialect], body, {"x-mainstay-workload": workload} if workload else {})

    def records(self) -> list[Record]:
        """The last records of the journal."""
        lines = self.stand.audit("--json", "-n", "200").splitlines()
        return [msgspec.json.decode(line, type=Record) for line in lines if line.startswith("{")]


@contextmanager
def crossing(folder: Path) -> Iterator[Crossing]:
    """Everything running, until the block ends."""
    personality = Personality(words_per_event=1)
    with ExitStack() as stack:
        alpha, beta = (stack.enter_context(FakeProviderThread(name, personality=personality)) for name in (ALPHA, BETA))
        stand = stack.enter_context(Stand(folder, _tree(alpha.url, beta.url)))
        yield Crossing(stand, alpha, beta)


def _road(first: str, second: str, number: int) -> str:
    return f"{first}.{second or 'nobody'}.{number}"


def _tree(alpha: str, beta: str) -> dict[str, Tree]:
    upstreams: dict[str, Tree] = {}
    models: dict[str, Tree] = {}
    for first in KINDS:
        upstreams[f"{ALPHA}-{first}"] = upstream(first, alpha)
        upstreams[f"{BETA}-{first}"] = upstream(first, beta)
        for second in ("", *KINDS):
            candidates: list[Tree] = [{"upstream": f"{ALPHA}-{first}"}]
            if second:
                candidates.append({"upstream": f"{BETA}-{second}"})
            models |= {_road(first, second, number): {"candidates": candidates} for number in range(ROADS_PER_PAIR)}
    for caller in CALLERS:
        models |= _models_of_the_blind(caller)
    return {"upstreams": upstreams, "models": models, "workloads": WORKLOADS, "retries": {"budget_percent": 100}}


def _models_of_the_blind(caller: str) -> dict[str, Tree]:
    """`blind-DIALECT`: its standby takes no images. `blind-then-seeing-DIALECT`: there is one more, who does."""
    primary: Tree = {"upstream": f"{ALPHA}-{caller}"}
    blind: Tree = {
        "upstream": f"{BETA}-{'openai-chat' if caller == 'anthropic' else 'anthropic'}",
        "capabilities": BLIND,
    }
    seeing: Tree = {"upstream": f"{BETA}-gemini"}
    return {
        f"blind-{caller}": {"candidates": [primary, blind]},
        f"blind-then-seeing-{caller}": {"candidates": [primary, blind, seeing]},
    }
