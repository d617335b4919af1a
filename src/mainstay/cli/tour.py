"""What `mainstay up` says once it is ready. Lines stay within 80 columns where names allow it."""

import os
from pathlib import Path

from rich.text import Text

from mainstay.cli.state_folder import STATE_DEFAULT
from mainstay.config.from_environment import ANTHROPIC_DEMO_MODEL
from mainstay.config.snapshot import Snapshot

DEMO_FAULT = "cut:after=80"


def greeting(program: Path, source: str, snapshot: Snapshot) -> Text:
    """Where everything listens, and what is served. `program` is the command as it was started."""
    text = Text()
    text.append("Mainstay is ready.\n", style="bold green")
    text.append(f"  gateway        http://{snapshot.gateway}\n")
    text.append(f"  control plane  http://{snapshot.control}\n")
    models = ", ".join(snapshot.model_names) or "any model name, passed through"
    text.append(f"  models         {models}\n")
    text.append(f"  configuration  {source}\n")
    text.append(f"  records        {_shown(snapshot.state)}\n")
    text.append(f"  what happened  {audit_command(program, snapshot)}\n")
    text.append(f"  callers        {_callers(program, snapshot)}\n")
    return text


def demo_tour(program: Path, snapshot: Snapshot, ports: tuple[int, int, int, int]) -> Text:
    """The demonstration in three commands: ask, break the first provider, ask again."""
    first_provider = f"http://127.0.0.1:{ports[0]}"
    text = Text()
    text.append("SIMULATED PROVIDERS: ", style="bold yellow")
    text.append(
        "no provider key was found, so fake providers on this\n"
        "machine answer as claude-demo and gpt-demo. To serve real ones, set\n"
        "ANTHROPIC_API_KEY or OPENAI_API_KEY, or give -c FILE.\n\n"
        "Try it from another terminal in this folder.\n"
    )
    ask = ask_command(snapshot)
    steps = (
        ("1. Ask", ask),
        (
            "2. Break the first provider in the middle of its answers",
            f"{_shown(program)} lab break {first_provider} {DEMO_FAULT}",
        ),
        ("3. Ask again: the answer is still whole, and its last lines say who went on", ask),
        ("Then see what happened, attempt by attempt", audit_command(program, snapshot)),
        ("Heal the provider", f"{_shown(program)} lab heal {first_provider}"),
    )
    for title, command in steps:
        text.append(f"\n{title}\n", style="bold")
        text.append(f"{command}\n")
    return text


def ask_command(snapshot: Snapshot) -> str:
    """A streamed question, as one types it into a shell."""
    return (
        f"curl -sN {snapshot.gateway}/v1/messages -H content-type:application/json -d '\n"
        f'{{"model": "{ANTHROPIC_DEMO_MODEL}", "max_tokens": 200, "stream": true,\n'
        ' "messages": [{"role": "user", "content": "Why do bridges hum?"}]}\''
    )


def audit_command(program: Path, snapshot: Snapshot) -> str:
    """How to read the records from here."""
    command = f"{_shown(program)} audit tail"
    return command if _is_usual(snapshot) else f"{command} --state {_shown(snapshot.state)}"


def _callers(program: Path, snapshot: Snapshot) -> str:
    """Who may call."""
    if not snapshot.must_authenticate:
        return "everybody on this machine, without a token"
    state = "" if _is_usual(snapshot) else f" --state {_shown(snapshot.state)}"
    return f"with a token: {_shown(program)} token mint --tenant NAME --name NAME{state}"


def _is_usual(snapshot: Snapshot) -> bool:
    """Whether commands that are typed here find the state folder by themselves."""
    return snapshot.state == Path.cwd() / STATE_DEFAULT


def _shown(path: Path) -> str:
    """A path as one would type it from here, where that is shorter."""
    try:
        relative = os.path.relpath(path) if path.is_absolute() else str(path)
    except ValueError:
        return str(path)
    return min(relative, str(path), key=len)
