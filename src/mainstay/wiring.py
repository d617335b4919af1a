"""The composition root: the only place that knows who is real and who is simulated."""

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import uvloop

from mainstay import __version__
from mainstay.config.from_environment import demo, from_environment
from mainstay.config.load import Loaded, load
from mainstay.config.mistake import Mistake
from mainstay.config.snapshot import Snapshot
from mainstay.control.app import control_app
from mainstay.control.serve import serve
from mainstay.gateway.tokens.sources import source_for
from mainstay.gateway.worker import Settings, Worker
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.server import FakeProvider
from mainstay.wire.registry import SPEECH

DEMO_PORTS = (8491, 8492, 8493, 8494)
"""Simulated providers: Claude's primary and standby, GPT's primary and standby."""
DEMO_NAMES = ("claude-primary", "claude-standby", "gpt-primary", "gpt-standby")
DEMO_PERSONALITY = Personality(words_per_event=1, chars_per_second=250.0)


class Source(msgspec.Struct, frozen=True):
    """Where a configuration comes from: a file, or (without one) the environment, or the demonstration."""

    path: Path | None
    environment: Mapping[str, str]
    directory: Path
    demo_ports: tuple[int, int, int, int] | None = None

    @property
    def name(self) -> str:
        """The source in words."""
        if self.path is not None:
            return str(self.path)
        return "demonstration" if self.demo_ports else "environment"

    def load(self) -> Loaded:
        """Read it. Every fault is a mistake; nothing is raised."""
        if self.path is not None:
            return checked(load(self.path, self.environment), self.environment)
        if self.demo_ports is not None:
            snapshot = demo_snapshot(self.demo_ports, self.directory)
            sha256 = hashlib.sha256(msgspec.json.encode(snapshot.file, order="deterministic")).hexdigest()
            return Loaded(snapshot, (), sha256=sha256)
        return from_environment(self.environment, self.directory) or _without_anything()


def checked(loaded: Loaded, environment: Mapping[str, str]) -> Loaded:
    """What was loaded, with mistakes for credentials that would be exchanged for tokens and cannot be."""
    snapshot = loaded.snapshot
    if snapshot is None:
        return loaded
    mistakes = tuple(
        Mistake(f"upstreams.{upstream.name}.credentials", found)
        for upstream in snapshot.upstreams
        for credential in upstream.credentials
        if credential.renewed and isinstance(found := source_for(upstream.platform, credential.key, environment), str)
    )
    return Loaded(None, mistakes, loaded.warnings, loaded.sha256) if mistakes else loaded


def demo_snapshot(ports: tuple[int, int, int, int], directory: Path) -> Snapshot:
    """The demonstration's configuration for simulated providers on these ports."""
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    return demo((urls[0], urls[1]), (f"{urls[2]}/v1", f"{urls[3]}/v1"), directory)


def run_gateway(source: Source, loaded: Loaded) -> None:
    """Run a gateway worker until it is told to stop. Raises what `Worker.run` raises."""
    snapshot = loaded.snapshot
    if snapshot is None:
        message = "a configuration with mistakes cannot run"
        raise ValueError(message)
    can_reload = source.path is not None
    settings = Settings(
        snapshot=snapshot,
        sha256=loaded.sha256,
        path=source.name,
        reload=source.load if can_reload else None,
        speech=SPEECH,
        report=report,
    )

    async def work() -> None:
        await Worker(settings).run()

    uvloop.run(work())


def run_control(snapshot: Snapshot) -> None:
    """Run the control plane until it is told to stop. Raises `OSError` for an address that cannot be had."""

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(snapshot.control.host, snapshot.control.port, control_app(__version__, stop.is_set), stop)

    uvloop.run(work())


def run_simulated_providers(ports: tuple[int, int, int, int]) -> None:
    """Run the demonstration's four providers until told to stop. Raises `OSError` for a port that is taken."""

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with AsyncExitStack() as stack:
            for name, port in zip(DEMO_NAMES, ports, strict=True):
                await stack.enter_async_context(FakeProvider(name, port=port, personality=DEMO_PERSONALITY))
            await stop.wait()

    uvloop.run(work())


def report(line: str) -> None:
    """Say something to the operator."""
    sys.stderr.write(f"mainstay: {line}\n")
    sys.stderr.flush()


def here(path: Path | None) -> Source:
    """The source that a command means: the named file, else `mainstay.yaml` if it is there, else the environment."""
    directory = Path.cwd()
    default = directory / "mainstay.yaml"
    if path is None and default.is_file():
        path = default
    return Source(path, dict(os.environ), directory)


def _without_anything() -> Loaded:
    advice = "no configuration file and no provider key: give -c FILE, or set ANTHROPIC_API_KEY or OPENAI_API_KEY"
    return Loaded(None, (Mistake("", advice),))
