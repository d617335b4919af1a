"""Other gateways, where `make bench-peers` has installed them: LiteLLM and Portkey, each in its own cheapest setting.

Neither keeps a journal, asks for a token, counts limits or logs here, while the gateway that they are compared with
does all that.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench.child import Child, free_ports
from bench.configuration import model_at, plain_model_at
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.openai_chat import DIALECT as CHAT
from bench.spoken.registry import VOICES, Pace, base_path
from bench.stage import Proxy, Stage

DEFAULT_FOLDER = Path(__file__).parent.parent / ".bench-peers"
DIALECTS = (ANTHROPIC, CHAT)
LITELLM, PORTKEY = "LiteLLM", "Portkey"
_LITELLM_PROGRAM = "venv/bin/litellm"
_PORTKEY_FILE = "npm/node_modules/@portkey-ai/gateway/build/start-server.js"
_PROVIDERS = {ANTHROPIC: "anthropic", CHAT: "openai"}
_KEY = "bench-upstream"


class Bases(msgspec.Struct, frozen=True):
    """Base URLs of the upstreams of plain answers and of streams, by dialect, without what the dialect appends."""

    plain: dict[str, str]
    streams: dict[str, str]


class Peer(msgspec.Struct, frozen=True):
    """One that is installed: how it is started, and what its callers have to say for a dialect and an upstream."""

    name: str
    version: str
    command: Callable[[Path, Bases, int], list[str]]
    """Given a folder for its files, the upstreams and a port."""
    environment: dict[str, str]
    headers: Callable[[str, str], tuple[tuple[str, str], ...]]


class Running(msgspec.Struct, frozen=True):
    """One that runs."""

    peer: Peer
    child: Child
    port: int
    bases: Bases

    def proxy(self, dialect: str) -> Proxy:
        """As it is asked for plain answers."""
        return self._proxy(dialect, self.bases.plain[dialect])

    def stream_proxy(self, dialect: str) -> Proxy:
        """As it is asked for streams."""
        return self._proxy(dialect, self.bases.streams[dialect])

    def _proxy(self, dialect: str, base: str) -> Proxy:
        return Proxy(self.peer.name, self.child, self.port, self.port, "", self.peer.headers(dialect, base))


def bases_of(stage: Stage, pace: Pace) -> Bases:
    """The same upstreams that the gateway has; streams keep this pace."""
    plain, streams = (f"http://127.0.0.1:{port}" for port in (stage.ports.plain_upstream, stage.ports.stream_upstream))
    return Bases(
        {dialect: plain + VOICES[dialect].base for dialect in DIALECTS},
        {dialect: streams + base_path(dialect, pace) for dialect in DIALECTS},
    )


def installed(folder: Path) -> list[Peer]:
    """Those of this folder."""
    found: list[Peer] = []
    if (folder / _LITELLM_PROGRAM).exists():
        found.append(_litellm(folder))
    if (folder / _PORTKEY_FILE).exists() and shutil.which("node"):
        found.append(_portkey(folder))
    return found


@contextlib.contextmanager
def starting(stage: Stage, peer: Peer, bases: Bases) -> Iterator[Running]:
    """Start it where proxies run, and do not wait for it."""
    port = free_ports(1)[0]
    with stage.fresh_folder() as folder:
        command = peer.command(folder, bases, port)
        with stage.proxy_process(peer.name, command, peer.environment) as child:
            yield Running(peer, child, port, bases)


def _litellm(folder: Path) -> Peer:
    metadata = next((folder / "venv").glob("lib/python*/site-packages/litellm-*.dist-info"))
    program = str(folder / _LITELLM_PROGRAM)

    def command(written_to: Path, bases: Bases, port: int) -> list[str]:
        file = written_to / "litellm.yaml"
        # JSON is YAML.
        file.write_text(json.dumps(litellm_configuration(bases)))
        return [program, "--config", str(file), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]

    environment = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_TELEMETRY": "False",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        # Without a key of its own, LiteLLM checks none: cheaper than any setting for production.
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    return Peer(LITELLM, metadata.name.split("-")[1].removesuffix(".dist"), command, environment, _no_headers)


def litellm_configuration(bases: Bases) -> dict[str, object]:
    """One deployment for each model that the gateway serves in these dialects."""
    served = {plain_model_at(dialect): (dialect, base) for dialect, base in bases.plain.items()}
    served |= {model_at(dialect): (dialect, base) for dialect, base in bases.streams.items()}
    deployments = [
        {
            "model_name": model,
            "litellm_params": {"model": f"{_PROVIDERS[dialect]}/{model}", "api_base": base, "api_key": _KEY},
        }
        for model, (dialect, base) in served.items()
    ]
    return {
        "model_list": deployments,
        "litellm_settings": {"telemetry": False, "num_retries": 0},
        "general_settings": {"disable_spend_logs": True},
    }


def _portkey(folder: Path) -> Peer:
    manifest = json.loads((folder / _PORTKEY_FILE).parent.parent.joinpath("package.json").read_text())

    def command(_written_to: Path, _bases: Bases, port: int) -> list[str]:
        return ["node", str(folder / _PORTKEY_FILE), "--headless", f"--port={port}"]

    environment = {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"}
    return Peer(PORTKEY, str(manifest["version"]), command, environment, _portkey_headers)


def _no_headers(_dialect: str, _base: str) -> tuple[tuple[str, str], ...]:
    return ()


def _portkey_headers(dialect: str, base: str) -> tuple[tuple[str, str], ...]:
    """Portkey is told with each request where to go. For Anthropic it appends `/messages` alone."""
    whole = base if base.endswith("/v1") else f"{base}/v1"
    return (("x-portkey-provider", _PROVIDERS[dialect]), ("x-portkey-custom-host", whole))
