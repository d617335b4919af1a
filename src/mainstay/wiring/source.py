"""Where a configuration comes from: a file, the environment, or the demonstration."""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mainstay.config.from_environment import demo, from_environment
from mainstay.config.load import Loaded, load, load_text
from mainstay.config.mistake import Mistake
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.shared.address import UnusableSharedUrlError, read_shared_url
from mainstay.gateway.supervisor.supervisor import Berth
from mainstay.gateway.tokens.sources import source_for


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

    def worker_command(self, berth: Berth) -> list[str]:
        """The command line of a worker that serves this source."""
        command = [sys.executable, "-m", "mainstay.cli.main", "gateway"]
        if self.path is not None:
            command += ["-c", str(self.path)]
        elif self.demo_ports is not None:
            command += ["--demo-ports", ",".join(map(str, self.demo_ports))]
        return [*command, "--berth", msgspec.json.encode(berth).decode()]

    def load_text(self, text: bytes) -> Loaded:
        """What these bytes would mean in the place of the file. Every fault is a mistake; nothing is raised."""
        directory = self.directory if self.path is None else self.path.parent
        return checked(load_text(text, directory, self.environment), self.environment)


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
    mistakes += (*_store_mistakes(snapshot), *_shared_mistakes(snapshot))
    return Loaded(None, mistakes, loaded.warnings, loaded.sha256) if mistakes else loaded


def _store_mistakes(snapshot: Snapshot) -> tuple[Mistake, ...]:
    """Only what can be told without the database's library, which the gateway never needs."""
    value = "" if snapshot.store is None else snapshot.store.value
    if "://" not in value or value.startswith(("postgresql://", "postgres://")):
        return ()
    return (Mistake("store", "must refer to postgresql://USER:PASSWORD@HOST/DATABASE"),)


def _shared_mistakes(snapshot: Snapshot) -> tuple[Mistake, ...]:
    if snapshot.shared is None:
        return ()
    try:
        read_shared_url(snapshot.shared.value)
    except UnusableSharedUrlError as error:
        return (Mistake("shared", str(error).removeprefix("shared: ")),)
    return ()


def demo_snapshot(ports: tuple[int, int, int, int], directory: Path) -> Snapshot:
    """The demonstration's configuration for simulated providers on these ports."""
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    return demo((urls[0], urls[1]), (f"{urls[2]}/v1", f"{urls[3]}/v1"), directory)


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
