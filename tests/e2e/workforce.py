"""A gateway of several workers behind one address, steady callers before it, and one provider behind it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import msgspec

from mainstay.gateway.supervisor.standing import GatewayStanding, WorkerStanding, read_standing
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from tests.conformance.stage import upstream
from tests.e2e.callers import Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.process import GatewayProcess, Process, free_port
from tests.e2e.stand import KEYS

PROMPT = "Why do bridges hum in 12 words?"
MODELS = {"anthropic": "claude", "openai-chat": "gpt"}


class Workforce:
    """The `with` block begins when every worker serves."""

    def __init__(self, folder: Path, provider: FakeProviderThread, workers: int = 2, drain_seconds: float = 10) -> None:
        self.folder = folder
        self.provider = provider
        self.state = folder / "state"
        self.file = folder / "mainstay.yaml"
        self._port = free_port()
        self._workers = workers
        gateway: Tree = {"listen": f"127.0.0.1:{self._port}", "workers": workers, "drain_seconds": drain_seconds}
        upstreams: Tree = {f"alpha-{kind}": upstream(kind, provider.url) for kind in MODELS}
        models: Tree = {name: {"candidates": [{"upstream": f"alpha-{kind}"}]} for kind, name in MODELS.items()}
        self.tree: dict[str, Tree] = {
            "gateway": gateway,
            "control": {"listen": "127.0.0.1:0"},
            "state": str(self.state),
            "upstreams": upstreams,
            "models": models,
            "workloads": {"default": {"deadline_seconds": 60}, "durable": {"deadline_seconds": 60, "durable": True}},
        }
        self.write()
        self.process: GatewayProcess

    def write(self, **changed: Tree) -> None:
        """Write the file anew, in one step, with other sections where they are given."""
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self.tree | changed))
        fresh.replace(self.file)

    def start(self) -> None:
        """Start it, and wait until every worker serves."""
        self.process = GatewayProcess(self.file, self._port, KEYS)
        self.process.__enter__()
        self.until_all_serve()

    def until_all_serve(self) -> None:
        """Wait until every worker serves."""
        self.until(lambda: [one.state for one in self.workers] == ["serving"] * self._workers, "every worker serves")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that the gateway does."""
        self.process.until(condition, what)

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.process.url

    @property
    def standing(self) -> GatewayStanding | None:
        """What it says of itself, once it does."""
        standing = read_standing(self.state)
        return standing if standing is not None and standing.pid == self.process.pid else None

    @property
    def workers(self) -> tuple[WorkerStanding, ...]:
        """Its workers."""
        return self.standing.workers if self.standing is not None else ()

    @property
    def pids(self) -> list[int]:
        """The process ids of its workers."""
        return [one.pid for one in self.workers]

    def route(self, *arguments: str, code: int = 0) -> str:
        """What `mainstay route` says."""
        with TemporaryDirectory(dir=self.folder) as folder:
            with Process(["route", *arguments, "--state", str(self.state)], Path(folder)) as process:
                assert process.wait(seconds_max=60) == code, process.output
            return process.output

    def audit(self) -> str:
        """Every record, one per line."""
        with TemporaryDirectory(dir=self.folder) as folder:
            with Process(
                ["audit", "tail", "--json", "-n", "1000", "--state", str(self.state)], Path(folder)
            ) as process:
                assert process.wait() == 0, process.output
            return process.output

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(seconds_max=40)


@contextmanager
def workforce(folder: Path, workers: int = 2, drain_seconds: float = 10) -> Iterator[Workforce]:
    """Everything running, until the block ends."""
    with ExitStack() as stack:
        provider = stack.enter_context(FakeProviderThread("alpha", personality=Personality(words_per_event=1)))
        running = Workforce(folder, provider, workers, drain_seconds)
        running.start()
        try:
            yield running
        finally:
            # Workers have sessions of their own; without their supervisor they end by themselves.
            running.process.__exit__(None, None, None)


class SteadyCallers:
    """SDKs that ask one question after the other, without ever trying again, until the block ends."""

    def __init__(self, url: str, callers: int = 6) -> None:
        self.failures: list[str] = []
        self.answers = 0
        self._url = url
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(callers)]

    def _ask(self, number: int) -> None:
        dialect, model = list(MODELS.items())[number % 2]
        callers = Callers(self._url)
        while not self._over.is_set():
            try:
                answer = callers.ask(dialect, Question(model=model, prompt=PROMPT, stream=number % 3 > 0))
                assert answer.text
            except Exception as error:  # noqa: BLE001 - whatever an SDK raises is a failure here
                self.failures.append(f"{type(error).__name__}: {error}")
            else:
                self.answers += 1
        callers.close()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)
