"""Gateways on several machines, as it were: each with a folder, a file and an address of its own, one Redis for all.

Health is kept for each (upstream, model, credential), so every test takes a model that no other test uses: `lane`.
"""

import http.client
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from mainstay.gateway.auth.trust_folder import BUNDLE_FILE
from mainstay.gateway.supervisor.standing import read_standing
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import BreakerRecord
from tests.conformance.stage import CALLERS, upstream
from tests.e2e.callers import Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import TIMEOUT_SECONDS, Body, Heard, get, post
from tests.services.redis import RedisServer

TRUST_FOLDER = Path("keys", "tokens")
SHARED_VARIABLE, DRAFT_KEY_VARIABLE = "SHARED_URL", "DRAFT_KEY"
DRAFT_KEY = "one key that all replicas have"
HEARSAY = "told by another process"
LANES = 30
WORKLOADS: Tree = {"default": {"deadline_seconds": 60}, "durable": {"deadline_seconds": 60, "durable": True}}
NUMBERS = count()


class _Transport(msgspec.Struct):
    name: str
    trouble: str | None


class _Bus(msgspec.Struct):
    node: str
    peers: int
    adopted: int
    heard: int
    transports: tuple[_Transport, ...]


class _Sharing(msgspec.Struct):
    bus: _Bus


class _Identity(msgspec.Struct):
    serial: int


class _Spending(msgspec.Struct):
    silent: tuple[str, ...]


class Readiness(msgspec.Struct):
    """What `/readyz` says, as far as tests ask."""

    status: str
    sharing: _Sharing
    spending: _Spending
    identity: _Identity
    troubles: tuple[str, ...] = ()


class Replica(Premises):
    """One gateway. `key` is what its operator shows; gateways that ask for tokens tell others nothing."""

    key = "key-of-the-operator"

    @property
    def readiness(self) -> Readiness:
        """What one of its workers says of itself."""
        return msgspec.json.decode(get(self.url, "/readyz", {"x-api-key": self.key}).body, type=Readiness)

    @property
    def is_alone(self) -> bool:
        """Whether it says that it cannot reach the others."""
        return any(one.startswith("sharing:") for one in self.readiness.troubles)

    def breakers(self, model: str, state: str = "", reason: str = "") -> list[BreakerRecord]:
        """What is written down about breakers for a model, with this state and reason where they are given."""
        return [
            one
            for one in self.records()
            if isinstance(one, BreakerRecord)
            and one.model == model
            and state in {"", one.state}
            and (not reason or one.reason == reason)
        ]

    def pid_of(self, worker: int) -> int:
        """The process id of a worker, while it serves; else 0."""
        standing = read_standing(self.state)
        workers = () if standing is None else standing.workers
        return next((one.pid for one in workers if one.number == worker and one.state == "serving"), 0)

    def kill_all(self) -> None:
        """End all its processes at once, as a power failure would."""
        standing = read_standing(self.state)
        workers = [] if standing is None or standing.pid != self.gateway.pid else [one.pid for one in standing.workers]
        self.gateway.kill()
        for pid in workers:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def again(self) -> None:
        """Start it once more."""
        self.start()


class Line:
    """One connection that is kept open, and so belongs to one worker."""

    def __init__(self, gateway: Replica) -> None:
        """Ask whose it is."""
        address = urlsplit(gateway.url)
        self._line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
        readiness = msgspec.json.decode(self.get("/readyz").body, type=Readiness)
        self.worker = int(readiness.sharing.bus.node.rpartition("/")[2])

    def get(self, path: str) -> Heard:
        """A GET."""
        return self.send("GET", path, {})

    def post(self, path: str, body: Body) -> Heard:
        """A POST of JSON."""
        return self.send("POST", path, body)

    def send(self, method: str, path: str, body: Body) -> Heard:
        """A request on this connection. Raises `OSError` or `http.client.HTTPException` where it is cut."""
        data = msgspec.json.encode(body) if body else None
        self._line.request(method, path, data, {"content-type": "application/json"} if body else {})
        response = self._line.getresponse()
        fields = tuple((name.lower(), value) for name, value in response.getheaders())
        return Heard(response.status, fields, response.read())

    def close(self) -> None:
        """Close the connection."""
        self._line.close()


@contextmanager
def lines(gateway: Replica, workers: int) -> Iterator[list[Line]]:
    """A connection to each worker, in their order."""
    with ExitStack() as stack:
        found: dict[int, Line] = {}
        while len(found) < workers:
            line = Line(gateway)
            stack.callback(line.close)
            found.setdefault(line.worker, line)
        yield [found[number] for number in range(workers)]


class Replicas(msgspec.Struct, frozen=True):
    """All of them running, two providers behind them."""

    gateways: tuple[Replica, ...]
    redis: RedisServer
    alpha: FakeProviderThread
    beta: FakeProviderThread
    workers: int

    def until_together(self) -> None:
        """Wait until every gateway hears every other one and has no trouble."""
        for one in self.gateways:
            one.until(partial(self._is_together, one), "the gateways hear each other")

    def _is_together(self, one: Replica) -> bool:
        readiness = one.readiness
        return not one.is_alone and readiness.sharing.bus.peers >= len(self.gateways) * self.workers - 1

    def seen(self, model: str) -> list[RequestSeen]:
        """The requests for this model that have reached the first provider."""
        return [one for one in self.alpha.requests if f'"{model}"'.encode() in one.request.body]


def measured(what: str) -> None:
    """A figure, for whoever reads what the tests print (`pytest -s`)."""
    sys.stdout.write(f"\n{what}\n")


def lane(dialect: str = "anthropic") -> str:
    """A model that nobody has used yet: alpha serves it, then beta."""
    return f"{dialect}-{next(NUMBERS) % LANES}"


def solo(dialect: str = "anthropic") -> str:
    """A model that nobody has used yet: alpha alone serves it."""
    return f"solo-{lane(dialect)}"


def ask(gateway: Replica, model: str, times: int = 1, **fields: str) -> list[Heard]:
    """Ask for a whole answer, each time on a connection of its own."""
    question = Question(model=model, prompt="Why do bridges hum in 12 words?", stream=False)
    headers = {**question.headers, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return [post(gateway.url, "/v1/messages", question.body("anthropic"), headers) for _ in range(times)]


def one_trust(gateways: tuple[Replica, ...]) -> None:
    """Make a token on the first machine, and bring what verifies it to the others."""
    first, *others = gateways
    token = first.token("operators")
    for one in gateways:
        one.key = token
    for one in others:
        folder = one.state / TRUST_FOLDER
        folder.mkdir(parents=True)
        shutil.copy(first.state / TRUST_FOLDER / BUNDLE_FILE, folder)


@contextmanager
def replicas(
    folder: Path,
    gateways: int = 2,
    workers: int = 1,
    *,
    keys: tuple[str, ...] = (),
    prepare: Callable[[tuple[Replica, ...]], None] = lambda _: None,
    sections: Mapping[str, Tree] = MappingProxyType({}),
) -> Iterator[Replicas]:
    """Everything running, until the block ends. `keys` seal drafts where replicas are to have different ones;
    `prepare` is called before any of them starts."""
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer())
        personality = Personality(words_per_event=1)
        alpha = stack.enter_context(FakeProviderThread("alpha", personality=personality))
        beta = stack.enter_context(FakeProviderThread("beta", personality=personality))
        tree = _tree(alpha.url, beta.url) | dict(sections)
        tree["gateway"] = {"workers": workers, "drain_seconds": 10}
        made = []
        for number in range(gateways):
            key = keys[number] if keys else DRAFT_KEY
            place = folder / f"machine-{number}"
            place.mkdir()
            environment = {SHARED_VARIABLE: redis.url, DRAFT_KEY_VARIABLE: key}
            made.append(stack.enter_context(Replica(place, tree, environment)))
        together = Replicas(tuple(made), redis, alpha, beta, workers)
        prepare(together.gateways)
        processes = [one.begin() for one in made]
        for process in processes:
            process.__enter__()
        together.until_together()
        yield together
        for one in made:
            one.kill_all()


def _tree(alpha: str, beta: str) -> dict[str, Tree]:
    upstreams: dict[str, Tree] = {}
    models: dict[str, Tree] = {}
    for dialect in CALLERS:
        upstreams |= {f"alpha-{dialect}": upstream(dialect, alpha), f"beta-{dialect}": upstream(dialect, beta)}
        first: Tree = {"upstream": f"alpha-{dialect}"}
        second: Tree = {"upstream": f"beta-{dialect}"}
        for number in range(LANES):
            models[f"{dialect}-{number}"] = {"candidates": [first, second]}
            models[f"solo-{dialect}-{number}"] = {"candidates": [first]}
    return {
        "upstreams": upstreams,
        "models": models,
        "workloads": WORKLOADS,
        "retries": {"budget_percent": 100},
        "shared": f"env:{SHARED_VARIABLE}",
        "drafts": {"key": f"env:{DRAFT_KEY_VARIABLE}"},
    }
