"""The stage: two fake providers, PostgreSQL, Redis, and two replicas of two workers, each with a control plane."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import msgspec

from tests.chaos.clock import MovedClock
from tests.chaos.disk import Disk, small_disk
from tests.chaos.load import CHARS_PER_SECOND, MODELS, Load
from tests.chaos.plane import ControlPlane, GatewayPlane, Plane, command
from tests.conformance.stage import upstream
from tests.e2e.lanes import KEY, KEY_VARIABLE, Tree
from tests.e2e.process import Process, answer_or_none, free_port
from tests.services.postgres import PostgresServer, binaries_or_skip
from tests.services.redis import RedisServer

STORE, SHARED = "CHAOS_STORE", "CHAOS_SHARED"
DRAFT_KEY = "drafts.key"
REDIS_PASSWORD = "canary-of-the-shared-server"
TENANT, SMALL_TENANT = "crowd", "small"
SMALL_ALLOWANCE = 30
"""Requests in a minute of every other tenant."""
WORKERS = 2
PER_SECOND = 32.0
AGE_SECONDS = 7200.0
"""How long ago tokens are made: a clock that is set back by an hour must not make them tokens of the future."""
FILE, TRUST = "mainstay.yaml", Path("keys/tokens/trust.jws")
PATIENCE_SECONDS = 60.0
GLANCE_SECONDS = 0.05
NAMES = ("A", "B")
UPSTREAMS = ("primary", "standby")


class Replica:
    """A machine: gateway and control plane on one state folder."""

    def __init__(self, name: str, disk: Disk, clock: MovedClock | None, environment: dict[str, str]) -> None:
        self.name = name
        self.disk = disk
        self.clock = clock
        self.folder = disk.folder
        self.state = self.folder / "state"
        self.file = self.folder / FILE
        self.environment = environment | (clock.environment if clock is not None else {})
        ports = free_port(), free_port()
        self.listens: dict[str, Tree] = {
            "gateway": {"listen": f"127.0.0.1:{ports[0]}", "workers": WORKERS, "drain_seconds": 10},
            "control": {"listen": f"127.0.0.1:{ports[1]}"},
            "state": str(self.state),
        }
        self.gateway = GatewayPlane(self.file, ports[0], self.environment)
        self.control = ControlPlane(self.file, ports[1], self.environment)

    @property
    def planes(self) -> tuple[Plane, ...]:
        """Both."""
        return self.gateway, self.control

    def write(self, tree: dict[str, Tree]) -> None:
        """Write the file, in one step."""
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self.listens | tree))
        fresh.replace(self.file)

    def command(self, *arguments: str, code: int = 0) -> str:
        """What a command on this state folder says."""
        return command([*arguments, "--state", str(self.state)], self.environment, code)


class Stage:
    """Everything that runs."""

    def __init__(self, folder: Path, postgres: PostgresServer, dsn: str, redis: RedisServer) -> None:
        """`dsn` names the database of the ledger."""
        self.folder = folder
        self.postgres, self.dsn, self.redis = postgres, dsn, redis
        self.replicas: tuple[Replica, ...] = ()
        self.tree: dict[str, Tree] = {}
        self.load: Load
        self._glance = Event()

    @property
    def controls(self) -> list[ControlPlane]:
        """The control planes."""
        return [one.control for one in self.replicas]

    def acting(self) -> ControlPlane:
        """The control plane that acts; waits until there is one."""
        self.until(lambda: any(one.acts for one in self.controls), "one of the control planes acts")
        return next(one for one in self.controls if one.acts)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that happens on this stage."""
        deadline = monotonic() + PATIENCE_SECONDS
        while not condition():
            assert monotonic() < deadline, f"not within {PATIENCE_SECONDS:g} s: {what}\n{self.told()}"
            self._glance.wait(GLANCE_SECONDS)

    def now(self) -> float:
        """The instant, on the clock of the callers."""
        return monotonic()

    def mint(self, tenant: str, clock: MovedClock | None = None) -> str:
        """A token that is some hours old already, or one that is made by a clock."""
        aged = (clock or MovedClock(self.folder / "clock-of-tokens", -AGE_SECONDS)).environment
        first = self.replicas[0]
        arguments = ["token", "mint", "--tenant", tenant, "--name", "caller", "--days", "400"]
        said = command([*arguments, "--state", str(first.state)], aged)
        return said.strip().splitlines()[-1]

    def is_normal(self) -> bool:
        """Whether every gateway is ready, every journal is in the store, and one control plane acts."""
        return (
            all(one.gateway.is_normal() and one.control.is_normal() for one in self.replicas)
            and sum(one.acts for one in self.controls) == 1
        )

    def told(self) -> str:
        """What every plane says of itself, to who may know."""
        fields = {"x-api-key": self.load.token}
        heard = {one.url: answer_or_none(one.url, "/readyz", fields) for two in self.replicas for one in two.planes}
        return "\n".join(f"{url}: {one and one.text}" for url, one in heard.items())

    def outputs(self) -> dict[str, str]:
        """What every plane has printed."""
        return {
            f"{kind} {one.name}": plane.process.output
            for one in self.replicas
            for kind, plane in (("gateway", one.gateway), ("control plane", one.control))
        }


@contextmanager
def stage(folder: Path, per_second: float = PER_SECOND) -> Iterator[Stage]:
    """Everything running, under load, until the block ends."""
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer(binaries_or_skip()))
        redis = stack.enter_context(RedisServer(REDIS_PASSWORD))
        providers = {name: stack.enter_context(provider(folder, name)) for name in UPSTREAMS}
        postgres.execute("CREATE DATABASE ledger")
        running = Stage(folder, postgres, postgres.dsn("ledger"), redis)
        running.tree = tree(folder, providers)
        (folder / DRAFT_KEY).write_text("the first key of drafts, which both replicas have")
        environment = {KEY_VARIABLE: KEY, STORE: running.dsn, SHARED: redis.url}
        running.replicas = tuple(made(stack, folder, name, environment) for name in NAMES)
        token = running.mint(TENANT)
        raise_up(running, stack)
        urls = [one.gateway.url for one in running.replicas]
        running.load = Load(urls, token, per_second)
        running.until(running.is_normal, "everything is well")
        stack.enter_context(running.load)
        yield running


def raise_up(running: Stage, stack: ExitStack) -> None:
    """Give every replica its file and its trust, and start it."""
    first, second = running.replicas
    (second.state / TRUST).parent.mkdir(parents=True)
    shutil.copy(first.state / TRUST, second.state / TRUST)
    for one in running.replicas:
        one.write(running.tree)
        stack.callback(one.gateway.stop)
        stack.callback(one.control.stop)
        one.gateway.begin()
        one.control.begin()


def made(stack: ExitStack, folder: Path, name: str, environment: dict[str, str]) -> Replica:
    """A replica: the clock of the first can be moved, the disk of the second be filled."""
    below = folder / name
    if name == NAMES[0]:
        below.mkdir()
        return Replica(name, Disk(below, is_small=False), MovedClock(folder / "clock"), environment)
    return Replica(name, stack.enter_context(small_disk(below)), None, environment)


@contextmanager
def provider(folder: Path, name: str) -> Iterator[str]:
    """A fake provider in a process of its own; gives its address."""
    port = free_port()
    below = folder / f"provider-{name}"
    below.mkdir()
    speed = ["--chars-per-second", str(CHARS_PER_SECOND)]
    with Process(["lab", "provider", "--port", str(port), "--name", name, *speed], below) as process:
        url = f"http://127.0.0.1:{port}"
        process.until(lambda: answer_or_none(url, "/lab") is not None, "the provider answers")
        yield url


def tree(folder: Path, providers: dict[str, str]) -> dict[str, Tree]:
    """The file of every replica, without addresses and state."""
    upstreams: dict[str, Tree] = {
        f"{name}-{kind}": upstream(kind, url) for kind in MODELS for name, url in providers.items()
    }
    models: dict[str, Tree] = {
        model: {"candidates": [{"upstream": f"{name}-{kind}"} for name in providers]} for kind, model in MODELS.items()
    }
    price: Tree = {"input": 3, "output": 15}
    return {
        "store": f"env:{STORE}",
        "shared": f"env:{SHARED}",
        "drafts": {"key": f"file:{folder / DRAFT_KEY}", "keep_seconds": 3600},
        "auth": {"callers": "tokens"},
        "prices": dict.fromkeys(MODELS.values(), price),
        "tenants": {
            TENANT: {"requests_per_minute": 1_000_000, "usd_per_day": 1_000_000},
            "*": {"requests_per_minute": SMALL_ALLOWANCE},
        },
        "upstreams": upstreams,
        "models": models,
        "workloads": {"default": {"deadline_seconds": 60}, "durable": {"deadline_seconds": 60, "durable": True}},
    }
