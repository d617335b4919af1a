"""A gateway between doubles, for tests of its handler."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec

from mainstay import __version__
from mainstay.config.from_environment import demo
from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.app import STATIC_KEYS, Gateway
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.http.request import Request
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.orders.port import NoOrders
from mainstay.model.events import Chunk, Ended, Opened
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Keys
from mainstay.model.records import ExchangeRecord
from mainstay.wire.registry import SPEECH
from tests.gateway.doubles import FakeAttempt, FakeCaller, FakeUpstreams, KeptRecords

YAML = """
upstreams:
  alpha: {dialect: anthropic, base_url: "http://alpha"}
  beta: {dialect: openai-chat, base_url: "http://beta/v1"}
models:
  claude: {candidates: [{upstream: alpha}]}
  gpt: {candidates: [{upstream: beta}]}
workloads:
  must: {durable: true}
"""
WILD_YAML = YAML.replace("claude:", '"*":')
ANSWER = (
    b'{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hello"}],'
    b'"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":5}}'
)
JSON: Headers = (("content-type", "application/json"),)
FROM_ANTHROPIC: Headers = (("anthropic-version", "2023-06-01"),)


def snapshot(yaml: str = YAML) -> Snapshot:
    loaded = load_text(yaml.encode(), Path("/nowhere"), {})
    assert loaded.snapshot is not None, loaded.mistakes
    return loaded.snapshot


def simulated() -> Snapshot:
    return demo(("http://a", "http://b"), ("http://c/v1", "http://d/v1"), Path("/nowhere"))


def ask(model: str = "claude") -> bytes:
    messages = [{"role": "user", "content": "Hi"}]
    return msgspec.json.encode({"model": model, "max_tokens": 10, "messages": messages})


class Rig:
    """A gateway between doubles. Its event loop stands still, so time passes for nobody."""

    def __init__(self, config: Snapshot, keys: Keys = STATIC_KEYS, drafts: DraftStore | None = None) -> None:
        self.happened: list[str] = []
        self.upstreams = FakeUpstreams(self.happened)
        self.journal = KeptRecords()
        self.reports: list[str] = []
        self.loop = asyncio.get_running_loop()
        numbers = count(1)
        self.orders = NoOrders()
        self.gateway = Gateway(
            config,
            SPEECH,
            self.upstreams,
            self.journal,
            Metrics(version=__version__, upstreams=("alpha", "beta"), models=config.model_names),
            report=self.reports.append,
            next_id=lambda: f"ex_{next(numbers)}",
            keys=keys,
            drafts=drafts,
            orders=self.orders,
        )

    def send(self, method: str, path: str, headers: Headers = (), body: bytes = b"") -> FakeCaller:
        """Hand a request over."""
        caller = FakeCaller(self.happened)
        path, _, query = path.partition("?")
        self.gateway.handle(Request(method, path, query, headers, body, self.loop.time(), "127.0.0.1"), caller)
        return caller

    def get(self, path: str, headers: Headers = ()) -> Reply:
        """The reply to a GET."""
        return self.send("GET", path, headers).only_reply

    def post(self, path: str = "/v1/messages", headers: Headers = JSON, body: bytes | None = None) -> FakeCaller:
        """A POST."""
        return self.send("POST", path, headers, ask() if body is None else body)

    @property
    def attempt(self) -> FakeAttempt:
        """The attempt that was opened last."""
        return self.upstreams.attempts[-1]

    def answer(self, status: int = 200, body: bytes = ANSWER) -> None:
        """The last attempt answers whole."""
        attempt, now = self.attempt, self.loop.time()
        number = attempt.command.attempt
        for event in (Opened(number, now, status, JSON), Chunk(number, now, body), Ended(number, now)):
            attempt.deliver(event)

    @property
    def exchanges(self) -> list[ExchangeRecord]:
        """The records of exchanges so far."""
        return [record for record in self.journal.records if isinstance(record, ExchangeRecord)]


def rig_with(config: Snapshot, keys: Keys = STATIC_KEYS, drafts: DraftStore | None = None) -> Iterator[Rig]:
    async def make() -> Rig:
        return Rig(config, keys, drafts)

    with asyncio.Runner() as runner:
        yield runner.run(make())
