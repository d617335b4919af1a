"""Where clients are installed, and the environment that they see: a home of their own and nothing of ours."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

FOLDER_VARIABLE = "MAINSTAY_CLIENTS"
"""Names the folder where `scripts/install-clients` has put the clients; without it these tests are not collected."""
SILENCE: Mapping[str, str] = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
}
"""What keeps clients from wanting to talk to anybody but the gateway."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
NOWHERE = "http://127.0.0.1:9"
"""A proxy that does not exist: login pages, update servers and the like are down, wherever these tests run."""


def folder() -> Path:
    """Where the clients are."""
    return Path(os.environ[FOLDER_VARIABLE]).resolve()


def python() -> str:
    """The Python that has the Python clients."""
    return str(folder() / "venv" / "bin" / "python")


def modules() -> Path:
    """The folder of the npm packages."""
    return folder() / "npm" / "node_modules"


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without keys, proxies and settings of the person who runs this."""
    proxies = dict.fromkeys((*_PROXIES, *map(str.lower, _PROXIES)), NOWHERE)
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
    here = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1")
    return {**own, **proxies, **here, **SILENCE, **(more or {})}


def claude_code() -> str:
    """The program of Claude Code for this machine. It is run directly: the package's own start script installs it."""
    system = platform.system().lower()
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine().lower()]
    found = sorted((modules() / "@anthropic-ai").glob(f"claude-code-{system}-{machine}*/claude"))
    assert found, f"Claude Code has no program for {system}-{machine}"
    return str(found[0])


def codex() -> list[str]:
    """How Codex is started."""
    return ["node", str(modules() / "@openai" / "codex" / "bin" / "codex.js")]
