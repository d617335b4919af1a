"""A gateway whose streams are gone on with: three dialects, each served verbatim and translated."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.thread import FakeProviderThread
from tests.conformance.stage import CALLERS, upstream
from tests.e2e.callers import Question
from tests.e2e.lanes import Tree
from tests.e2e.stand import Stand
from tests.e2e.streams import state_of

PROMPT = "Why do bridges hum in 60 words?"
WHOLE = prose(PROMPT, 60)
NATIVE, CROSSING = "native", "crossing"
WAYS = (NATIVE, CROSSING)
OTHER = {"anthropic": "openai-chat", "openai-chat": "openai-responses", "openai-responses": "anthropic"}
"""The dialect of the upstreams that a caller of this one is translated to."""
WORKLOADS: Tree = {"default": {"deadline_seconds": 30}, "durable": {"deadline_seconds": 30, "durable": True}}


class Resumable(msgspec.Struct, frozen=True):
    """The gateway, and the only provider behind it."""

    stand: Stand
    provider: FakeProviderThread

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.stand.url

    def until_state(self, exchange: str, state: str) -> None:
        """Wait until an exchange stands there."""
        self.stand.gateway.until(lambda: state_of(self.url, exchange) == state, f"the exchange is {state}")

    def until_seen(self, model: str, requests: int) -> None:
        """Wait until so many requests for this model have reached the provider."""
        self.provider.until(lambda: len(self.seen(model)) == requests)

    def seen(self, model: str) -> list[RequestSeen]:
        """The requests for this model that have reached the provider, oldest first."""
        return [one for one in self.provider.requests if f'"{model}"'.encode() in one.request.body]


def model(caller: str, way: str, number: int = 0) -> str:
    """A model for callers of this dialect, served verbatim (`NATIVE`) or translated (`CROSSING`)."""
    return f"{caller}-{way}-{number}"


def asked(caller: str, way: str, number: int = 0, *, durable: bool = False, stream: bool = True) -> Question:
    """The question of all these tests."""
    workload = "durable" if durable else ""
    return Question(model=model(caller, way, number), prompt=PROMPT, workload=workload, stream=stream)


@contextmanager
def resumable(folder: Path, numbers: int = 12, drafts: Tree = None) -> Iterator[Resumable]:
    """Everything running, until the block ends. `numbers` models of each kind; `drafts` as in the file."""
    with ExitStack() as stack:
        provider = stack.enter_context(FakeProviderThread("alpha", personality=Personality(words_per_event=1)))
        tree = _tree(provider.url, numbers) | ({} if drafts is None else {"drafts": drafts})
        yield Resumable(stack.enter_context(Stand(folder, tree)), provider)


def _tree(url: str, numbers: int) -> dict[str, Tree]:
    models: dict[str, Tree] = {}
    for caller in CALLERS:
        for way in WAYS:
            candidates: Tree = [{"upstream": f"alpha-{caller if way == NATIVE else OTHER[caller]}"}]
            models |= {model(caller, way, number): {"candidates": candidates} for number in range(numbers)}
    upstreams: dict[str, Tree] = {f"alpha-{kind}": upstream(kind, url) for kind in CALLERS}
    return {"upstreams": upstreams, "models": models, "workloads": WORKLOADS, "retries": {"budget_percent": 100}}
