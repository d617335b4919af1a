"""Two real servers of one tiny model, and a gateway before them that knows them in every way they can be spoken to."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from tests.e2e.lanes import Tree
from tests.e2e.process import GatewayProcess, free_port
from tests.selfhosted.server import LlamaServer
from tests.selfhosted.tiny_model import write_tiny_model

FLAGS, PLAIN, MESSAGES, ITEMS, BLIND = "flags", "plain", "messages", "items", "blind"
"""Models of the gateway, all of them the same tiny model: told to continue with vLLM's flags, or by a trailing
assistant message alone; spoken to in Anthropic's dialect, or in that of OpenAI Responses; declared to see no images."""
WAYS: dict[str, dict[str, Tree]] = {
    FLAGS: {"dialect": "openai-chat", "capabilities": {"prefill": "flags"}},
    PLAIN: {"dialect": "openai-chat", "capabilities": {"prefill": "plain"}},
    MESSAGES: {"dialect": "anthropic", "capabilities": {"prefill": True}},
    ITEMS: {"dialect": "openai-responses"},
    BLIND: {"dialect": "openai-chat", "capabilities": {"images": False}},
}
SERVERS = ("first", "second")


class Stage(msgspec.Struct, frozen=True):
    """A running gateway and the servers behind it, in order of preference."""

    gateway: GatewayProcess
    first: LlamaServer
    second: LlamaServer

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.gateway.url


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Everything running, until the block ends. The end of the gateway must be clean."""
    model = folder / "tiny.gguf"
    write_tiny_model(model)
    with ExitStack() as stack:
        first, second = (stack.enter_context(LlamaServer(name, model, folder)) for name in SERVERS)
        port = free_port()
        file = folder / "mainstay.yaml"
        file.write_bytes(msgspec.json.encode(_configuration(port, folder, (first, second))))
        gateway = stack.enter_context(GatewayProcess(file, port))
        yield Stage(gateway, first, second)
        assert gateway.stop() == 0, gateway.output
        assert "defect" not in gateway.output, gateway.output


def _configuration(port: int, folder: Path, servers: tuple[LlamaServer, ...]) -> Tree:
    upstreams: dict[str, Tree] = {}
    models: dict[str, Tree] = {}
    for way, upstream in WAYS.items():
        base = "" if upstream["dialect"] == "anthropic" else "/v1"
        for name, server in zip(SERVERS, servers, strict=True):
            upstreams[f"{way}-{name}"] = {**upstream, "base_url": server.url + base, "private": True}
        models[way] = {"candidates": [{"upstream": f"{way}-{name}"} for name in SERVERS]}
    return {
        "gateway": {"listen": f"127.0.0.1:{port}"},
        "control": {"listen": "127.0.0.1:0"},
        "state": str(folder / "state"),
        "upstreams": upstreams,
        "models": models,
    }
