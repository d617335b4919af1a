"""A gateway that begins in the middle of trouble: what is in its way, what it says of that, and what it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anthropic
import msgspec
import openai

from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import Answer, Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, Premises, tree
from tests.e2e.raw import get

WORKLOADS: Tree = {"default": {"deadline_seconds": 60}, "durable": {"deadline_seconds": 60, "durable": True}}
SDKS = ("anthropic", "openai-chat")
PROMPT = "Why do bridges hum in 12 words?"
ROUNDS = 10
"""So often something is asked that only one of two workers may say."""


class Body(msgspec.Struct):
    """What is read of the body of `/readyz`."""

    status: str
    troubles: tuple[str, ...] = ()


class Starter(Premises):
    """A gateway of one or two workers, and what callers and its operator hear of it."""

    served = 0
    """Answers that `ask` has given."""

    def path(self, name: str) -> Path:
        """A file of the state folder, its folders made."""
        path = self.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def ask(self, dialect: str, *, stream: bool = True, workload: str = "", key: str = "") -> Answer:
        """Ask with an SDK, on a connection of its own, so that any worker may answer."""
        callers = Callers(self.url)
        model = DOORS[dialect]
        try:
            answer = callers.ask(
                dialect, Question(model=model, prompt=PROMPT, stream=stream, workload=workload, idempotency_key=key)
            )
        finally:
            callers.close()
        self.served += 1
        return answer

    def assert_serves(self) -> None:
        """Plain and streamed requests of both SDKs are answered, by whatever worker."""
        for dialect in SDKS:
            for stream in (False, True):
                assert self.ask(dialect, stream=stream).text

    def refusal(self, workload: str = "durable") -> str:
        """How a request for durable work is refused; empty where it is served."""
        try:
            self.ask("anthropic", workload=workload)
        except anthropic.APIStatusError as error:
            return f"{error.status_code} {error.message}"
        except openai.APIStatusError as error:
            return f"{error.status_code} {error.message}"
        return ""

    def ready(self) -> Body:
        """What one worker says on `/readyz`."""
        return msgspec.json.decode(get(self.url, "/readyz").body, type=Body)

    def until_told(self, words: str, part: str) -> None:
        """Wait until it is said on `/readyz` and in the metrics."""
        self.until(lambda: self._is_told(words), f"/readyz says {words!r}")
        self.until(lambda: part in self.troubled_parts(), f"the metrics say {part!r}")

    def until_header(self, words: str) -> None:
        """Wait until an answer says it, too."""
        self.until(lambda: words in self.header(), f"answers say {words!r}")

    def until_well(self) -> None:
        """Wait until no worker has anything to complain of, and nothing says so any more."""
        self.until(lambda: all(self.ready() == Body("ready") for _ in range(ROUNDS)), "all is well again")
        self.until(lambda: not self.troubled_parts(), "the metrics say so")
        self.until(lambda: not self.header(), "answers say nothing any more")
        assert self.refusal() == ""

    def until_well_but(self, words: str) -> None:
        """Wait until each worker has nothing to complain of but this, which lasts until a restart."""
        self.until(lambda: all(_is_all(self.ready(), words) for _ in range(ROUNDS)), f"all is well but {words!r}")
        self.until(lambda: self.troubled_parts() == {"state"}, "the metrics say so")
        assert self.refusal() == ""

    def assert_nothing_is_lost(self) -> None:
        """Every answer that was given is in the journals, once."""
        assert len(self.until_recorded(self.served, outcome="answered")) == self.served

    def header(self) -> str:
        """What an answer says of the trouble of the gateway that gave it."""
        return self.ask("anthropic").headers.get("x-mainstay-degraded", "")

    def troubled_parts(self) -> set[str]:
        """The parts that have trouble by the metrics, the journal among them."""
        lines = get(self.url, "/metrics").text.splitlines()
        found = {
            line.partition('part="')[2].partition('"')[0] for line in lines if _is_set(line, "mainstay_part_trouble")
        }
        return found | {"journal" for line in lines if _is_set(line, "mainstay_journal_trouble")}

    def _is_told(self, words: str) -> bool:
        ready = self.ready()
        return ready.status == "degraded" and words in "; ".join(ready.troubles)


def _is_all(ready: Body, words: str) -> bool:
    (told,) = ready.troubles if len(ready.troubles) == 1 else ("",)
    return told.endswith(words)


def _is_set(line: str, name: str) -> bool:
    return line.startswith(name) and line.endswith(" 1.0")


@contextmanager
def starter(provider: FakeProviderThread, folder: Path, workers: int = 1, **sections: Tree) -> Iterator[Starter]:
    """A gateway that does not run yet."""
    more: dict[str, Tree] = {"workloads": WORKLOADS, "gateway": {"workers": workers}, **sections}
    with Starter(folder, tree(provider, **more)) as made:
        yield made
