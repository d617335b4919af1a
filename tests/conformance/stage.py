"""The stage: fake providers of every kind, one gateway before them, and a model name for each road."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.lanes import KEY, KEY_VARIABLE, Tree
from tests.e2e.process import GatewayProcess, free_port

CALLERS = ("anthropic", "openai-chat", "openai-responses")
KINDS = ("anthropic", "openai-chat", "openai-responses", "bedrock", "gemini")
AWS_KEY_VARIABLE = "LAB_AWS_KEY"
AWS_KEY = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
WELL, CUTTER, DOWN = "well", "cutter", "down"
PLACES = {WELL: "ok", CUTTER: "cut:after=60", DOWN: "overloaded", "standby": "ok"}
"""The providers, each with what befalls every request to it."""


class Stage(msgspec.Struct, frozen=True):
    """A running gateway."""

    url: str
    gateway: GatewayProcess
    providers: dict[str, FakeProviderThread]


def model(road: str, caller: str, kind: str) -> str:
    """The model of one road (`well`, `cutter`, `down`) from a caller to a kind of upstream. Health is kept for each."""
    return f"{road}-{caller}-{kind}"


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Everything running, until the block ends."""
    with ExitStack() as stack:
        providers = {
            name: stack.enter_context(FakeProviderThread(name, fault=fault, personality=Personality(words_per_event=1)))
            for name, fault in PLACES.items()
        }
        port = free_port()
        file = folder / "mainstay.yaml"
        file.write_bytes(msgspec.json.encode(_configuration(port, folder, providers)))
        keys = {KEY_VARIABLE: KEY, AWS_KEY_VARIABLE: AWS_KEY}
        gateway = stack.enter_context(GatewayProcess(file, port, keys))
        yield Stage(gateway.url, gateway, providers)


def _configuration(port: int, folder: Path, providers: dict[str, FakeProviderThread]) -> Tree:
    upstreams: dict[str, Tree] = {}
    for place, provider in providers.items():
        for kind in KINDS:
            upstreams[f"{place}-{kind}"] = upstream(kind, provider.url)
    models: dict[str, Tree] = {}
    for caller in CALLERS:
        for kind in KINDS:
            for road in (WELL, CUTTER, DOWN):
                candidates: list[Tree] = [{"upstream": f"{road}-{kind}"}]
                if road == CUTTER:
                    candidates.append({"upstream": f"standby-{kind}"})
                models[model(road, caller, kind)] = {"candidates": candidates}
    return {
        "gateway": {"listen": f"127.0.0.1:{port}"},
        "control": {"listen": "127.0.0.1:0"},
        "state": str(folder / "state"),
        "upstreams": upstreams,
        "models": models,
        "retries": {"budget_percent": 100},
    }


def upstream(kind: str, url: str) -> Tree:
    """An upstream of this kind at a fake provider."""
    match kind:
        case "anthropic":
            return {"dialect": kind, "base_url": url, "credentials": [{"name": "main", "key": f"env:{KEY_VARIABLE}"}]}
        case "bedrock":
            key: Tree = [{"name": "main", "key": f"env:{AWS_KEY_VARIABLE}"}]
            return {"dialect": kind, "base_url": url, "region": "eu-central-1", "credentials": key}
        case "gemini":
            key = [{"name": "main", "key": f"env:{KEY_VARIABLE}"}]
            return {"dialect": kind, "base_url": f"{url}/v1beta", "credentials": key}
        case _:
            key = [{"name": "main", "key": f"env:{KEY_VARIABLE}"}]
            return {"dialect": kind, "base_url": f"{url}/v1", "credentials": key}
