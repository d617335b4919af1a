"""Claude Code and Codex as people run them in scripts, each in a home and a folder of its own."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.clients.plan import PLAIN, STREAM, TOOL, Cell
from tests.clients.surroundings import claude_code, codex, environment
from tests.clients.talker import Heard

RUN_SECONDS_MAX = 120.0
TOKEN = "token-of-the-caller"
PROOF = "proof.txt"
COMMAND = f"echo mainstay-tool-ran >> {PROOF}"
"""Leaves one line for each time it runs."""
Json = dict[str, object]


class Run(msgspec.Struct, frozen=True):
    """What an agent did."""

    code: int
    output: str
    errors: str

    @property
    def events(self) -> list[Json]:
        """The lines of its output that are JSON."""
        return [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]

    @property
    def whole(self) -> str:
        """All that it wrote, for whoever looks for a fault."""
        return f"exit code {self.code}\n{self.output[-3000:]}\n{self.errors[-1000:]}"


def ask_claude_code(url: str, cell: Cell, prompt: str, folder: Path) -> Heard:
    """`claude -p`; with no tool where none is wanted."""
    arguments = {
        PLAIN: ["--output-format", "json", "--tools", ""],
        STREAM: ["--output-format", "stream-json", "--verbose", "--include-partial-messages", "--tools", ""],
        TOOL: ["--output-format", "stream-json", "--verbose", "--allowedTools", "Bash"],
    }[cell.case]
    more = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": TOKEN,
        "ANTHROPIC_MODEL": cell.model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": cell.model,
    }
    run = _run([claude_code(), "-p", prompt, *arguments], folder, more)
    results = [event for event in run.events if event.get("type") == "result"]
    if run.code or len(results) != 1 or results[0]["is_error"]:
        return Heard(trouble=run.whole)
    retries = [event for event in run.events if event.get("subtype") == "api_retry"]
    pieces = [event for event in run.events if _is_piece(event)]
    return Heard(str(results[0]["result"]), len(pieces), _proofs(folder), f"it retried: {retries}" if retries else "")


def _is_piece(event: Json) -> bool:
    """Whether Claude Code passes on a piece of text."""
    inner = event.get("event")
    return isinstance(inner, dict) and inner.get("delta", {}).get("type") == "text_delta"


CODEX_WITHOUT_TOOLS = (
    *(f"--disable={feature}" for feature in ("shell_tool", "unified_exec", "goals", "multi_agent", "view_image")),
    "--config=tools.experimental_request_user_input.enabled=false",
    "--config=web_search=disabled",
)
CODEX_CONFIGURATION = """\
model = "{model}"
model_provider = "mainstay"
check_for_update_on_startup = false

[model_providers.mainstay]
name = "Mainstay"
base_url = "{url}/v1"
env_key = "MAINSTAY_TOKEN"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1

[analytics]
enabled = false
"""


def ask_codex(url: str, cell: Cell, prompt: str, folder: Path) -> Heard:
    """`codex exec`. It always streams; only what it prints differs."""
    home = folder / "home" / ".codex"
    home.mkdir(parents=True)
    (home / "config.toml").write_text(CODEX_CONFIGURATION.format(model=cell.model, url=url))
    last = folder / "last-message.txt"
    # Commands run without Codex's own sandbox: it needs rights that a container seldom has.
    arguments = ["--skip-git-repo-check", "--sandbox=danger-full-access", f"--output-last-message={last}"]
    arguments += [] if cell.case == PLAIN else ["--json"]
    arguments += [] if cell.case == TOOL else CODEX_WITHOUT_TOOLS
    run = _run([*codex(), "exec", *arguments, prompt], folder, {"MAINSTAY_TOKEN": TOKEN})
    troubles = [event for event in run.events if event.get("type") in {"error", "turn.failed"}]
    if run.code or troubles or not last.exists():
        return Heard(trouble=run.whole)
    # It tells of no smaller pieces than these.
    pieces = [
        event for event in run.events if event.get("type") in {"turn.started", "item.completed", "turn.completed"}
    ]
    return Heard(last.read_text(), len(pieces), _proofs(folder))


AGENTS: dict[str, Callable[[str, Cell, str, Path], Heard]] = {"claude-code": ask_claude_code, "codex": ask_codex}
"""Takes the gateway's URL, the cell, the prompt and an empty folder."""
TOOLS: dict[str, tuple[str, Json]] = {
    "claude-code": ("Bash", {"command": COMMAND, "description": "Leaves a proof"}),
    "codex": ("exec_command", {"cmd": COMMAND}),
}
"""The tool with which each agent runs a command, and its arguments."""


def _run(command: list[str], folder: Path, more: dict[str, str]) -> Run:
    home, work = folder / "home", folder / "work"
    home.mkdir(exist_ok=True)
    work.mkdir()
    done = subprocess.run(  # noqa: S603 - a client that we have installed
        command,
        cwd=work,
        env=environment(home, more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def _proofs(folder: Path) -> tuple[tuple[str, dict[str, str | int]], ...]:
    """One call for each time the command has run."""
    proof = folder / "work" / PROOF
    return tuple((line, {}) for line in proof.read_text().splitlines()) if proof.exists() else ()
